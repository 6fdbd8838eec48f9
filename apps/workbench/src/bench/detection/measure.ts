import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { formatPrice, must, present, unwrap } from '@lockstep/kernel';
import { systemClock, systemRandom } from '@lockstep/platform';
import { startVenueProcess, type VenueProcess } from '@lockstep/simulation';
import { createHyperliquidFeed } from '@lockstep/venues/hyperliquid';
import type { DetectionStanding, SeatedWatch, WatchEvent } from '@lockstep/venues/port';

export interface DetectionOptions {
  readonly streamed: number;
  readonly swept: number;
  /** Swept leaders that trade. */
  readonly active: number;
  readonly rounds: number;
  /** Trades of other people beside them in each round. */
  readonly strangers: number;
}

/** Times in ms from the venue's block time of a fill to its frame in our hands, and what it took. */
export interface DetectionFigures {
  readonly stream_ms_p50: number;
  readonly stream_ms_p99: number;
  readonly stream_fills: number;
  readonly sweep_ms_p50: number;
  readonly sweep_ms_p99: number;
  readonly sweep_fills: number;
  /** Fills made and not told, and told more than once: both must be 0. */
  readonly missed: number;
  readonly repeated: number;
  readonly us_per_stranger_trade: number;
  readonly coins: number;
  readonly seats_used: number;
  readonly subscriptions: number;
  readonly connections: number;
  readonly messages: number;
  readonly weight_spent: number;
  readonly weight_per_minute: number;
  readonly minutes: number;
  readonly refusals: number;
  readonly first_states_minutes: number;
  readonly equities_minutes: number;
  readonly round_minutes: number;
}

const COIN = 'BTC';
const SIZE = '0.01';
const ROUND_GAP_MS = 300;
const PATIENCE_MS = 600_000;
/** Weights of a leader's state in one dex and of its account mode (facts §11.1). */
const STATE_WEIGHT = 2;
const MODE_WEIGHT = 20;

const REFUSED = /429|rate_limited|refused|Too many|Cannot|venue_stream_error/;

/** Latencies by source and every fill told, by leader. */
class Told {
  readonly stream: number[] = [];
  readonly sweep: number[] = [];
  readonly keys = new Set<string>();
  readonly synced = new Set<string>();
  repeated = 0;
  measuring = false;

  constructor(private readonly seated: ReadonlySet<string>) {}

  take(event: WatchEvent): void {
    if (event.kind === 'synced') this.synced.add(event.address);
    if (event.kind !== 'fills' && event.kind !== 'synced') return;
    for (const fill of event.fills) {
      const key = `${event.address} ${fill.tradeId}`;
      if (event.kind === 'fills' && this.keys.has(key)) this.repeated += 1;
      this.keys.add(key);
      if (!this.measuring || event.kind !== 'fills') continue;
      (this.seated.has(event.address) ? this.stream : this.sweep).push(event.receivedAt - fill.time);
    }
  }
}

/** Watches leaders through one address at a simulated venue whose limits are on, has some of them trade, and measures. */
export async function measureDetection(options: DetectionOptions, say: (text: string) => void): Promise<DetectionFigures> {
  const script = join(process.cwd(), 'dist/apps/venue-sim/src/main.js');
  const venue = await startVenueProcess({ script, args: ['--limits', 'on', '--path', 'still', '--verify', 'off'] });
  try {
    return await measureAt(venue, options, say);
  } finally {
    await venue.stop();
  }
}

async function measureAt(venue: VenueProcess, options: DetectionOptions, say: (text: string) => void): Promise<DetectionFigures> {
  const address = (): string => `0x${randomBytes(20).toString('hex')}`;
  const leaders = Array.from({ length: options.streamed + options.swept }, address);
  const traders = leaders.slice(0, options.streamed + options.active);
  const strangers = Array.from({ length: 20 }, address);
  await venue.control.setUpAccounts(
    'main',
    [...traders, ...strangers].map((one) => ({ address: one, credits: { '': '1000000' } })),
  );
  const refusals: string[] = [];
  const feed = createHyperliquidFeed(
    { url: venue.httpUrl(), wsUrl: venue.wsUrl(), network: 'mainnet', orderStreamsMax: 0, userSeatsMax: options.streamed, orderSeatsReserved: 0 },
    { clock: systemClock, random: systemRandom, log: (entry) => void (REFUSED.test(JSON.stringify(entry)) && refusals.push(JSON.stringify(entry))) },
  );
  try {
    const markets = unwrap(await feed.truth.markets(['']), 'the markets');
    const price = formatPrice(
      present(
        markets.find(({ instrument }) => instrument.coin === COIN),
        'the coin',
      ).markPrice,
    );
    // A coin that was never traded would begin with what looks like a gap.
    await venue.control.forceTrades('main', [{ address: strangers[0] ?? '', coin: COIN, side: 'buy', price, size: SIZE }]);
    const told = new Told(new Set(leaders.slice(0, options.streamed)));
    const watch = feed.watchUsers([''], (event) => told.take(event));
    const seats = present(watch.seats, 'seats of the venue');
    const stage = { venue, told, seats, price, traders, strangers, made: new Set<string>(), options };
    const started = performance.now();
    for (const one of leaders) watch.watch(one);
    for (const one of traders) seats.hurry(one);
    await until(() => seats.standing().sweepCovers && traders.every((one) => told.synced.has(one)));
    say(`${leaders.length} leaders watched, ${seats.standing().unread} states still to be read`);
    await tradeOnce(stage);
    await until(() => [...stage.made].every((key) => told.keys.has(key)));
    say('every trader’s equity is read');
    const costs = await play(stage);
    await until(() => [...stage.made].every((key) => told.keys.has(key))).catch(() => undefined);
    const figures = figuresOf(stage, seats.standing(), (performance.now() - started) / 60_000, costs);
    for (const refusal of refusals.slice(0, 5)) say(refusal);
    await watch.close();
    return { ...figures, refusals: refusals.length };
  } finally {
    await feed.close();
  }
}

interface Stage {
  readonly venue: VenueProcess;
  readonly told: Told;
  readonly seats: SeatedWatch;
  readonly price: string;
  readonly traders: readonly string[];
  readonly strangers: readonly string[];
  readonly made: Set<string>;
  readonly options: DetectionOptions;
}

/** Each trader trades once, all in one block. */
async function tradeOnce({ venue, traders, price, made }: Stage, strangers: readonly string[] = []): Promise<void> {
  const side = made.size % (2 * traders.length) < traders.length ? 'buy' : 'sell';
  const trades = [...traders, ...strangers].map((address) => ({ address, coin: COIN, side, price, size: SIZE }) as const);
  const outcomes = await venue.control.forceTrades('main', trades);
  for (const [index, address] of traders.entries()) {
    const outcome = outcomes[index];
    must(outcome !== undefined && 'tradeId' in outcome, 'the trade was made');
    made.add(`${address} ${outcome.tradeId}`);
  }
}

/** Plays the rounds, then trades of strangers alone; returns µs of processor time that one of the latter costs. */
async function play(stage: Stage): Promise<number> {
  const crowd = Array.from({ length: stage.options.strangers }, (_, index) => stage.strangers[index % stage.strangers.length] ?? '');
  stage.told.measuring = true;
  for (let turn = 0; turn < stage.options.rounds; turn += 1) {
    await tradeOnce(stage, crowd);
    await pause(ROUND_GAP_MS);
  }
  stage.told.measuring = false;
  const trades = Array.from({ length: 2_000 }, (_, index) => ({
    address: crowd[index % crowd.length] ?? '',
    coin: COIN,
    side: 'buy' as const,
    price: stage.price,
    size: SIZE,
  }));
  const idle = await processorTime(() => pause(2_000));
  const busy = await processorTime(async () => {
    for (let turn = 0; turn < 5; turn += 1) await stage.venue.control.forceTrades('main', trades);
    await pause(1_000);
  });
  // What asking the venue for them costs is in it; it is small beside it.
  return Math.max(0, (busy.us - (idle.us / idle.ms) * busy.ms) / (5 * trades.length));
}

async function processorTime(work: () => Promise<void>): Promise<{ readonly us: number; readonly ms: number }> {
  const before = process.cpuUsage();
  const started = performance.now();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { us: user + system, ms: performance.now() - started };
}

function figuresOf(stage: Stage, standing: DetectionStanding, minutes: number, usPerTrade: number): Omit<DetectionFigures, 'refusals'> {
  const { stream, sweep } = stage.told;
  const perMinute = standing.weightPerMinuteMax;
  const { swept } = stage.options;
  return {
    stream_ms_p50: share(stream, 0.5),
    stream_ms_p99: share(stream, 0.99),
    stream_fills: stream.length,
    sweep_ms_p50: share(sweep, 0.5),
    sweep_ms_p99: share(sweep, 0.99),
    sweep_fills: sweep.length,
    missed: [...stage.made].filter((key) => !stage.told.keys.has(key)).length,
    repeated: stage.told.repeated,
    us_per_stranger_trade: usPerTrade,
    coins: standing.coins,
    seats_used: standing.seatsUsed,
    subscriptions: standing.subscriptions,
    connections: standing.connections,
    messages: standing.messagesSent,
    weight_spent: standing.weightSpent,
    weight_per_minute: perMinute,
    minutes,
    first_states_minutes: (swept * STATE_WEIGHT) / perMinute,
    equities_minutes: (swept * (MODE_WEIGHT + STATE_WEIGHT)) / perMinute,
    round_minutes: (swept * STATE_WEIGHT) / perMinute,
  };
}

function share(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for a state; throws when it does not come. */
async function until(done: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!done()) {
    if (performance.now() > end) throw new Error('the state that was waited for did not come');
    await pause(100);
  }
}
