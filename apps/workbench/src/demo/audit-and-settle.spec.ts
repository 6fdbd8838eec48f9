import { describe, expect, it } from 'vitest';
import { auditAndSettle } from './audit-and-settle';
import { type Findings, noFindings } from './judge';
import type { DemoSettlement } from './settle';
import { copyOf, fillOf, truthOf } from './testing/judged-copy';

const brand = (name: string) => ({ name, copies: [{ copyId: `cpy_${name}`, address: `0x${name}` }] });
type Brand = ReturnType<typeof brand>;

/** A venue on which an order fills behind each of the first `late` closings, two brands, and what was done in which order. */
function stage(late: number, violations: Findings['violations'] = []) {
  const brands = [brand('one'), brand('two')];
  const did: string[] = [];
  let [trades, closings] = [1, 0];
  const truth = async () => truthOf({ fills: Array.from({ length: trades }, (_, no) => fillOf({ oid: no, time: no })) });
  const audit = async () => {
    did.push(`look at ${trades}`);
    const copies = await Promise.all(brands.map(async (one) => [one, [copyOf({ copyId: `cpy_${one.name}`, truth: await truth() })]] as const));
    return { findings: { ...noFindings(), violations }, copies: new Map(copies) };
  };
  const settle = async ({ name }: Brand, from: string): Promise<DemoSettlement> => {
    const to = `${name} ${++closings}`;
    did.push(`settle ${from} - ${to}`);
    if (name === 'one' && trades <= late) trades += 1;
    return { id: to, to, csv: '', manifest: {}, rows: 0 };
  };
  return { did, end: () => auditAndSettle(audit, { brands, from: 'start', settle, truthOf: truth }) };
}

describe('auditing copies and closing their books', () => {
  it('is done once where nothing traded in between', async () => {
    const { did, end } = stage(0);
    await end();
    expect(did).toEqual(['look at 1', 'settle start - one 1', 'settle start - two 2']);
  });

  it('is done again where the venue filled an order behind the look, and the next books begin where the last ended', async () => {
    const { did, end } = stage(1);
    const { audit, settlements } = await end();
    expect(did).toEqual(['look at 1', 'settle start - one 1', 'settle start - two 2', 'look at 2', 'settle one 1 - one 3', 'settle two 2 - two 4']);
    expect([...settlements.values()].map((closed) => closed.map(({ id }) => id))).toEqual([
      ['one 1', 'one 3'],
      ['two 2', 'two 4'],
    ]);
    expect([...audit.copies.values()].flat().map(({ truth }) => truth.fills.length)).toEqual([2, 2]);
  });

  it('is not done again to find less: what a look found broken is told, whatever traded behind it', async () => {
    const violations = [{ rule: 'every gap has a reason', detail: 'one cpy_one SOL' }];
    const { did, end } = stage(1, violations);
    expect((await end()).audit.findings.violations).toEqual(violations);
    expect(did.filter((one) => one.startsWith('look'))).toHaveLength(1);
  });

  it('ends with what it has where trading never ends', async () => {
    const { did, end } = stage(1_000);
    await end();
    expect(did.filter((one) => one.startsWith('look'))).toHaveLength(4);
  });
});
