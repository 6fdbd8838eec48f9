import { abs, type EpochMs, max, min, must, sign } from '@lockstep/kernel';
import type { LeaderFill, PositionSeen } from '../observations';
import { MAX_LEADER_TRADES } from '../options';
import { entryOf } from './entry-of';
import { LeaderOrders } from './leader-orders';
import { RecentRange } from './window';

/** Prices of increases kept per leader and coin for price bounds. */
const PRICES_KEPT = 256;
/** Moments of increases kept per leader and coin for the ends of proposals. */
const INCREASES_KEPT = 256;
/** Moments of his fills kept per leader and coin, with the process that was told them last; and readings, by their moments. */
const TOLD_KEPT = 64;

/** Where a reading said the leader is: which process was told, and when. */
export interface Reading {
  readonly position: bigint;
  readonly process: string;
  readonly at: EpochMs;
}

/** One block's change of a leader's position in one coin, as an engine was told it. */
export interface LeaderMove {
  readonly coin: string;
  readonly before: bigint;
  readonly after: bigint;
  /** What the fills told before do not explain: the position was believed to be this. null: it was not known, or all is explained. */
  readonly believed: bigint | null;
  /** When a reading behind the newest fill before it told last that he was flat or on the other side, whatever newer readings say. null: none did. */
  readonly leftAt: EpochMs | null;
  /** How many leader orders increase here for the first time. */
  readonly newOrders: number;
  /** The lowest and highest price of all increases of this block: a move has one price, which lies between them. null: nothing increased. */
  readonly increase: { readonly low: bigint; readonly high: bigint } | null;
  /** Whether a fill did not name its order. */
  readonly unnamed: boolean;
  /** Fills that were missing, told behind newer ones: the position they led to was known already. */
  readonly isBehind: boolean;
  readonly time: EpochMs;
  readonly at: EpochMs;
  /** Who was told. */
  readonly process: string;
}

interface IncreasePrice {
  readonly price: bigint;
  /** When it was told last to a process that had not heard of it. */
  at: EpochMs;
}

interface PriceRange {
  readonly low: bigint;
  readonly high: bigint;
}

/** One coin of a leader as fills told it. */
export class LeaderCoin {
  position = 0n;
  known = false;
  /** What the newest reading said, and its venue time: fills of a time without an engine may not be told one by one. */
  private readPosition = 0n;
  private readTime = Number.NEGATIVE_INFINITY;
  /** The newest reading of each side and of none: its venue time, and when it was told. */
  private readonly sidesRead = new Map<-1n | 0n | 1n, { readonly time: EpochMs; readonly at: EpochMs }>();
  lastFillTime = Number.NEGATIVE_INFINITY;
  /** When the newest increase was told; to which process. */
  increasedAt = Number.NEGATIVE_INFINITY;
  increasedProcess = '';
  increasedTrade = '';
  reducedAt = Number.NEGATIVE_INFINITY;
  /** When a fill of it was told last. */
  movedAt = Number.NEGATIVE_INFINITY;
  readonly orders = new Set<string>();
  /** Those of fills behind newer ones, which an engine need not have met. */
  readonly ordersBehind = new Set<string>();
  /** Oldest told first. */
  private readonly prices: IncreasePrice[] = [];
  /** Venue times of increases, oldest first, and of the newest that is kept no more. */
  private readonly increases: EpochMs[] = [];
  private forgotten = Number.NEGATIVE_INFINITY;
  /** Which process was told last of fills of a moment, and when it was first; oldest first. */
  private readonly told = new Map<EpochMs, { readonly process: string; readonly at: EpochMs }>();
  /** By venue time, oldest first. */
  private readonly readings = new Map<EpochMs, Reading>();
  /** The newest answer of {@link pricesSince}: all copies of a wave ask the same. */
  private asked: { readonly from: EpochMs; readonly range: PriceRange | null } | null = null;

  constructor(readonly coin: string) {}

  /** A reading told of the coin. */
  noteRead(position: bigint, time: EpochMs, at: EpochMs, process: string): void {
    this.readPosition = position;
    this.readTime = time;
    this.sidesRead.set(sign(position), { time, at });
    this.readings.set(time, { position, process, at });
    forgetOldest(this.readings);
  }

  /** The reading a decision of a moment was on; null: none is known, or its process was told fills of that moment, which are decided on. */
  readingOf(time: EpochMs): Reading | null {
    const reading = this.readings.get(time) ?? null;
    return reading === null || this.told.get(time)?.process === reading.process ? null : reading;
  }

  /** The position the leader may be taken to have, by fills and by a reading after them: the larger one where both are on one side. */
  get largest(): bigint {
    if (this.readTime <= this.lastFillTime) return this.position;
    const sameSide = this.readPosition * this.position > 0n;
    return sameSide && this.position * this.position > this.readPosition * this.readPosition ? this.position : this.readPosition;
  }

  /** The same at its smallest; none where the two are not on one side: what was closed or turned may be known by a reading alone. */
  get smallest(): bigint {
    if (this.readTime <= this.lastFillTime) return this.position;
    if (this.readPosition * this.position <= 0n) return 0n;
    return abs(this.readPosition) < abs(this.position) ? this.readPosition : this.position;
  }

  /** Where the leader was believed, where fills are missing before `before`: by a reading after the newest fill where that says he left or turned, else by fills. */
  believedBefore(before: bigint): bigint | null {
    if (!this.known) return null;
    if (this.readTime > this.lastFillTime && sign(this.readPosition) !== sign(before)) return this.readPosition;
    return this.position === before ? null : this.position;
  }

  /** When a reading after the newest fill told last that the leader was not on the side of `before`; null: none did. */
  leftBefore(before: bigint): EpochMs | null {
    const left = [...this.sidesRead].filter(([side, { time }]) => side !== sign(before) && time > this.lastFillTime);
    return left.length === 0 ? null : Math.max(...left.map(([, { at }]) => at));
  }

  /** A process was told of fills of a moment. */
  noteTold(time: EpochMs, process: string, at: EpochMs): void {
    if (this.told.get(time)?.process === process) return;
    this.told.set(time, { process, at });
    forgetOldest(this.told);
  }

  /** Whether a process need not have heard of a move by `at`: another was told of it. What is forgotten counts as heard. */
  isUnheard({ time }: LeaderMove, process: string, at: EpochMs): boolean {
    const told = this.told.get(time);
    return told !== undefined && (told.process !== process || told.at > at);
  }

  /** A fill that increased was told to a process. */
  noteIncrease({ price, time, tradeId }: LeaderFill, at: EpochMs, process: string): void {
    this.asked = null;
    if (this.prices.length === PRICES_KEPT) this.prices.shift();
    this.prices.push({ price, at });
    this.keepIncrease(time);
    this.increasedAt = at;
    this.increasedProcess = process;
    this.increasedTrade = `${this.coin} ${time} ${tradeId}`;
  }

  /** Venue time of the newest increase. */
  get increasedTime(): EpochMs {
    return this.increases.at(-1) ?? Number.NEGATIVE_INFINITY;
  }

  private keepIncrease(time: EpochMs): void {
    // Fills that were missing are told behind newer ones.
    const behind = this.increases.findLastIndex((known) => known <= time);
    if (this.increases[behind] === time) return;
    this.increases.splice(behind + 1, 0, time);
    if (this.increases.length > INCREASES_KEPT) this.forgotten = Math.max(this.forgotten, this.increases.shift() ?? time);
  }

  /** Where increases have moved an end on to: each that came before it, or so shortly after, moves it on to so long behind itself. */
  movedOn(end: EpochMs, withinMs: number, slackMs: number): EpochMs {
    const start = Math.max(end, this.forgotten + withinMs);
    return this.increases.reduce((moved, time) => (time <= moved + slackMs ? Math.max(moved, time + withinMs) : moved), start);
  }

  /** A process that had not heard of the newest increases was told them now. */
  toldAnew(at: EpochMs): void {
    this.asked = null;
    this.increasedAt = at;
    for (const entry of this.prices.slice(-16)) entry.at = at;
  }

  /** Lowest and highest price of increases told since `from`. */
  pricesSince(from: EpochMs): PriceRange | null {
    if (this.asked === null || this.asked.from !== from) this.asked = { from, range: this.rangeSince(from) };
    return this.asked.range;
  }

  private rangeSince(from: EpochMs): PriceRange | null {
    let range: { low: bigint; high: bigint } | null = null;
    for (let index = this.prices.length - 1; index >= 0; index -= 1) {
      const entry = this.prices[index];
      if (entry === undefined || entry.at < from) break;
      if (range === null) range = { low: entry.price, high: entry.price };
      else if (entry.price < range.low) range.low = entry.price;
      else if (entry.price > range.high) range.high = entry.price;
    }
    return range;
  }
}

/** A watched account as engines were told of it. */
export class LeaderTrack {
  readonly coins = new Map<string, LeaderCoin>();
  readonly orders = new LeaderOrders();
  readonly equity: RecentRange;
  private trades = new Set<string>();
  private olderTrades = new Set<string>();

  constructor(equityWindowMs: number) {
    this.equity = new RecentRange(equityWindowMs);
  }

  coin(coin: string): LeaderCoin {
    return entryOf(this.coins, coin, () => new LeaderCoin(coin));
  }

  /** What fills mean that were not told before, block by block. `unseen`: fills were missing at the process until these, which bring what was. */
  take(fills: readonly LeaderFill[], at: EpochMs, process: string, unseen = false): readonly LeaderMove[] {
    const moves: LeaderMove[] = [];
    let group: LeaderFill[] = [];
    const close = () => {
      const move = group.length === 0 ? null : this.moveOf(group, at, process, unseen);
      if (move !== null) moves.push(move);
      group = [];
    };
    for (const fill of fills) {
      this.coin(fill.coin).noteTold(fill.time, process, at);
      if (this.heard(fill, at, process)) continue;
      this.orders.filled(fill.orderId, fill.size, at);
      const first = group[0];
      if (first !== undefined && (first.coin !== fill.coin || first.time !== fill.time)) close();
      group.push(fill);
    }
    close();
    return moves;
  }

  /** Positions read; answers the coins whose position was not known before. A coin with a newer fill is left as it is. */
  read(positions: readonly PositionSeen[], time: EpochMs, at: EpochMs, process: string): readonly string[] {
    const learnt: string[] = [];
    for (const { coin, size } of positions) {
      const track = this.coin(coin);
      if (track.lastFillTime >= time) continue;
      track.noteRead(size, time, at, process);
      if (track.known) continue;
      track.known = true;
      track.position = size;
      learnt.push(coin);
    }
    return learnt;
  }

  private heard(fill: LeaderFill, at: EpochMs, process: string): boolean {
    const key = `${fill.coin} ${fill.time} ${fill.tradeId}`;
    if (this.trades.has(key) || this.olderTrades.has(key)) {
      const track = this.coin(fill.coin);
      if (track.increasedTrade === key && track.increasedProcess !== process) {
        track.increasedProcess = process;
        track.toldAnew(at);
      }
      return true;
    }
    if (this.trades.size >= MAX_LEADER_TRADES) {
      this.olderTrades = this.trades;
      this.trades = new Set();
    }
    this.trades.add(key);
    return false;
  }

  private moveOf(group: readonly LeaderFill[], at: EpochMs, process: string, unseen: boolean): LeaderMove | null {
    const first = group[0];
    if (first === undefined) return null;
    const track = this.coin(first.coin);
    // What comes after newer fills is history: the position it led to is known already. Where it was missing, it is followed only now.
    const isBehind = first.time < track.lastFillTime;
    if (isBehind && !unseen) return null;
    const before = first.startPosition;
    let after = before;
    const fresh = new Set<string>();
    const prices: bigint[] = [];
    let unnamed = false;
    for (const fill of group) {
      const next = endOf(fill);
      if (increases(fill.startPosition, next)) {
        track.noteIncrease(fill, at, process);
        prices.push(fill.price);
        if (fill.orderId === '') unnamed = true;
        else noteOrder(track, fresh, fill, isBehind);
      } else if (!isBehind) track.reducedAt = at;
      after = next;
    }
    const move = {
      coin: first.coin,
      before,
      after,
      newOrders: fresh.size,
      increase: rangeOf(prices),
      unnamed,
      isBehind,
      time: first.time,
      at,
      process,
    };
    if (isBehind) return { ...move, believed: null, leftAt: null };
    const believed = track.believedBefore(before);
    const leftAt = track.leftBefore(before);
    track.movedAt = at;
    track.position = after;
    track.known = true;
    track.lastFillTime = first.time;
    return { ...move, believed, leftAt };
  }
}

function forgetOldest(moments: Map<EpochMs, unknown>): void {
  const [oldest] = moments.keys();
  if (moments.size > TOLD_KEPT && oldest !== undefined) moments.delete(oldest);
}

function rangeOf(prices: readonly bigint[]): { readonly low: bigint; readonly high: bigint } | null {
  const [first] = prices;
  return first === undefined ? null : { low: prices.reduce(min, first), high: prices.reduce(max, first) };
}

function noteOrder(track: LeaderCoin, fresh: Set<string>, fill: LeaderFill, isBehind: boolean): void {
  if (track.orders.has(fill.orderId) || (isBehind && track.ordersBehind.has(fill.orderId))) return;
  const met = isBehind ? track.ordersBehind : track.orders;
  must(met.size < MAX_LEADER_TRADES, `a leader of more than ${MAX_LEADER_TRADES} orders in ${fill.coin} is cut into several runs`);
  met.add(fill.orderId);
  fresh.add(fill.orderId);
}

const endOf = ({ startPosition, buy, size }: LeaderFill): bigint => startPosition + (buy ? size : -size);

/** Whether a position grew, opened or turned. */
export const increases = (before: bigint, after: bigint): boolean => after !== 0n && (abs(after) > abs(before) || sign(after) !== sign(before));
