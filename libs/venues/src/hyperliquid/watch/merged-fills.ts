import { type EpochMs, money, type Size, size } from '@lockstep/kernel';
import type { AccountState, VenueFill } from '../../port';
import { dexOf } from '../parse/read';
import type { SweptTrade } from '../wire/trades';

/** A coin in which the told fills do not lead to the state. */
export interface Mismatch {
  readonly coin: string;
  readonly told: Size;
  readonly found: Size;
}

/** What comparing states with the told fills gave. */
export interface Comparison {
  readonly missing: readonly Mismatch[];
  /** Dexes whose state is older than a fill that was told: nothing can be said of them yet. */
  readonly behind: readonly string[];
}

/**
 * How long a state may be served from behind, in ms of the venue's clock. Whether the time it names is that of its block is not documented, so a state that
 * stands exactly where a fill younger than this began is taken for older than that fill, not for its undoing.
 */
export const STATE_LAG_MAX_MS = 2_000;
/** Beginnings of fills remembered per coin for that. */
const BEGINNINGS_MAX = 64;

interface Tip {
  position: Size;
  /** Time of the newest fill told. */
  at: EpochMs;
  /** Where the newest fills began, oldest first. */
  beginnings: { readonly position: Size; readonly at: EpochMs }[];
}

interface DexStanding {
  /** Fills up to this time are part of the state that was taken as the base: history, never told. */
  baseAt: EpochMs;
  /** Everything up to this time is told. */
  completeTo: EpochMs;
  /** Count of the sweep's losses up to which nothing is missing. */
  epoch: number;
}

/**
 * One watched address's fills from every source, each told once, in the order of its position. A fill is known by (coin, time, trade id) (facts §16):
 * the two sides of a trade are two addresses, so the order id adds nothing, and a public trade does not name it. A public trade is a fill at once where
 * the position before it is known, that is where nothing may have been missed since the last reading; its start position continues the told ones.
 * Pure: no clock, no I/O.
 */
export class MergedFills {
  private readonly tips = new Map<string, Tip>();
  private readonly dexes = new Map<string, DexStanding>();
  private readonly told = new Set<string>();
  /** Time of the first state taken; below zero before. In a dex whose state could not be read, fills up to then are history as in the others. */
  private begunAt: EpochMs = -1;
  /** Time of the newest fill known; 0 before the first. */
  lastTime: EpochMs = 0;
  /** Time up to which fills may be forgotten: a list that reaches back behind it could tell them again. */
  private forgottenTo: EpochMs = 0;

  constructor(private readonly keysMax: number) {}

  /** True once a state was taken: before, the position of a public trade is not known. */
  get based(): boolean {
    return this.dexes.size > 0;
  }

  /** Coins in which the account was seen to hold or trade. */
  get coins(): Iterable<string> {
    return this.tips.keys();
  }

  /** Takes states as where the address stands; fills up to their time are history. The sweep had lost trades `epoch` times when the reading began. */
  base(states: readonly AccountState[], epoch: number): void {
    if (!this.based && states.length > 0) this.begunAt = Math.min(...states.map(({ time }) => time));
    for (const state of states) {
      for (const [coin, tip] of this.tips) if (dexOf(coin) === state.dex) Object.assign(tip, { position: size(0n), beginnings: [] });
      for (const { coin, size: position } of state.positions) this.tips.set(coin, { position, at: this.tips.get(coin)?.at ?? 0, beginnings: [] });
      this.dexes.set(state.dex, { baseAt: state.time, completeTo: state.time, epoch });
    }
  }

  /** Whether nothing of the coin may be missing after so many losses. */
  isCertain(coin: string, epoch: number): boolean {
    return (this.dexes.get(dexOf(coin))?.epoch ?? -1) >= epoch;
  }

  /** Everything of a dex is told up to a time. */
  complete(dex: string, epoch: number, to: EpochMs): void {
    const standing = this.dexes.get(dex);
    if (standing === undefined) return;
    standing.epoch = Math.max(standing.epoch, epoch);
    standing.completeTo = Math.max(standing.completeTo, to);
  }

  /** The signed position the told fills lead to. */
  positionOf(coin: string): Size {
    return this.tips.get(coin)?.position ?? size(0n);
  }

  /** Time since which fills of a coin's dex may be missing and can still be told; 0 before a state was taken. */
  completeTo(coin: string): EpochMs {
    return Math.max(this.forgottenTo, this.dexes.get(dexOf(coin))?.completeTo ?? this.begunAt, 0);
  }

  /** Time up to which everything is told in every dex; while no state was taken, time of the newest fill. */
  get knownTo(): EpochMs {
    if (!this.based) return this.lastTime;
    return Math.max(this.forgottenTo, Math.min(...[...this.dexes.values()].map(({ completeTo }) => completeTo)));
  }

  /** The dexes a state was taken of. */
  get dexNames(): readonly string[] {
    return [...this.dexes.keys()];
  }

  /** Takes public trades of one coin in which nothing is missing; those not told before as fills without the order's part. */
  swept(trades: readonly SweptTrade[]): VenueFill[] {
    return trades.flatMap((trade): VenueFill[] => {
      // Not remembered: a live frame of it still tells it.
      if (this.isHistory(trade.coin, trade.time) || !this.remember(trade.coin, trade.time, trade.tradeId)) return [];
      const tip = this.tipOf(trade.coin);
      const fill = { ...provisional(trade, tip.position), ...(trade.time < tip.at && { overtaken: true as const }) };
      this.advance(tip, fill);
      return [fill];
    });
  }

  /** Whether a trade was told or is history. */
  knows(trade: SweptTrade): boolean {
    return this.wasTold(trade) || this.isHistory(trade.coin, trade.time);
  }

  /** Whether a trade was met before, told or as history. */
  wasTold(trade: Pick<SweptTrade, 'coin' | 'time' | 'tradeId'>): boolean {
    return this.told.has(keyOf(trade.coin, trade.time, trade.tradeId));
  }

  /**
   * Takes fills as the venue tells them, oldest first; those that are news. One that was overtaken by newer ones continues the told position instead
   * of its own: what counts is how much the position changed. A list that was read may reach back into history; a live frame does not, although a
   * state that was read just before it may show it already.
   */
  absorb(fills: readonly VenueFill[], from: 'list' | 'live' = 'list'): VenueFill[] {
    const fresh: VenueFill[] = [];
    for (const fill of [...fills].sort((a, b) => a.time - b.time)) {
      if (from === 'list' && fill.time <= this.forgottenTo) continue;
      if (!this.remember(fill.coin, fill.time, fill.tradeId)) continue;
      if (from === 'list' && this.isHistory(fill.coin, fill.time)) continue;
      const tip = this.tipOf(fill.coin);
      const told = fill.time < tip.at ? { ...fill, startPosition: tip.position, overtaken: true as const } : fill;
      this.advance(tip, told);
      fresh.push(told);
    }
    return fresh;
  }

  compare(states: readonly AccountState[]): Comparison {
    const missing: Mismatch[] = [];
    const behind = new Set<string>();
    for (const state of states) {
      const found = new Map(state.positions.map((position) => [position.coin, position.size]));
      const coins = new Set([...found.keys(), ...[...this.tips.keys()].filter((coin) => dexOf(coin) === state.dex)]);
      for (const coin of coins) {
        const tip = this.tips.get(coin);
        const now = found.get(coin) ?? size(0n);
        if (tip !== undefined && tip.at > state.time) behind.add(state.dex);
        else if ((tip?.position ?? size(0n)) !== now) missing.push({ coin, told: tip?.position ?? size(0n), found: now });
      }
    }
    return { missing, behind: [...behind] };
  }

  /** The state with the time it is taken for: older than the young fills it does not show (`STATE_LAG_MAX_MS`). */
  dated(state: AccountState): AccountState {
    const found = new Map(state.positions.map((position) => [position.coin, position.size]));
    let { time } = state;
    for (const [coin, { position, beginnings }] of this.tips) {
      const now = found.get(coin) ?? size(0n);
      if (dexOf(coin) !== state.dex || now === position) continue;
      const young = beginnings.find((one) => one.position === now && one.at > state.time - STATE_LAG_MAX_MS);
      if (young !== undefined) time = Math.min(time, young.at - 1);
    }
    return time === state.time ? state : { ...state, time };
  }

  private isHistory(coin: string, time: EpochMs): boolean {
    return time <= (this.dexes.get(dexOf(coin))?.baseAt ?? this.begunAt);
  }

  private tipOf(coin: string): Tip {
    const known = this.tips.get(coin);
    if (known !== undefined) return known;
    const tip: Tip = { position: size(0n), at: 0, beginnings: [] };
    this.tips.set(coin, tip);
    return tip;
  }

  private advance(tip: Tip, fill: VenueFill): void {
    tip.beginnings.push({ position: tip.position, at: fill.time });
    if (tip.beginnings.length > BEGINNINGS_MAX || (tip.beginnings[0]?.at ?? 0) < fill.time - STATE_LAG_MAX_MS) tip.beginnings.shift();
    tip.position = size(fill.startPosition + (fill.side === 'buy' ? fill.size : -fill.size));
    tip.at = Math.max(tip.at, fill.time);
  }

  /** True for what was not known. History is remembered too. */
  private remember(coin: string, time: EpochMs, tradeId: string): boolean {
    const key = keyOf(coin, time, tradeId);
    if (this.told.has(key)) return false;
    this.told.add(key);
    this.lastTime = Math.max(this.lastTime, time);
    if (this.told.size > this.keysMax) {
      const oldest = this.told.values().next();
      if (oldest.done) return true;
      this.told.delete(oldest.value);
      this.forgottenTo = Math.max(this.forgottenTo, Number.parseInt(oldest.value, 10));
    }
    return true;
  }
}

/** Builder dexes are named before the colon; the main dex is `''` (facts §3). */

const keyOf = (coin: string, time: EpochMs, tradeId: string): string => `${time}:${coin}:${tradeId}`;

/** A fill of which only the public part is known. */
function provisional(trade: SweptTrade, startPosition: Size): VenueFill {
  return {
    coin: trade.coin,
    side: trade.side,
    price: trade.price,
    size: trade.size,
    time: trade.time,
    startPosition,
    closedPnl: money(0n),
    fee: money(0n),
    feeAsset: '',
    builderFee: money(0n),
    orderId: '',
    clientOrderId: null,
    tradeId: trade.tradeId,
    crossed: trade.crossed,
    twapId: null,
    liquidation: false,
    provisional: true,
  };
}
