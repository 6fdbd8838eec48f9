import { err, money, ok, price, type Result, type Size, size } from '@lockstep/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccountState, VenueFill, VenueReadError, WatchEvent } from '../../port';
import { sampleFill } from '../../port/testing/sample-fill';
import { hyperliquidConfig } from '../config';
import { dexOf } from '../parse/read';
import { type RawTrade, sideOf } from '../wire/trades';
import { CoinTape, type TapeReading } from './coin-tape';
import { READ_RANK, ReadQueue } from './read-queue';
import { UserSession } from './user-session';

const LEADER = '0x00000000000000000000000000000000000000aa';
const OTHER = '0x00000000000000000000000000000000000000bb';
const COINS = ['BTC', 'ETH', 'xyz:TSLA'];
/** Trades the venue tells from before a subscription; fewer than it does, so that gaps happen. */
const PAST_TRADES = 3;
const SNAPSHOT_FILLS = 4;
/** Tells the wait for the states of a snapshot from every other pause. */
const NO_OTHER_PAUSE_MS = 86_400_000;
const config = hyperliquidConfig({ url: 'http://127.0.0.1:1', wsUrl: 'ws://127.0.0.1:1', network: 'mainnet', snapshotWaitMs: NO_OTHER_PAUSE_MS });

type Step =
  | { readonly do: 'block'; readonly trades: readonly { readonly coin: number; readonly lots: number; readonly leader: boolean }[] }
  | { readonly do: 'deliver' | 'repeat' | 'cut' | 'connect' | 'swap'; readonly line: number }
  | { readonly do: 'seat' | 'unseat' | 'check' | 'settle' | 'silence' | 'answer' };

const LINES = { links: [0, 1], stream: 2 } as const;
const line = fc.integer({ min: 0, max: 2 });
const trade = fc.record({ coin: fc.integer({ min: 0, max: COINS.length - 1 }), lots: fc.integer({ min: -3, max: 3 }), leader: fc.boolean() });
const swap: fc.Arbitrary<Step> = fc.record({ do: fc.constant('swap' as const), line });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('block' as const), trades: fc.array(trade, { minLength: 1, maxLength: 4 }) }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('deliver' as const), line }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('repeat' as const), line }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const), line }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('connect' as const), line }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('seat' as const, 'unseat' as const, 'check' as const, 'settle' as const) }) },
);

/** The venue answers no reading, and answers again. */
const outage: fc.Arbitrary<Step> = fc.record({ do: fc.constantFrom('silence' as const, 'answer' as const) });

/** What a line has on its way: frames in their order, none once it is cut. */
interface Line {
  up: boolean;
  queue: (() => unknown)[];
  last: (() => unknown) | null;
}

/** A venue with one leader, two connections of trades and one user stream, each as late as the steps say. */
class Stage {
  time = 1_000;
  private tid = 0;
  readonly fills: VenueFill[] = [];
  private readonly tapeOf = new Map(COINS.map((coin) => [coin, [] as RawTrade[]]));
  private readonly tapes = new Map(COINS.map((coin) => [coin, new CoinTape()]));
  private readonly lossOf = new Map<string, number>();
  private losses = 0;
  private modeKnown = false;
  silent = false;
  readonly positions = new Map<string, Size>();
  readonly events: WatchEvent[] = [];
  readonly lines: readonly Line[] = [0, 1, 2].map(() => ({ up: true, queue: [], last: null }));
  readonly session: UserSession;

  constructor() {
    const stage = this;
    this.session = new UserSession(
      LEADER,
      {
        config,
        reads: new ReadQueue({ take: () => true, whenFree: async () => undefined, spend: () => undefined }, () => 0),
        truth: {
          accountWeight: () => 22,
          positionsWeight: () => 2,
          account: async (_address, dex) => await this.later(() => this.state(dex)),
          positions: async (_address, dex) => await this.later(() => this.state(dex)),
          mode: async () => await this.later(() => (this.modeKnown = true)),
          knowsMode: () => this.modeKnown,
          fills: async (_address, since) => await this.later(() => this.fills.filter((fill) => fill.time >= since)),
        },
        losses: {
          of: (coin) => this.lossOf.get(coin) ?? 0,
          get all() {
            return stage.losses;
          },
        },
        log: () => undefined,
        dexes: () => ['', 'xyz'],
        tell: (event) => this.events.push(event),
        pause: (ms) => new Promise((resolve) => (ms === config.snapshotWaitMs ? undefined : setImmediate(resolve))),
        now: () => this.time,
        monotonic: () => this.time,
      },
      this.time,
    );
  }

  /** A read that takes a while and tells how things stood at its end. */
  private async later<T>(read: () => T): Promise<Result<T, VenueReadError>> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.silent ? err({ code: 'unreachable', detail: 'silent' }) : ok(read());
  }

  private state(dex: string): AccountState {
    const held = [...this.positions].filter(([coin, position]) => dexOf(coin) === dex && position !== 0n);
    return {
      address: LEADER,
      dex,
      accountValue: money(1n),
      pooled: false,
      withdrawable: money(0n),
      positions: held.map(([coin, position]) => ({
        coin,
        size: position,
        entryPrice: price(1n),
        leverage: 1,
        cross: true,
        marginUsed: money(0n),
        unrealisedPnl: money(0n),
      })),
      time: this.time,
    };
  }

  take(one: Step): void {
    if (one.do === 'block') this.block(one.trades);
    else if (one.do === 'deliver') this.deliver(one.line);
    else if (one.do === 'repeat') this.lines[one.line]?.last?.();
    else if (one.do === 'cut') this.cut(one.line);
    else if (one.do === 'connect') this.connect(one.line);
    else if (one.do === 'swap') this.swap(one.line);
    else if (one.do === 'silence' || one.do === 'answer') this.silent = one.do === 'silence';
    else if (one.do === 'seat') this.seat();
    else if (one.do === 'unseat' && this.session.hasSeat) this.session.unseat();
    else if (one.do === 'check') void this.session.check(['', 'xyz'], READ_RANK.round);
  }

  private block(trades: Extract<Step, { readonly do: 'block' }>['trades']): void {
    this.time += 1;
    const told = new Map<string, RawTrade[]>();
    const own: VenueFill[] = [];
    for (const { coin: index, lots, leader } of trades) {
      const coin = COINS[index] ?? 'BTC';
      if (lots === 0) continue;
      this.tid += 1;
      const [buyer, seller] = leader === lots > 0 ? [LEADER, OTHER] : [OTHER, leader ? LEADER : OTHER];
      const raw: RawTrade = { coin, time: this.time, tid: this.tid, buyer, seller, px: '1', sz: String(Math.abs(lots)), side: 'B' };
      told.set(coin, [...(told.get(coin) ?? []), raw]);
      this.tapeOf.get(coin)?.push(raw);
      for (const side of ['buy', 'sell'] as const) {
        if ((side === 'buy' ? buyer : seller) !== LEADER) continue;
        const swept = sideOf(raw, side);
        if (swept === null) throw new Error('a trade that cannot be read');
        const before = this.positions.get(coin) ?? size(0n);
        const { tradeId, price: px, size: sz, crossed } = swept;
        own.push(sampleFill({ coin, side, time: this.time, tradeId, price: px, size: sz, crossed, startPosition: before, orderId: `o${tradeId}` }));
        this.positions.set(coin, size(before + (side === 'buy' ? sz : -sz)));
      }
    }
    this.fills.push(...own);
    for (const link of LINES.links) for (const [coin, frame] of told) this.send(link, () => this.trades(link, coin, frame));
    if (own.length > 0 && this.session.hasSeat) this.send(LINES.stream, () => this.session.hasSeat && this.session.live(own, this.time));
  }

  private send(index: number, frame: () => unknown): void {
    const to = this.lines[index];
    if (to?.up) to.queue.push(frame);
  }

  deliver(index: number): void {
    const from = this.lines[index];
    const frame = from?.queue.shift();
    if (from === undefined || frame === undefined) return;
    from.last = frame;
    frame();
  }

  private trades(link: number, coin: string, frame: readonly RawTrade[]): void {
    const tape = this.tapes.get(coin);
    if (tape !== undefined) this.pass(coin, tape.take(link, frame));
  }

  private pass(coin: string, { fresh, lost }: TapeReading): void {
    if (lost) {
      this.losses += 1;
      this.lossOf.set(coin, this.losses);
    }
    const mine = fresh.flatMap((raw) => {
      const swept = raw.buyer === LEADER ? sideOf(raw, 'buy') : raw.seller === LEADER ? sideOf(raw, 'sell') : null;
      return swept === null ? [] : [swept];
    });
    if (mine.length > 0) this.session.swept(mine, this.time);
  }

  /** The next two frames change places. */
  private swap(index: number): void {
    const [first, second, ...rest] = this.lines[index]?.queue ?? [];
    const one = this.lines[index];
    if (one !== undefined && first !== undefined && second !== undefined) one.queue = [second, first, ...rest];
  }

  private cut(index: number): void {
    const one = this.lines[index];
    if (!one?.up) return;
    one.up = false;
    one.queue = [];
    one.last = null;
    if (index === LINES.stream) {
      if (this.session.hasSeat) this.session.disconnected();
    } else for (const [coin, tape] of this.tapes) this.pass(coin, tape.down(index));
  }

  connect(index: number): void {
    const one = this.lines[index];
    if (one === undefined || one.up) return;
    one.up = true;
    if (index === LINES.stream) this.snapshot();
    else {
      for (const [coin, tape] of this.tapeOf) {
        const past = tape.slice(-PAST_TRADES);
        if (past.length > 0) this.send(index, () => this.trades(index, coin, past));
      }
    }
  }

  private seat(): void {
    if (this.session.hasSeat) return;
    this.session.seat();
    const stream = this.lines[LINES.stream];
    if (stream !== undefined) stream.queue = [];
    this.snapshot();
  }

  private snapshot(): void {
    if (!this.session.hasSeat) return;
    const newest = this.fills.slice(-SNAPSHOT_FILLS);
    this.send(LINES.stream, () => this.session.hasSeat && void this.session.snapshot(newest, this.time));
  }

  /** Lets everything that is on its way come to its end. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 60; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Per coin what was told, each fill once, as words. */
  told(): Record<string, string[]> {
    const seen = new Set<string>();
    const words: Record<string, string[]> = {};
    for (const event of this.events) {
      if (event.kind !== 'fills' && event.kind !== 'synced') continue;
      for (const fill of event.fills) {
        const key = `${fill.time}:${fill.coin}:${fill.tradeId}`;
        if (seen.has(key)) {
          if (event.kind === 'fills') throw new Error(`told twice: ${key}`);
          continue;
        }
        seen.add(key);
        words[fill.coin] = [...(words[fill.coin] ?? []), wordOf(fill)];
      }
    }
    return words;
  }

  /** Positions as the told changes lead to them, flat ones left out. */
  led(): Record<string, string> {
    const positions = new Map<string, bigint>();
    for (const [coin, words] of Object.entries(this.told()))
      for (const word of words) {
        const [, , side, lots = '0'] = word.split(' ');
        positions.set(coin, (positions.get(coin) ?? 0n) + (side === 'buy' ? BigInt(lots) : -BigInt(lots)));
      }
    return flatless(positions);
  }

  held(): Record<string, string> {
    return flatless(this.positions);
  }

  truth(): Record<string, string[]> {
    const words: Record<string, string[]> = {};
    for (const fill of this.fills) words[fill.coin] = [...(words[fill.coin] ?? []), wordOf(fill)];
    return words;
  }
}

const flatless = (positions: ReadonlyMap<string, bigint>): Record<string, string> =>
  Object.fromEntries([...positions].filter(([, position]) => position !== 0n).map(([coin, position]) => [coin, String(position)]));

/** All a move is made of. */
const wordOf = (fill: VenueFill): string => `${fill.time} ${fill.tradeId} ${fill.side} ${fill.size} from ${fill.startPosition}`;

/** Plays steps to their end: everything connected again, everything delivered, one reading of the state. */
async function play(steps: readonly Step[], seated: boolean): Promise<Stage> {
  const stage = new Stage();
  if (seated) stage.take({ do: 'seat' });
  else void stage.session.begin(READ_RANK.begin);
  for (const one of steps) {
    stage.take(one);
    if (one.do === 'settle') await stage.settle();
    else await Promise.resolve();
  }
  stage.silent = false;
  for (const index of [0, 1, 2]) stage.connect(index);
  for (const index of [0, 1, 2]) while ((stage.lines[index]?.queue.length ?? 0) > 0) stage.deliver(index);
  await stage.settle();
  await stage.session.check(['', 'xyz'], READ_RANK.round);
  await stage.settle();
  return stage;
}

const sorted = (words: Readonly<Record<string, readonly string[]>>): readonly string[] =>
  Object.values(words)
    .flat()
    .map((word) => word.replace(/ from .*/, ''))
    .sort();

describe('fills of one address from the user stream, public trades and readings', () => {
  it('are told once, in order and from the true positions, however the sources are cut, late and repeated', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 120 }), fc.boolean(), async (steps, seated) => {
        const stage = await play(steps, seated);
        expect(stage.told()).toEqual(stage.truth());
      }),
      { numRuns: 600 },
    );
  }, 120_000);

  it('are told once and in order without a seat, however often the venue does not answer a reading', async () => {
    const any = fc.oneof({ weight: 10, arbitrary: step }, { weight: 2, arbitrary: outage }).filter((one) => one.do !== 'seat');
    await fc.assert(
      fc.asyncProperty(fc.array(any, { minLength: 5, maxLength: 120 }), async (steps) => {
        const stage = await play(steps, false);
        expect(stage.told()).toEqual(stage.truth());
      }),
      { numRuns: 600 },
    );
  }, 120_000);

  it('are told once when frames of a connection change places too, and lead to the true position', async () => {
    const any = fc.oneof({ weight: 10, arbitrary: step }, { weight: 2, arbitrary: swap });
    await fc.assert(
      fc.asyncProperty(fc.array(any, { minLength: 5, maxLength: 120 }), fc.boolean(), async (steps, seated) => {
        const stage = await play(steps, seated);
        expect(sorted(stage.told())).toEqual(sorted(stage.truth()));
        expect(stage.led()).toEqual(stage.held());
      }),
      { numRuns: 600 },
    );
  }, 120_000);
});
