import { describe, expect, it } from 'vitest';
import { clockOffset } from './clock-offset';

describe('the offset of the venue’s clock', () => {
  it.each([
    ['no sample', [], null],
    ['one sample, clocks agree', [{ sentAt: 1_000, venueTime: 1_020, receivedAt: 1_040 }], { offsetMs: 0, errorMs: 120 }],
    ['the venue is ahead', [{ sentAt: 1_000, venueTime: 1_520, receivedAt: 1_040 }], { offsetMs: 500, errorMs: 120 }],
    ['the venue is behind', [{ sentAt: 1_000, venueTime: 720, receivedAt: 1_040 }], { offsetMs: -300, errorMs: 120 }],
    [
      'the shortest way counts',
      [
        { sentAt: 0, venueTime: 900, receivedAt: 1_000 },
        { sentAt: 2_000, venueTime: 2_005, receivedAt: 2_010 },
        { sentAt: 3_000, venueTime: 3_400, receivedAt: 3_500 },
      ],
      { offsetMs: 0, errorMs: 105 },
    ],
  ])('%s', (_name, samples, expected) => {
    expect(clockOffset(samples, 100)).toEqual(expected);
  });
});
