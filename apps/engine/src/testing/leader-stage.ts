import { type Instrument, money, price, rate, size } from '@lockstep/kernel';
import { silentLogger, systemTimers } from '@lockstep/platform';
import { CommitUnknownError, type LeaderFillKey, type MoveRow, type NewMove, type PlatformUnit } from '@lockstep/storage';
import type { AccountState, MarketContext, VenueFill, VenueTruth, WatchEvent } from '@lockstep/venues/port';
import { type EngineContext, StopVersion } from '../context';
import { ENGINE_LIMITS, type EngineLimits } from '../limits';
import { Markets } from '../markets';
import { Listings } from '../state/listings';
import { newWatched } from '../state/load-book';
import type { Network } from '../state/networks';
import { Registry, type WatchedAccount } from '../state/registry';
import { TestClocks } from '../test-clocks';

/** Instruments of the stage: one on the main dex, one on a builder dex. */
export const STAGE_COINS = ['ETH', 'xyz:TSLA'] as const;

export const instrumentOf = (coin: string): Instrument => ({
  venue: 'hyperliquid',
  dex: coin.includes(':') ? 'xyz' : '',
  coin,
  assetId: 1,
  szDecimals: 2,
  maxLeverage: 10,
  onlyIsolated: false,
  delisted: false,
  collateral: 'USDC',
});

export const contextOf = (coin: string): MarketContext => ({
  instrument: instrumentOf(coin),
  markPrice: price(100_000_000n),
  oraclePrice: price(100_000_000n),
  midPrice: null,
  fundingRate: rate(0n),
});

/** The state of one dex; positions in whole units. */
export const stateOf = (address: string, dex: string, held: Readonly<Record<string, number>> = {}, time = 1): AccountState => ({
  address,
  dex,
  accountValue: money(100_000_000_000n),
  pooled: false,
  withdrawable: money(0n),
  positions: Object.entries(held).map(([coin, units]) => ({
    coin,
    size: size(BigInt(units) * 100_000_000n),
    entryPrice: price(100_000_000n),
    leverage: 1,
    cross: true,
    marginUsed: money(0n),
    unrealisedPnl: money(0n),
  })),
  time,
});

export const syncedWith = (address: string, states: readonly AccountState[], fills: readonly VenueFill[] = []): WatchEvent => ({
  kind: 'synced',
  address,
  states,
  fills,
  receivedAt: 1,
});

/** An engine's context around leaders alone: a registry, an inbox that writes down moves, and one network with `seats` places. */
export async function leaderStage(
  given: { readonly seats?: number; readonly limits?: Partial<EngineLimits>; readonly truth?: Partial<VenueTruth> } = {},
) {
  const moves: NewMove[] = [];
  const givenUp: { readonly id: bigint; readonly reason: string }[] = [];
  /** The same as they stand recorded; nothing here ever ends them. */
  const rows: MoveRow[] = [];
  const keys = new Set<string>();
  const inbox = {
    begin: async () => undefined,
    insertFills: async (_watchedNo: bigint, fills: readonly LeaderFillKey[]) =>
      fills.filter(({ coin, timeMs, tid }) => {
        const key = `${coin} ${timeMs} ${tid}`;
        return !keys.has(key) && keys.add(key);
      }),
    recordMoves: async (watchedNo: bigint, fresh: readonly NewMove[]) => {
      const made = fresh.map((move, index) => {
        const no = BigInt(moves.length + index + 1);
        return { ...move, id: no, watchedNo, seq: no, status: 'recorded' as const, createdAt: 0 };
      });
      moves.push(...fresh);
      rows.push(...made);
      return { moves: made };
    },
    openMoves: async () => rows,
    increasingOrders: async () => [],
    giveUpMoves: async (ids: readonly bigint[], reason: string) => void givenUp.push(...ids.map((id) => ({ id, reason }))),
  };
  const registry = new Registry();
  const database = { away: false, losesAnswers: false };
  const watches: string[] = [];
  const ctx = {
    clocks: new TestClocks(),
    registry,
    limits: { ...ENGINE_LIMITS, ...given.limits },
    log: silentLogger,
    pass: () => undefined,
    stage: () => 1,
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    stops: new StopVersion(),
    storage: {
      platform: async <T>(work: (unit: PlatformUnit) => Promise<T>) => {
        if (database.away) throw new Error('the database is away');
        const done = await work({ inbox } as unknown as PlatformUnit);
        if (database.losesAnswers) throw new CommitUnknownError(new Error('the connection was lost'));
        return done;
      },
    },
    timers: systemTimers,
  } as unknown as EngineContext;
  const markets = new Markets();
  const truth = { markets: async () => ({ ok: true, value: STAGE_COINS.map(contextOf) }), ...given.truth } as unknown as VenueTruth;
  await markets.refresh(truth, undefined, () => 1);
  const seated = new Set<string>();
  const network = {
    venueName: 'hyperliquid',
    approvalsThrough: null,
    name: 'stage',
    environment: 'test',
    venue: { truth },
    markets,
    listings: new Listings(ctx, 'stage', markets, truth, async () => undefined),
    users: {
      watch: (address: string) => {
        if (!seated.has(address) && seated.size >= (given.seats ?? 10)) return 'seat_refused';
        seated.add(address);
        watches.push(address);
        return 'watching';
      },
      unwatch: (address: string) => void seated.delete(address),
    },
  } as unknown as Network;
  const leader = (no: number): WatchedAccount => {
    const address = `0x${String(no).padStart(40, '0')}`;
    const row = { no: BigInt(no), venue: 'hyperliquid', network: 'stage', address, topMoveSeq: 0n, historyFromMs: null, createdAt: 0 };
    const watched = newWatched(row, network, { begun: false, historyFrom: 0 }, ctx.registry.followers);
    registry.watched.set(no, watched);
    return watched;
  };
  return { ctx, network, markets, moves, givenUp, seated, watches, database, leader };
}
