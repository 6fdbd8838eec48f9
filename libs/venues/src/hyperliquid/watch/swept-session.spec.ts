import { err, money, ok, type Result, size } from '@lockstep/kernel';
import { describe, expect, it, vi } from 'vitest';
import type { AccountState, VenueFill, VenueReadError, WatchEvent } from '../../port';
import { sampleFill } from '../../port/testing/sample-fill';
import { hyperliquidConfig } from '../config';
import type { SweptTrade } from '../wire/trades';
import { READ_RANK, ReadQueue } from './read-queue';
import { nextOfRound } from './round';
import { UserSession } from './user-session';

const ADDRESS = '0x00000000000000000000000000000000000000aa';
/** Tells the wait for the states of a snapshot from every other pause. */
const NO_OTHER_PAUSE_MS = 86_400_000;
const config = hyperliquidConfig({ url: 'http://127.0.0.1:1', wsUrl: 'ws://127.0.0.1:1', network: 'mainnet', snapshotWaitMs: NO_OTHER_PAUSE_MS });
const UNREACHABLE: VenueReadError = { code: 'unreachable', detail: 'down' };

const fill = (time: number, given: Partial<VenueFill> = {}): VenueFill => sampleFill({ time, tradeId: String(time), ...given });
const trade = (of: VenueFill): SweptTrade => ({
  coin: of.coin,
  side: of.side,
  price: of.price,
  size: of.size,
  time: of.time,
  tradeId: of.tradeId,
  crossed: of.crossed,
});

/** A venue of one account that a test breaks and mends. */
function watched(given: { readonly dexes?: readonly string[]; readonly knowsMode?: boolean; readonly since?: number } = {}) {
  const venue = {
    held: new Map<string, bigint>(),
    time: 10,
    fills: [] as VenueFill[],
    /** What cannot be read: a dex's state, fills, the mode; `all` for everything. */
    broken: new Set<string>(),
    fillsError: UNREACHABLE as VenueReadError,
    knowsMode: given.knowsMode ?? true,
    losses: 0,
    now: 1_000,
    asked: [] as string[],
    gate: Promise.resolve() as Promise<void>,
  };
  const answer = async <T>(what: string, value: () => T, failure = UNREACHABLE): Promise<Result<T, VenueReadError>> => {
    venue.asked.push(what);
    await venue.gate;
    return venue.broken.has(what) || venue.broken.has('all') ? err(failure) : ok(value());
  };
  const state = (dex: string): AccountState => ({
    address: ADDRESS,
    dex,
    accountValue: money(1n),
    pooled: false,
    withdrawable: money(1n),
    time: venue.time,
    positions: [...venue.held]
      .filter(([coin, held]) => held !== 0n && coin.startsWith('xyz:') === (dex === 'xyz'))
      .map(([coin, held]) => ({
        coin,
        size: size(held),
        entryPrice: fill(1).price,
        leverage: 1,
        cross: true,
        marginUsed: money(0n),
        unrealisedPnl: money(0n),
      })),
  });
  const events: WatchEvent[] = [];
  const session = new UserSession(
    ADDRESS,
    {
      config,
      truth: {
        accountWeight: () => 2,
        positionsWeight: () => 2,
        account: (_address, dex) => answer(`state ${dex}`, () => state(dex)),
        positions: (_address, dex) => answer(`state ${dex}`, () => state(dex)),
        mode: () => answer('mode', () => (venue.knowsMode = true)),
        knowsMode: () => venue.knowsMode,
        fills: (_address, since) => answer('fills', () => venue.fills.filter(({ time }) => time >= since), venue.fillsError),
      },
      reads: new ReadQueue({ take: () => true, whenFree: async () => undefined, spend: () => undefined }, () => 0),
      losses: {
        of: () => venue.losses,
        get all() {
          return venue.losses;
        },
      },
      log: () => undefined,
      dexes: () => given.dexes ?? [''],
      tell: (event) => events.push(event),
      pause: (ms) => new Promise((resolve) => (ms === config.snapshotWaitMs ? undefined : setImmediate(resolve))),
      now: () => venue.now,
      monotonic: () => venue.now,
    },
    given.since ?? null,
  );
  const words = () =>
    events.flatMap((event) => {
      if (event.kind === 'synced') return [`synced ${event.states.map(({ dex }) => dex || 'main').join()}`];
      return event.kind === 'fills' ? event.fills.map((one) => `${one.side} ${one.time}`) : [];
    });
  const turns = async (count = 20): Promise<void> => {
    for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  return { session, venue, words, turns };
}

const ONE = fill(1).size;

describe('a leader who is swept', () => {
  it('is seen although the state of one dex cannot be read, and that one is told later', async () => {
    const { session, venue, words, turns } = watched({ dexes: ['', 'xyz'] });
    venue.broken.add('state xyz');
    await session.begin(READ_RANK.begin);
    session.swept([trade(fill(11))], 11);
    await turns();
    expect(words()).toEqual(['synced main', 'buy 11']);
    venue.broken.clear();
    venue.held.set(fill(11).coin, ONE);
    venue.time = 12;
    await vi.waitFor(() => expect(words()).toEqual(['synced main', 'buy 11', 'synced xyz']));
  });

  it('is seen although what it traded while nobody watched cannot be understood', async () => {
    const { session, venue, words } = watched({ since: 5 });
    venue.broken.add('fills');
    venue.fillsError = { code: 'unparseable', detail: 'a fill of a new kind' };
    await session.begin(READ_RANK.begin);
    expect(words()).toEqual(['synced main']);
  });

  it('is told nothing of before it was watched by a dex that cannot be read', async () => {
    const { session, venue, words, turns } = watched({ dexes: ['', 'xyz'] });
    venue.broken.add('state xyz');
    await session.begin(READ_RANK.begin);
    const next = fill(11, { coin: 'xyz:TSLA', startPosition: ONE });
    venue.fills.push(fill(3, { coin: 'xyz:TSLA' }), next);
    session.swept([trade(next)], 11);
    await turns();
    expect(words()).toEqual(['synced main', 'buy 11']);
  });

  it('is told the state of a dex by the round where that could not be read before', async () => {
    const { session, venue, words } = watched({ dexes: ['', 'xyz'] });
    venue.broken.add('state xyz');
    await session.begin(READ_RANK.begin);
    session.disconnected();
    venue.broken.clear();
    await session.checkInRound();
    await session.checkInRound();
    expect(words()).toEqual(['synced main', 'synced main,xyz']);
  });

  it('is told the state of a dex that could not be read while it had a seat', async () => {
    const { session, venue, words } = watched({ dexes: ['', 'xyz'] });
    venue.broken.add('state xyz');
    session.seat();
    await session.snapshot([], 10);
    session.unseat();
    venue.broken.clear();
    await vi.waitFor(() => expect(words()).toEqual(['synced main', 'synced xyz']));
  });

  it('is checked on the dexes that can be read', async () => {
    const { session, venue, words } = watched({ dexes: ['', 'xyz'] });
    await session.begin(READ_RANK.begin);
    venue.broken.add('state xyz');
    venue.fills.push(fill(11));
    venue.held.set(fill(11).coin, ONE);
    venue.time = 12;
    expect(await session.check(['', 'xyz'], READ_RANK.round)).toBe(true);
    expect(words()).toEqual(['synced main,xyz', 'buy 11']);
  });

  it('whose trade must be confirmed is told it however long the venue does not answer', async () => {
    const { session, venue, words, turns } = watched();
    await session.begin(READ_RANK.begin);
    venue.losses = 1;
    venue.broken.add('all');
    venue.fills.push(fill(11), fill(12));
    session.swept([trade(fill(12))], 12);
    await turns(100);
    expect(words()).toEqual(['synced main']);
    venue.broken.clear();
    await vi.waitFor(() => expect(words()).toEqual(['synced main', 'buy 11', 'buy 12']));
  });

  it('whose fills cannot be understood is followed by its state', async () => {
    const { session, venue, words } = watched();
    venue.held.set(fill(1).coin, ONE);
    await session.begin(READ_RANK.begin);
    venue.losses = 1;
    venue.broken.add('fills');
    venue.fillsError = { code: 'unparseable', detail: 'a fill of a new kind' };
    venue.held.clear();
    venue.time = 12;
    session.swept([trade(fill(12, { side: 'sell' }))], 12);
    await vi.waitFor(() => expect(words()).toEqual(['synced main', 'synced main']));
  });

  it('is told at once when it reduces, and waits for its equity when it only increases', async () => {
    const { session, venue, words, turns } = watched({ knowsMode: false });
    venue.broken.add('mode');
    venue.held.set(fill(1).coin, ONE * 3n);
    await session.begin(READ_RANK.begin);
    let open: () => void = () => undefined;
    venue.gate = new Promise((resolve) => (open = resolve));
    expect(session.swept([trade(fill(11))], 11)).toBe(0);
    await turns();
    expect(words()).toEqual(['synced main']);
    expect(session.swept([trade(fill(12, { side: 'sell' }))], 12)).toBe(2);
    expect(words()).toEqual(['synced main', 'buy 11', 'sell 12']);
    open();
  });

  it('is checked once more when a trade came while it was checked', async () => {
    const { session, venue } = watched();
    await session.begin(READ_RANK.begin);
    const asked = venue.asked.length;
    await Promise.all([session.check([''], READ_RANK.round), session.check([''], READ_RANK.check)]);
    expect(venue.asked.slice(asked)).toEqual(['state ', 'state ']);
  });

  it('whose trade is older than the state that was read, by the venue’s clock, is asked for its state', async () => {
    const { session, venue, words } = watched();
    await session.begin(READ_RANK.begin);
    // The state was read before the trade, and says a later time.
    venue.held.set(fill(9).coin, ONE);
    venue.time = 12;
    expect(session.swept([trade(fill(9))], 9)).toBe(0);
    await vi.waitFor(() => expect(words()).toEqual(['synced main', 'synced main']));
  });

  it('nobody saw for a while is read before others when somebody waits for it', async () => {
    const { session, words } = watched();
    await session.begin(READ_RANK.begin);
    session.outOfSight();
    await session.hurry();
    await session.hurry();
    expect(words()).toEqual(['synced main', 'synced main']);
  });
});

describe('the round', () => {
  const times = { gapMs: 30_000, streamedGapMs: 60_000 };

  it('goes to a leader whose trades may be missing before the equity of another is learnt', async () => {
    const [unknown, uncertain] = [watched({ knowsMode: false }), watched()];
    for (const { session } of [unknown, uncertain]) await session.begin(READ_RANK.begin);
    uncertain.venue.held.set(fill(1).coin, ONE);
    await uncertain.session.check([''], READ_RANK.round);
    uncertain.venue.losses = 1;
    const turns = [0, 1, 2].map((turn) => nextOfRound([unknown.session, uncertain.session], turn, { ...times, now: 10_000 }));
    expect(turns.map((turn) => [turn?.session === uncertain.session, turn?.reads])).toEqual(Array.from({ length: 3 }, () => [true, 'state']));
  });

  it('goes on where trades may be missing in a dex that cannot be read', async () => {
    const [deaf, other] = [watched({ dexes: ['', 'xyz'] }), watched()];
    deaf.venue.held.set('xyz:TSLA', ONE);
    for (const { session } of [deaf, other]) await session.begin(READ_RANK.begin);
    deaf.venue.broken.add('state xyz');
    deaf.venue.losses = 1;
    for (let turn = 0; turn < 5; turn += 1) await deaf.session.checkInRound();
    const next = () => nextOfRound([deaf.session, other.session], 1, { ...times, now: 29_000 });
    expect([deaf.session.isUncertain, next()]).toEqual([true, null]);
    deaf.venue.broken.clear();
    await deaf.session.checkInRound();
    expect(deaf.session.isUncertain).toBe(false);
  });

  it('takes a coin of a dex that is not followed for no doubt', async () => {
    const { session, venue } = watched({ since: 5 });
    venue.fills.push(fill(11, { coin: 'abc:GOLD' }));
    await session.begin(READ_RANK.begin);
    expect(session.isUncertain).toBe(false);
  });

  it('learns the equity of one behind another whose mode cannot be read', async () => {
    const [deaf, other] = [watched({ knowsMode: false }), watched({ knowsMode: false })];
    for (const { session } of [deaf, other]) await session.begin(READ_RANK.begin);
    deaf.venue.broken.add('mode');
    const next = (now: number) => nextOfRound([deaf.session, other.session], 0, { ...times, now })?.session;
    expect(next(1_001)).toBe(deaf.session);
    await deaf.session.learnEquity();
    expect(next(1_001)).toBe(other.session);
    await other.session.learnEquity();
    expect([next(1_001), next(32_000)]).toEqual([undefined, deaf.session]);
  });

  it('learns equities and still checks states', async () => {
    const { session } = watched({ knowsMode: false });
    await session.begin(READ_RANK.begin);
    const reads = Array.from({ length: 12 }, (_, turn) => nextOfRound([session], turn, { ...times, now: 100_000 })?.reads);
    expect(reads.filter((one) => one === 'equity').length).toBe(2);
    expect(nextOfRound([session], 1, { ...times, now: 1_001 })?.reads).toBe('equity');
  });
});
