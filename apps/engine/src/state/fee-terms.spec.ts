import type { FeeScheduleRow } from '@lockstep/storage';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { describe, expect, it } from 'vitest';
import { FeeTerms } from './fee-terms';

const SCOPE = scopeFromPlatformList('ten_1' as Parameters<typeof scopeFromPlatformList>[0], 'test');
const version = (no: number, effectiveFrom: number): FeeScheduleRow =>
  ({ version: no, effectiveFrom, createdAt: effectiveFrom, builderOwner: 'operator', operatorShare: BigInt(no) }) as unknown as FeeScheduleRow;

describe('the terms a builder fee is shared by', () => {
  it.each<[string, readonly (readonly [now: number, versions: readonly FeeScheduleRow[]])[], number, number | undefined]>([
    ['are none before the first version', [[100, [version(1, 50)]]], 49, undefined],
    ['are those of the version in force when the order left', [[100, [version(1, 10), version(2, 50)]]], 40, 1],
    ['are the newer ones from their time on', [[100, [version(1, 10), version(2, 50)]]], 50, 2],
    [
      'stay the old ones until a newer version is known here',
      [
        [20, [version(1, 10)]],
        [60, [version(1, 10), version(2, 50)]],
      ],
      59,
      1,
    ],
    [
      'are the newer ones once it is',
      [
        [20, [version(1, 10)]],
        [60, [version(1, 10), version(2, 50)]],
      ],
      60,
      2,
    ],
    [
      'wait for the time of a version that waits',
      [
        [20, [version(1, 10)]],
        [60, [version(1, 10), version(2, 90)]],
      ],
      89,
      1,
    ],
    [
      'are unchanged by a reading that is older and was answered later',
      [
        [20, [version(1, 10), version(2, 30)]],
        [60, [version(1, 10)]],
      ],
      70,
      2,
    ],
    [
      'are unchanged by another reading of the same',
      [
        [20, [version(1, 10)]],
        [60, [version(1, 10)]],
      ],
      15,
      1,
    ],
  ])('%s', (_what, readings, moment, expected) => {
    const terms = new FeeTerms();
    for (const [now, versions] of readings) terms.take(SCOPE, versions, now);
    expect(terms.at(SCOPE, moment)?.scheduleVersion).toBe(expected);
  });
});
