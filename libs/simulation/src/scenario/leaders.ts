import type { LeaderStyle, ScenarioCoin, ScenarioLeader } from './cast';
import { inCents, lotsWorth, onGrid, ppmOf, worthOf } from './coins';
import type { Draws } from './draws';
import type { LeaderBook } from './leader-book';
import type { ScenarioMarket } from './market';
import { intentOf } from './positions';
import type { RecordedTrade } from './scenario';
import type { LeaderFill, LeaderStep, LeaderTrades } from './steps';
import { EXPOSURE_ALL_MOST_PPM, EXPOSURE_MOST_PPM, type Move, STYLE_PLANS, WHOLE_PPM } from './styles';

/** Order numbers of leaders begin here, far from those the simulated exchange counts by itself. */
const FIRST_ORDER = 800_000_000;
const FILL_SPREAD_PPM = 120;
/** A recording is played so much faster than it was lived. */
const REPLAY_WAIT_MOST_MS = 6_000;
const REPLAY_SPEED = 10;
/** By then a trade is in a block. */
const SETTLED_MS = 1_000;
/** Share of what it began with below which a leader is given money. */
const POOR_PPM = 400_000;
const USD = 100_000_000n;

/** A real leader's moves, as large as they were: its positions after each, and the price it had. */
export interface ExactMoves {
  readonly moves: readonly (Move & { readonly price: bigint })[];
  /** Told the price of each move it comes to. */
  readonly at: (coin: string, price: bigint) => void;
}

/** Something a leader does besides his own plans, at a price so many millionths better than the market's. */
export interface OutOfTurn extends Pick<Move, 'coin' | 'what'> {
  readonly betterPpm: number;
}

/** One leader's doings. */
interface Actor {
  readonly cast: ScenarioLeader;
  readonly queue: Move[];
  /** Cash by dex as its trades and flows leave it, fees and funding aside. */
  readonly cash: Map<string, bigint>;
  /** A dex on which it was liquidated and has no money yet. */
  broke: string | null;
  nextAt: number;
  tradedAt: number;
  working: { readonly coin: string; readonly side: number; readonly order: number } | null;
  replayAt: number;
}

/** Leaders of a script, who trade at its prices: exactly and against the house, so that their positions are known beforehand. */
export class ScenarioLeaders {
  private readonly actors: readonly Actor[];
  private orders = FIRST_ORDER;

  constructor(
    cast: readonly ScenarioLeader[],
    private readonly market: ScenarioMarket,
    private readonly book: LeaderBook,
    private readonly draw: Draws,
    private readonly recorded: readonly RecordedTrade[],
    private readonly exact: ExactMoves | null = null,
  ) {
    this.actors = cast.map((leader) => ({
      cast: leader,
      queue: [],
      cash: new Map(Object.entries(leader.cash)),
      broke: null,
      nextAt: draw.between(100, 9_000),
      tradedAt: 0,
      working: null,
      replayAt: recorded.length === 0 ? 0 : draw.below(recorded.length),
    }));
  }

  get nextAt(): number {
    return Math.min(...this.actors.map(({ nextAt }) => nextAt));
  }

  /** How many moves of the real leader have had their turn. */
  get replayed(): number {
    return this.actors.find((actor) => this.isExact(actor))?.replayAt ?? 0;
  }

  private isExact({ cast }: Actor): boolean {
    return this.exact !== null && cast.style === 'replayed';
  }

  /** The next doing of whoever's turn it is; at times none, where its market is shut. */
  act(at: number): LeaderStep[] {
    const actor = this.actors.find(({ nextAt }) => nextAt <= at);
    if (actor === undefined) return [];
    const steps = this.doing(actor, at);
    if (actor.queue.length === 0) this.plan(actor);
    actor.nextAt = at + Math.max(1, actor.queue[0]?.inMs ?? 1_000);
    return steps;
  }

  /** No leader acts before that. */
  rest(until: number): void {
    for (const actor of this.actors) actor.nextAt = Math.max(actor.nextAt, until + this.draw.between(200, 4_000));
  }

  /** Money comes back to who was liquidated; what is there is closed. One step each. */
  goFlat(at: number): LeaderStep[] {
    return this.actors.flatMap((actor) => {
      actor.queue.length = 0;
      actor.working = null;
      return this.book.held(actor.cast.leader).flatMap(({ coin, lots }) => this.trade(actor, coin, -lots, this.draw.between(1, 3), at));
    });
  }

  /** Those who were liquidated get money again. */
  refund(at: number): LeaderStep[] {
    return this.actors.flatMap((actor) => (actor.broke === null ? [] : this.refill(actor, actor.broke, at)));
  }

  /** What leaders do out of turn, one thing each: who has no money or replays a recording does nothing, nor does anybody where a market is shut. */
  outOfTurn(at: number, plan: (leader: ScenarioLeader, held: readonly string[]) => OutOfTurn | null): LeaderStep[] {
    return this.actors.flatMap((actor) => {
      if (actor.broke !== null || this.isExact(actor)) return [];
      const held = this.book.held(actor.cast.leader).map(({ coin }) => coin);
      const next = plan(
        actor.cast,
        held.filter((coin) => this.market.isOpen(coin)),
      );
      if (next === null || !this.market.isOpen(next.coin)) return [];
      actor.working = null;
      return this.trade(actor, next.coin, this.lotsFor(actor, next), 1, at, next.betterPpm);
    });
  }

  private doing(actor: Actor, at: number): LeaderStep[] {
    if (actor.broke !== null) return this.refill(actor, actor.broke, at);
    const rescued = this.rescue(actor, at);
    if (rescued.length > 0) return rescued;
    if (!this.isExact(actor) && this.draw.oneIn(45)) return this.moveMoney(actor, at);
    if (!this.isExact(actor) && this.draw.oneIn(120)) return this.liquidate(actor, at);
    const next = actor.queue.shift();
    if (next === undefined) return [];
    if (!next.sameOrder) actor.working = null;
    if (!this.market.isOpen(next.coin)) return [];
    return this.trade(actor, next.coin, this.lotsFor(actor, next), next.pieces, at);
  }

  /** The order a trade belongs to: the one of the trade before where that had the same coin and direction and the leader means it so. */
  private orderOf(actor: Actor, coin: string, side: number): number {
    const { working } = actor;
    if (working !== null && working.coin === coin && working.side === side) return working.order;
    this.orders += 1;
    actor.working = { coin, side, order: this.orders };
    return this.orders;
  }

  /** The change of position a move means, in lots. */
  private lotsFor(actor: Actor, { coin, what }: Pick<Move, 'coin' | 'what'>): number {
    const held = this.book.position(actor.cast.leader, coin);
    const spec = this.market.coin(coin);
    const price = this.market.price(coin);
    const money = this.money(actor, spec.dex);
    const worth = (ppm: number): number => lotsWorth(spec, ppmOf(money, Math.abs(ppm)), price) * Math.sign(ppm);
    switch (what.do) {
      case 'to':
        return what.lots - held;
      case 'cut':
        return what.ppm >= WHOLE_PPM ? -held : -Math.trunc((held * what.ppm) / WHOLE_PPM);
      case 'turn':
        return -held - worth(what.ppm) * Math.sign(held);
      case 'grow':
        return worth(what.ppm) * Math.sign(held);
      case 'by': {
        const lots = worth(what.ppm);
        if (held !== 0 && Math.sign(lots) !== Math.sign(held)) return lots;
        const isTooMuch =
          worthOf(spec, held + lots, price) > ppmOf(money, EXPOSURE_MOST_PPM) || this.exposure(actor, spec.dex) > ppmOf(money, EXPOSURE_ALL_MOST_PPM);
        return isTooMuch ? -Math.trunc(held / 2) : lots;
      }
    }
  }

  /** What the leader has on a dex at the script's prices. */
  private equity(actor: Actor, dex: string): bigint {
    return this.on(actor, dex).reduce((sum, { coin, lots }) => sum + this.signedWorth(coin, lots), actor.cash.get(dex) ?? 0n);
  }

  /** What sizes are shares of: its equity, but never next to nothing. */
  private money(actor: Actor, dex: string): bigint {
    const least = (actor.cast.cash[dex] ?? 0n) / 4n;
    const equity = this.equity(actor, dex);
    return equity > least ? equity : least;
  }

  private exposure(actor: Actor, dex: string): bigint {
    return this.on(actor, dex).reduce((sum, { coin, lots }) => sum + worthOf(this.market.coin(coin), lots, this.market.price(coin)), 0n);
  }

  private on(actor: Actor, dex: string): readonly { readonly coin: string; readonly lots: number }[] {
    return this.book.held(actor.cast.leader).filter(({ coin }) => this.market.coin(coin).dex === dex);
  }

  private signedWorth(coin: string, lots: number): bigint {
    return worthOf(this.market.coin(coin), lots, this.market.price(coin)) * BigInt(Math.sign(lots));
  }

  private pay(actor: Actor, dex: string, amount: bigint): void {
    actor.cash.set(dex, (actor.cash.get(dex) ?? 0n) + amount);
  }

  /** A coin's positions are settled at its price: to be told before they are gone from the book. */
  settle(coin: string): void {
    for (const actor of this.actors) this.pay(actor, this.market.coin(coin).dex, this.signedWorth(coin, this.book.position(actor.cast.leader, coin)));
  }

  private trade(actor: Actor, coin: string, lots: number, pieces: number, at: number, betterPpm = 0): LeaderTrades[] {
    const { leader } = actor.cast;
    const before = this.book.position(leader, coin);
    const intent = intentOf(before, before + lots);
    const [first, ...rest] = this.split(this.market.coin(coin), lots, pieces, betterPpm);
    if (intent === null || first === undefined) return [];
    const order = this.orderOf(actor, coin, Math.sign(lots));
    actor.tradedAt = at;
    this.pay(actor, this.market.coin(coin).dex, -this.signedWorth(coin, lots));
    return [{ at, kind: 'leader_trades', leader, coin, intent, order, before, fills: [first, ...rest] }];
  }

  /** Fills of about equal size, each a little worse than the market, or than so much better than it. */
  private split(coin: ScenarioCoin, lots: number, pieces: number, betterPpm: number): LeaderFill[] {
    const count = Math.min(pieces, Math.abs(lots));
    const sign = Math.sign(lots);
    const price = this.market.price(coin.coin);
    const market = price - ppmOf(price, sign * betterPpm);
    let away = 0;
    return Array.from({ length: count }, (_, nth) => {
      const size = Math.floor((Math.abs(lots) * (nth + 1)) / count) - Math.floor((Math.abs(lots) * nth) / count);
      away += this.draw.below(Math.ceil(FILL_SPREAD_PPM / count) + 1);
      return { lots: sign * size, price: onGrid(coin, market + ppmOf(market, sign * away), sign > 0 ? 'up' : 'down') };
    });
  }

  private plan(actor: Actor): void {
    if (this.exact !== null && this.isExact(actor)) this.replayExactly(actor, this.exact);
    else if (actor.cast.style === 'replayed' && this.recorded.length > 0) this.replay(actor);
    else this.planByStyle(actor);
  }

  private replayExactly(actor: Actor, { moves, at }: ExactMoves): void {
    const move = moves[actor.replayAt];
    if (move === undefined) return;
    actor.replayAt += 1;
    at(move.coin, move.price);
    actor.queue.push(move);
  }

  private planByStyle(actor: Actor): void {
    const { leader, style, coins } = actor.cast;
    const open = coins.filter((coin) => this.market.isOpen(coin));
    if (open.length === 0) return;
    const held = this.book.held(leader).filter((each) => this.market.isOpen(each.coin));
    const coin = held.length > 0 && !this.draw.oneIn(3) ? this.draw.pick(held).coin : this.draw.pick(open);
    const lots = this.book.position(leader, coin);
    const money = this.money(actor, this.market.coin(coin).dex);
    const exposurePpm = Number((this.signedWorth(coin, lots) * BigInt(WHOLE_PPM)) / money);
    actor.queue.push(...STYLE_PLANS[style]({ coin, exposurePpm, trend: this.market.trend(coin) }, this.draw));
  }

  /** The next trade of the recording, in its own coin where the leader trades that, else in one that stands for it. */
  private replay(actor: Actor): void {
    const { recorded } = this;
    const trade = recorded[actor.replayAt];
    const last = recorded[actor.replayAt - 1];
    actor.replayAt = (actor.replayAt + 1) % recorded.length;
    if (trade === undefined) return;
    const { coins, leader } = actor.cast;
    const coin = coins.includes(trade.coin) ? trade.coin : (coins[trade.coin.length % coins.length] ?? 'BTC');
    const wait = last === undefined ? 0 : Math.min(REPLAY_WAIT_MOST_MS, Math.max(0, Math.floor((trade.time - last.time) / REPLAY_SPEED)));
    const sameOrder = last !== undefined && last.time === trade.time && last.coin === trade.coin && last.buys === trade.buys;
    const held = this.book.position(leader, coin);
    const ppm = Number((BigInt(trade.usd) * USD * BigInt(WHOLE_PPM)) / this.money(actor, this.market.coin(coin).dex));
    const direction = trade.buys ? 1 : -1;
    const closes = trade.closes && held !== 0;
    const what: Move['what'] = closes
      ? { do: 'cut', ppm: this.draw.between(200_000, WHOLE_PPM + 200_000) }
      : { do: 'by', ppm: direction * Math.max(20_000, Math.min(ppm, 300_000)) };
    actor.queue.push({ inMs: Math.max(sameOrder ? 0 : 400, wait), coin, what, pieces: 1, sameOrder });
  }

  /** Deposits and withdrawals, so that what proportional copies reckon with changes. */
  private moveMoney(actor: Actor, at: number): LeaderStep[] {
    const { leader, cash } = actor.cast;
    const dex = this.draw.pick(Object.keys(cash));
    const begun = cash[dex] ?? 0n;
    const equity = this.equity(actor, dex);
    const share = this.draw.between(50_000, 600_000);
    const isDeposit = equity < begun / 2n || this.draw.oneIn(2);
    const amount = inCents(isDeposit ? ppmOf(begun, share) : -ppmOf(equity, Math.floor(share / 2)));
    if (amount === 0n || (!isDeposit && (equity + amount < begun / 2n || this.exposure(actor, dex) > equity + amount))) return [];
    this.pay(actor, dex, amount);
    return [{ at, kind: 'leader_cash', leader, dex, amount }];
  }

  /** Who lost most of what it had is given it again, before the venue takes the rest. */
  private rescue(actor: Actor, at: number): LeaderStep[] {
    const { leader, cash } = actor.cast;
    const poor = Object.entries(cash).find(([dex, begun]) => this.equity(actor, dex) < ppmOf(begun, POOR_PPM));
    if (poor === undefined) return [];
    const [dex, begun] = poor;
    const amount = inCents(begun - this.equity(actor, dex));
    this.pay(actor, dex, amount);
    return [{ at, kind: 'leader_cash', leader, dex, amount }];
  }

  /** Not while one of its markets is shut: a halt holds the venue's liquidations up; nor while a trade may wait for its block. */
  private liquidate(actor: Actor, at: number): LeaderStep[] {
    const held = this.book.held(actor.cast.leader)[0];
    if (held === undefined || at - actor.tradedAt < SETTLED_MS) return [];
    const { dex } = this.market.coin(held.coin);
    if (!this.on(actor, dex).every(({ coin }) => this.market.isOpen(coin))) return [];
    actor.broke = dex;
    actor.cash.set(dex, 0n);
    actor.queue.length = 0;
    // It has no money until this comes, so it waits for it.
    actor.queue.push({ inMs: this.draw.between(8_000, 20_000), coin: held.coin, what: { do: 'by', ppm: 50_000 }, pieces: 1, sameOrder: false });
    return [{ at, kind: 'leader_liquidated', leader: actor.cast.leader, dex, keepPpm: 300_000 }];
  }

  private refill(actor: Actor, dex: string, at: number): LeaderStep[] {
    actor.broke = null;
    actor.queue.length = 0;
    const amount = actor.cast.cash[dex] ?? 0n;
    actor.cash.set(dex, amount);
    return [{ at, kind: 'leader_cash', leader: actor.cast.leader, dex, amount }];
  }
}

/** The styles of a script's leaders: no two alike before all were there. */
export const drawStyles = (count: number, draw: Draws, styles: readonly LeaderStyle[]): LeaderStyle[] =>
  Array.from({ length: Math.ceil(count / styles.length) }, () => draw.shuffled(styles))
    .flat()
    .slice(0, count);
