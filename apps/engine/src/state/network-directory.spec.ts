import { RATE_ONE, rate, size } from '@lockstep/kernel';
import { FollowerRows, type Move, moveDetail, resyncMove } from '@lockstep/replication';
import type { EngineStorage, MoveRow, WatchedAccountRow } from '@lockstep/storage';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import { TestClocks } from '../test-clocks';
import { NetworkDirectory } from './network-directory';
import type { Network } from './networks';
import type { Networks } from './open-networks';

const NOW = 1_700_000_000_000;
const DAY = 86_400_000;
const HALF = rate(RATE_ONE / 2n);

/** The newest move of a coin as it was recorded so long ago, with the leader's volatility as known then. */
function movedAgo(coin: string, ms: number, volatility: typeof HALF | null): MoveRow {
  const move: Move = resyncMove(coin, size(1n), size(2n), 1n as Move['lastPrice'], NOW - ms);
  const places = { positionBefore: move.before, positionAfter: move.after, firstFillMs: NOW - ms, lastFillMs: NOW - ms };
  return { coin, seq: 1n, ...places, receivedAt: NOW - ms, detail: moveDetail(move, volatility) } as unknown as MoveRow;
}

/** What a process that begins knows of a leader with these moves. */
async function begun(moves: readonly MoveRow[]) {
  const row = { no: 1n, venue: 'v', network: 'sim', address: '0xa', topMoveSeq: 1n, historyFromMs: 1 } as unknown as WatchedAccountRow;
  const inbox = { watched: async () => [row], latestMoves: async () => moves, increasingOrders: async () => [] };
  const storage = { platform: async (work: (unit: unknown) => unknown) => work({ inbox }) } as unknown as EngineStorage;
  const network = { venueName: 'v', name: 'sim', markets: { get: () => undefined } } as unknown as Network;
  const networks = { get: async () => network } as unknown as Networks;
  const registry = { watched: new Map(), followers: new FollowerRows() };
  const directory = new NetworkDirectory(storage, [{ venue: 'v', network: 'sim' } as never], networks);
  return directory.watched({ clocks: new TestClocks(), registry, clock: { now: () => NOW } } as unknown as EngineContext, 1);
}

describe('a leader of a process that begins', () => {
  it.each<[string, readonly MoveRow[], typeof HALF | null]>([
    ['as the newest of his moves names it', [movedAgo('ETH', DAY, rate(1n)), movedAgo('BTC', 1_000, HALF)], HALF],
    ['as the newest one that names it', [movedAgo('ETH', 1_000, null), movedAgo('BTC', DAY, HALF)], HALF],
    ['not at all where none names it', [movedAgo('ETH', 1_000, null)], null],
    ['not at all where that is too long ago', [movedAgo('ETH', 3 * DAY, HALF)], null],
  ])('has his volatility known %s', async (_how, moves, expected) => {
    const watched = await begun(moves);
    expect(watched?.volatility.value ?? null).toBe(expected);
  });

  it('has it read again at the first look all the same', async () => {
    const watched = await begun([movedAgo('ETH', 1_000, HALF)]);
    expect(NOW - (watched?.volatility.readAt ?? 0)).toBeGreaterThanOrEqual(DAY);
  });
});
