import { describe, expect, it } from 'vitest';
import { auditAtRest } from './audit';
import { BESIDE_RULE, BOOKS_RULE, type Findings, FUNDING_RULE, LEVERAGE_RULE, noFindings } from './judge';

const PATIENCE_MS = 60_000;

/** Looks that find what they are given, one after the other, and how many were made. */
function looks(...found: readonly Partial<Findings>[]) {
  const made = { looks: 0, settles: 0 };
  const settle = async (): Promise<void> => {
    made.settles += 1;
  };
  const look = async () => {
    const findings = { ...noFindings(), ...(found[made.looks] ?? found.at(-1)) };
    made.looks += 1;
    return { findings, copies: new Map() };
  };
  return { made, settle, look };
}

const broken = (rule: string): Partial<Findings> => ({ violations: [{ rule, detail: 'Northwind cpy_1 SOL: API 0, venue -2' }] });

describe('looking at the copies until repair is at rest', () => {
  it.each([
    ['an order filled between the reading of the API and that of the venue', broken(BOOKS_RULE)],
    ['the same in an instrument the API told nothing of', broken(BESIDE_RULE)],
    ['a gap that nothing explains yet', broken('every gap has a reason')],
    ['a copy whose leader is flat already', broken('leader flat: copy flat or dust_pending')],
    ['a charge that is not booked yet', broken(FUNDING_RULE)],
    ['leverage that is not set yet', broken(LEVERAGE_RULE)],
    ['a reason that may pass', { passingGaps: 1 }],
  ])('%s is looked at again, with the engine idle before each look', async (_, first) => {
    const { made, settle, look } = looks(first, {});
    expect((await auditAtRest({ settle, repairMaxMs: PATIENCE_MS }, look, 0)).findings).toEqual(noFindings());
    expect(made).toEqual({ looks: 2, settles: 2 });
  });

  it('what is still so when repair had its time is told', async () => {
    const { settle, look } = looks(broken(BOOKS_RULE));
    expect((await auditAtRest({ settle, repairMaxMs: 0 }, look)).findings.violations).toEqual(broken(BOOKS_RULE).violations);
  });

  it('what nothing can make good is told at once', async () => {
    const { made, settle, look } = looks(broken('no fill breaks a limit'), {});
    expect((await auditAtRest({ settle, repairMaxMs: PATIENCE_MS }, look, 0)).findings.violations).toHaveLength(1);
    expect(made.looks).toBe(1);
  });
});
