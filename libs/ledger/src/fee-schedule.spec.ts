import { RATE_ONE, rate } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { builderToApprove, effectiveSchedule, type FeeScheduleVersion, NO_MARKUP, underContract } from './fee-schedule';

const NOW = 1_800_000_000_000;
const DAY = 86_400_000;
const version = (no: number, markupTenthsBp: number, effectiveFromMs: number): FeeScheduleVersion => ({
  ...NO_MARKUP,
  builderOwner: 'tenant',
  version: no,
  markupTenthsBp,
  announcedAtMs: NOW - DAY,
  effectiveFromMs,
});
const contract = { operatorShare: rate(RATE_ONE / 4n), builderOwner: 'operator' as const, builderAddress: `0x${'b'.repeat(40)}` };

describe('the builder followers are asked to approve', () => {
  const [own, other] = [`0x${'a'.repeat(40)}`, `0x${'b'.repeat(40)}`];
  const of = (no: number, builderAddress: string | null, effectiveFromMs: number) => ({ ...version(no, 30, effectiveFromMs), builderAddress });
  it.each<[string, readonly FeeScheduleVersion[], string | null]>([
    ['none without a schedule', [], null],
    ['the one in force', [of(1, own, NOW), of(2, other, NOW + DAY)], own],
    ['the announced one where none is in force', [of(1, null, NOW), of(2, own, NOW + DAY), of(3, other, NOW + 2 * DAY)], other],
    ['none once there is none any more', [of(1, own, NOW - DAY), of(2, null, NOW)], null],
  ])('is %s', (_name, versions, expected) => {
    expect(builderToApprove(versions, NOW)).toBe(expected);
  });
});

describe('a new contract in a fee schedule', () => {
  it('acts at once with the terms in force, and a change that waits keeps its time', () => {
    const before = [version(1, 20, NOW - 2 * DAY), version(2, 30, NOW - DAY), version(3, 50, NOW + 5 * DAY)];
    const made = underContract(before, contract, NOW);
    expect(made).toMatchObject([
      { ...contract, version: 4, markupTenthsBp: 30, effectiveFromMs: NOW },
      { ...contract, version: 5, markupTenthsBp: 50, effectiveFromMs: NOW + 5 * DAY },
    ]);
    const after = [...before, ...made];
    expect(effectiveSchedule(after, NOW)).toMatchObject({ version: 4, markupTenthsBp: 30 });
    expect(effectiveSchedule(after, NOW + 5 * DAY)).toMatchObject({ version: 5, markupTenthsBp: 50, operatorShare: contract.operatorShare });
  });

  it('leaves out changes that a later version had replaced, and makes nothing where there is no schedule', () => {
    const replaced = [version(1, 50, NOW + 5 * DAY), version(2, 10, NOW - DAY)];
    expect(underContract(replaced, contract, NOW)).toMatchObject([{ version: 3, markupTenthsBp: 10 }]);
    expect(underContract([], contract, NOW)).toEqual([]);
  });
});
