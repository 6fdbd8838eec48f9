import { ok, price, size } from '@lockstep/kernel';
import type { VenueTruth } from '@lockstep/venues/port';
import { describe, expect, it, vi } from 'vitest';
import type { WatchedAccount } from '../state/registry';
import { contextOf, leaderStage, STAGE_COINS, stateOf } from '../testing/leader-stage';
import type { RecordedMove } from './recorded-move';
import { UnlistedMoves } from './unlisted-moves';

const moveOf = (watched: WatchedAccount, wave: number, coin = 'NEW'): RecordedMove => ({
  wave,
  seq: wave,
  watched,
  move: {
    coin,
    kind: 'open',
    source: 'fills',
    before: size(0n),
    after: size(1n),
    increment: size(1n),
    incrementPrice: price(1n),
    lastPrice: price(1n),
    firstFillAt: Date.now(),
    lastFillAt: Date.now(),
    fills: 1,
    newOrders: 1,
  },
  leaderEquity: null,
  leaderVolatility: null,
  receivedAt: Date.now(),
  recordedAt: Date.now(),
});

/** A stage whose venue lists more coins when told to. */
async function stage() {
  const coins: string[] = [...STAGE_COINS];
  const truth: Partial<VenueTruth> = { markets: async () => ok(coins.map(contextOf)) };
  const made = await leaderStage({ truth, limits: { marketsAskGapMs: 0 } });
  const planned: RecordedMove[] = [];
  const unlisted = new UnlistedMoves(made.ctx, (moves) => planned.push(...moves));
  const watched = made.leader(1);
  for (const dex of ['', 'xyz']) watched.leader.takeState(stateOf(watched.address, dex));
  return { ...made, coins, planned, unlisted, watched };
}

describe('moves of an instrument the list does not name', () => {
  it('are planned in their order once it is listed, with the equity that counts there', async () => {
    const { unlisted, watched, coins, planned, givenUp } = await stage();
    coins.push('NEW');
    expect([1, 2, 3].map((wave) => unlisted.take(moveOf(watched, wave)))).toEqual([true, true, true]);
    await vi.waitFor(() => expect(planned.map(({ wave }) => wave)).toEqual([1, 2, 3]));
    expect(planned[0]?.leaderEquity).toBe(200_000_000_000n);
    expect(givenUp).toEqual([]);
    expect(unlisted.take(moveOf(watched, 4))).toBe(false);
  });

  it('end with their reason when the list read after them does not name it', async () => {
    const { unlisted, watched, planned, givenUp } = await stage();
    for (const wave of [1, 2]) unlisted.take(moveOf(watched, wave));
    await vi.waitFor(() => expect(givenUp.map(({ id }) => id)).toEqual([1n, 2n]));
    expect(new Set(givenUp.map(({ reason }) => reason))).toEqual(new Set(['unlisted_instrument']));
    expect(planned).toEqual([]);
  });

  it('of a listed instrument are none of its business', async () => {
    const { unlisted, watched } = await stage();
    expect(unlisted.take(moveOf(watched, 1, 'ETH'))).toBe(false);
  });
});
