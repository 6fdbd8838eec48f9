import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatDecimal, parseDecimal, unwrap } from '@lockstep/kernel';
import type { ForcedBlock, ForcedFill } from '../client/sim-control';
import { type Cast, say } from './cast';
import { type DemoLeader, leaderAddress } from './leaders';
import type { Market } from './market';
import type { DemoOptions } from './options';
import { type RecordedFill, readRecording, startPosition } from './recording';

export interface Mark {
  readonly time: number;
  readonly coin: string;
  readonly price: string;
}

export interface Recording {
  readonly leader: DemoLeader;
  readonly fills: readonly RecordedFill[];
  /** Marks between the fills, oldest first. */
  readonly marks: readonly Mark[];
}

/** One block of the replay: at most one move per coin, with the prices it meets. */
export interface Step {
  readonly fills: readonly RecordedFill[];
  readonly prices: readonly { readonly coin: string; readonly price: string }[];
}

/** Moves that may wait in the engine, and orders that may be on their way, before the replay waits. */
const WAITING_MAX = 64;
const OPEN_ORDERS_MAX = 5_000;
/** Blocks handed to the venue in one call; the engine's standing is looked at between calls. */
const STEPS_AT_ONCE = 25;
const LOOK_WAIT_MS = 250;
const PROGRESS_EVERY = 500;
const FIRST_ORDER_ID = 500_000_000;
const ORDERS_PER_STEP_MAX = 1_000;

/** Reads the recording and its candles, where there are any. */
export function recordedLeader(file: string, options: Pick<DemoOptions, 'first' | 'candles' | 'seed'>): Recording {
  const all = unwrap(readRecording(readFileSync(file, 'utf8')), file);
  const fills = options.first === null ? all : all.slice(0, options.first);
  const coins = [...new Set(fills.map((fill) => fill.coin))];
  const first = fills[0]?.time ?? 0;
  const last = fills.at(-1)?.time ?? 0;
  const marks = options.candles === null ? [] : coins.flatMap((coin) => candlesOf(options.candles ?? '', coin, first, last));
  marks.sort((a, b) => a.time - b.time);
  return { leader: { name: 'Recorded leader', address: leaderAddress(options.seed, 77), held: new Map() }, fills, marks };
}

/** A candle's close is known once its minute has passed. */
function candlesOf(folder: string, coin: string, from: number, until: number): Mark[] {
  const path = join(folder, `${coin.replaceAll(':', '_')}_1m.csv`);
  if (!existsSync(path)) return [];
  const [head = '', ...lines] = readFileSync(path, 'utf8')
    .split(/\r?\n/)
    .filter((line) => line !== '');
  const close = head.split(',').indexOf('c');
  return lines.flatMap((line) => {
    const cells = line.split(',');
    const time = Number(cells[0]) + 60_000;
    return time >= from && time <= until ? [{ time, coin, price: cells[close] ?? '1' }] : [];
  });
}

/**
 * Cuts a recording into blocks. Fills of one coin and time are one move; a block holds at most one move per coin and no prices that were not known
 * then: the last mark of every coin up to the block's first fill, and each fill's own price.
 */
export function stepsOf(fills: readonly RecordedFill[], marks: readonly Mark[]): readonly Step[] {
  const steps: Step[] = [];
  let pending: RecordedFill[] = [];
  let mark = 0;
  const close = (): void => {
    if (pending.length === 0) return;
    const prices = new Map<string, string>();
    for (; mark < marks.length && (marks[mark]?.time ?? 0) <= (pending[0]?.time ?? 0); mark += 1) {
      const one = marks[mark];
      if (one) prices.set(one.coin, one.price);
    }
    for (const fill of pending) prices.set(fill.coin, fill.price);
    steps.push({ fills: pending, prices: [...prices].map(([coin, price]) => ({ coin, price })) });
    pending = [];
  };
  for (const fill of fills) {
    const met = pending.findLast((one) => one.coin === fill.coin);
    if (met !== undefined && met.time !== fill.time) close();
    pending.push(fill);
  }
  close();
  return steps;
}

/** Positions before the recording by coin, in lots, rebuilt from what its first closes need. */
export function startPositions(fills: readonly RecordedFill[], szDecimals: (coin: string) => number): ReadonlyMap<string, bigint> {
  const found = new Map<string, bigint>();
  for (const coin of new Set(fills.map((fill) => fill.coin))) {
    const own = fills.filter((fill) => fill.coin === coin);
    const told = own[0]?.startPosition;
    const start =
      told !== undefined
        ? signedLots(told, szDecimals(coin))
        : startPosition(own.map((fill) => ({ dir: fill.dir, buy: fill.buy, lots: lotsOf(fill.size, szDecimals(coin)) })));
    if (start !== 0n) found.set(coin, start);
  }
  return found;
}

/** Puts the leader where the recording begins. Call it before followers are added: what a leader held before is not theirs to copy. */
export async function placeLeader({ control, market }: Pick<Cast, 'control' | 'market'>, { leader, fills }: Recording): Promise<void> {
  const unknown = [...new Set(fills.map((fill) => fill.coin))].filter((coin) => !market.has(coin));
  if (unknown.length > 0) throw new Error(`the simulated venue does not list ${unknown.join(', ')} of the recording`);
  const starts = startPositions(fills, (coin) => market.szDecimals(coin));
  const prices = [...new Set(fills.map((fill) => fill.coin))].map((coin) => ({
    coin,
    price: fills.find((fill) => fill.coin === coin)?.price ?? '1',
  }));
  await control.movePrices(prices);
  for (const [coin, start] of starts) {
    const size = formatDecimal(start < 0n ? -start : start, market.szDecimals(coin));
    const price = prices.find((one) => one.coin === coin)?.price ?? '1';
    await control.trade([{ address: leader.address, coin, side: start > 0n ? 'buy' : 'sell', price, size }]);
    leader.held.set(coin, start);
    say(`  held before the recording: ${formatDecimal(start, market.szDecimals(coin))} ${coin}`);
  }
}

/** Plays every fill at its recorded price, one block after another, no faster than `speed` and than the engine follows. */
export async function playRecording(cast: Cast, { leader, fills, marks }: Recording, speed: number): Promise<void> {
  const steps = stepsOf(fills, marks);
  const startedAt = Date.now();
  let played = 0;
  let moves = 0;
  say(`playing ${fills.length} fills of ${new Set(fills.map((fill) => fill.coin)).size} coins in ${steps.length} blocks ...`);
  for (let from = 0; from < steps.length; from += STEPS_AT_ONCE) {
    const part = steps.slice(from, from + STEPS_AT_ONCE);
    await cast.control.play(blocksOf(part, leader, cast.market, from));
    const before = played;
    for (const step of part) {
      played += step.fills.length;
      moves += new Set(step.fills.map((fill) => fill.coin)).size;
    }
    const due = startedAt + (moves * 1000) / speed;
    if (due > Date.now()) await new Promise((resolve) => setTimeout(resolve, due - Date.now()));
    await untilFollowed(cast);
    if (Math.floor(played / PROGRESS_EVERY) > Math.floor(before / PROGRESS_EVERY)) sayProgress(cast, played, fills.length, startedAt);
  }
  await cast.watch.idle();
  await cast.watch.poll();
  say(`played ${played} fills in ${((Date.now() - startedAt) / 1000).toFixed(0)} s, followers included`);
}

/** Steps without a whole lot in them move nothing and are left out: a block has at least one fill. */
function blocksOf(steps: readonly Step[], leader: DemoLeader, market: Market, from: number): readonly ForcedBlock[] {
  return steps
    .map((step, index) => ({ trades: forcedFills(step, leader, market, from + index), prices: step.prices }))
    .filter(({ trades }) => trades.length > 0);
}

function forcedFills(step: Step, leader: DemoLeader, market: Market, index: number): ForcedFill[] {
  const orders: string[] = [];
  return step.fills.flatMap((fill) => {
    const lots = lotsOf(fill.size, market.szDecimals(fill.coin));
    if (lots === 0n) return [];
    leader.held.set(fill.coin, (leader.held.get(fill.coin) ?? 0n) + (fill.buy ? lots : -lots));
    const size = formatDecimal(lots, market.szDecimals(fill.coin));
    const side = fill.buy ? 'buy' : 'sell';
    // The recording names no orders: fills of one block, coin and side are taken as one.
    if (!orders.includes(`${fill.coin} ${side}`)) orders.push(`${fill.coin} ${side}`);
    const orderId = FIRST_ORDER_ID + index * ORDERS_PER_STEP_MAX + orders.indexOf(`${fill.coin} ${side}`);
    return [{ address: leader.address, coin: fill.coin, side, price: fill.price, size, orderId }];
  });
}

/** Waits while more is on its way in the engine than the replay allows. */
async function untilFollowed(cast: Cast): Promise<void> {
  for (;;) {
    const { waiting, openOrders } = await cast.watch.standing();
    if (waiting <= WAITING_MAX && openOrders <= OPEN_ORDERS_MAX) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_WAIT_MS));
  }
}

function sayProgress(cast: Cast, played: number, all: number, startedAt: number): void {
  const { waves } = cast.watch;
  void cast.watch.poll();
  const filled = waves.reduce((sum, wave) => sum + wave.filled, 0);
  const seconds = (Date.now() - startedAt) / 1000;
  say(
    `  ${played} of ${all} fills after ${seconds.toFixed(0)} s (${(played / seconds).toFixed(1)} a second), ${waves.length} waves, ${filled} orders filled`,
  );
}

const signedLots = (text: string, decimals: number): bigint => (text.startsWith('-') ? -lotsOf(text.slice(1), decimals) : lotsOf(text, decimals));

/** Whole lots of a recorded size, towards zero. */
function lotsOf(text: string, decimals: number): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  const kept = fraction.slice(0, decimals);
  return unwrap(parseDecimal(kept === '' ? whole : `${whole}.${kept}`, decimals), 'a recorded size');
}
