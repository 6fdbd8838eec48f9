import { MICRO } from '@lockstep/replication';
import { describe, expect, it } from 'vitest';
import { owedOf } from './mirror-fills';

describe('what is owed of a mirror’s fill, as it is written down', () => {
  const stops = (owed: number | null) => ({ standingStops: { find: () => (owed === null ? undefined : { mirror: { owed: owed * MICRO } }) } });

  it.each<[string, owed: number | null, lots: number, paid: number, expected: number]>([
    ['nothing is owed', 0, 10, 0, 0],
    ['all of it is', 10, 8, 0, 8],
    ['a part of it is', 4, 10, 0, 4],
    ['fills before it in the same transaction were', 10, 8, 6, 4],
    ['they were all of it', 4, 8, 4, 0],
    ['the mirror is accounted for', null, 10, 0, 0],
  ])('where %s', (_what, owed, lots, paid, expected) => {
    expect(owedOf(stops(owed) as never, '0x01' as never, lots, paid * MICRO) / MICRO).toBe(expected);
  });
});
