import { size } from '@lockstep/kernel';
import { readMove } from '@lockstep/replication';
import { sampleFill } from '@lockstep/venues/port/testing/sample-fill';
import { describe, expect, it } from 'vitest';
import { leaderStage } from '../testing/leader-stage';
import { recordFills } from './inbox';

const units = (count: number) => size(BigInt(count) * 100_000_000n);

/** The moves recorded of a leader who stands at 4 and is told to trade from one position to another at 10. */
async function movesOf(from: number, to: number) {
  const { ctx, leader, moves } = await leaderStage();
  const watched = leader(1);
  watched.leader.positions.set('ETH', units(4));
  const change = to - from;
  const fill = sampleFill({ coin: 'ETH', side: change > 0 ? 'buy' : 'sell', size: units(Math.abs(change)), startPosition: units(from), time: 10 });
  const recorded = await recordFills(ctx, watched, [{ fills: [fill], receivedAt: 11 }]);
  expect(watched.leader.positions.get('ETH')).toBe(units(to));
  expect(moves.map((move) => readMove(move)?.move)).toEqual(recorded.map(({ move }) => move));
  expect(new Set(moves.map(({ venueKey }) => venueKey)).size).toBe(moves.length);
  return recorded.map(({ move }) => `${move.source} ${move.before / 100_000_000n} to ${move.after / 100_000_000n} at ${move.lastFillAt}`);
}

describe('fills of a leader that do not continue what is known of him', () => {
  it.each<[string, number, number, readonly string[]]>([
    ['turned unseen and back', -9, 5, ['resync 4 to -9 at 9', 'fills -9 to 5 at 10']],
    ['turned unseen and adds', -1, -2, ['resync 4 to -2 at 10']],
    ['closed unseen and opens anew', 0, 5, ['resync 4 to 0 at 9', 'fills 0 to 5 at 10']],
    ['added unseen', 5, 6, ['resync 4 to 6 at 10']],
    ['reduced unseen', 3, 5, ['resync 4 to 5 at 10']],
  ])('who %s', async (_what, from, to, expected) => {
    expect(await movesOf(from, to)).toEqual(expected);
  });
});
