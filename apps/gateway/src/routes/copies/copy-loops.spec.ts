import type { VenueAccountId } from '@lockstep/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CopyLoops } from './copy-loops';

const account = (no: number): VenueAccountId => `vac_${no}` as VenueAccountId;
/** Accounts 1 to 6 are leaders too, each watched by its own number; the others are nobody's. */
const WATCHED = new Map([1, 2, 3, 4, 5, 6].map((no) => [account(no), BigInt(no)]));
const loops = (...following: [number, number][]): CopyLoops =>
  new CopyLoops(
    WATCHED,
    following.map(([leader, follower]) => ({ leader: BigInt(leader), follower: BigInt(follower) })),
  );

describe('a copy that would lead back to its leader', () => {
  it.each<[string, CopyLoops, number, number, boolean]>([
    ['is one of an account on itself', loops(), 1, 1, true],
    ['is one of a leader who follows the account', loops([2, 1]), 1, 2, true],
    ['is one of a leader who follows the account over two others', loops([2, 3], [3, 4], [4, 1]), 1, 2, true],
    ['is none in a row', loops([2, 3], [3, 4]), 1, 2, false],
    ['is none beside a loop of others', loops([4, 5], [5, 4]), 1, 2, false],
    ['is none where several ways lead to the same account', loops([1, 2], [1, 3], [2, 4], [3, 4]), 1, 4, false],
    ['is none of an account that nobody follows', loops([2, 1]), 1, 9, false],
  ])('%s', (_what, graph, leader, follower, closes) => expect(graph.closes(BigInt(leader), account(follower))).toBe(closes));

  it('is seen also when the others were made in the same request', () => {
    const graph = loops();
    graph.join(1n, account(2));
    graph.join(2n, account(3));
    graph.join(3n, account(9));
    expect([graph.closes(3n, account(1)), graph.closes(3n, account(9)), graph.closes(1n, account(3))]).toEqual([true, false, false]);
  });

  it('is the only one that is refused: whatever is made one after the other, no account ever follows itself, and what is refused would have made one do so', () => {
    const pairs = fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })), { maxLength: 30 });
    fc.assert(
      fc.property(pairs, (asked) => {
        const graph = loops();
        const made: [number, number][] = [];
        for (const [leader, follower] of asked) {
          const refused = graph.closes(BigInt(leader), account(follower));
          expect(refused).toBe(hasCycle([...made, [leader, follower]]));
          if (refused) continue;
          graph.join(BigInt(leader), account(follower));
          made.push([leader, follower]);
        }
      }),
    );
  });
});

/** Takes away who follows nobody, again and again: what is left goes in circles. */
function hasCycle(pairs: readonly [number, number][]): boolean {
  let left = pairs;
  for (;;) {
    const followers = new Set(left.map(([, follower]) => follower));
    const rest = left.filter(([leader]) => followers.has(leader));
    if (rest.length === left.length) return rest.length > 0;
    left = rest;
  }
}
