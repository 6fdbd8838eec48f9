import type { LeaderStyle, ScenarioCoin, ScenarioLeader } from './cast';
import { lotsWorth, onGrid, ppmOf, worthOf } from './coins';
import type { Draws } from './draws';
import type { LeaderBook } from './leader-book';
import type { ScenarioMarket } from './market';
import { intentOf } from './positions';
import type { RecordedTrade } from './scenario';
import type { LeaderFill, LeaderStep, LeaderTrades } from './steps';
import { EXPOSURE_MOST_PPM, type Move, STYLE_PLANS, WHOLE_PPM } from './styles';

/** Order numbers of leaders begin here, far from those the simulated exchange counts by itself. */
const FIRST_ORDER = 800_000_000;
const FILL_SPREAD_PPM = 120;
/** A recording is played so much faster than it was lived. */
const REPLAY_WAIT_MOST_MS = 6_000;
const REPLAY_SPEED = 10;
const USD = 100_000_000n;

/** One leader's doings. */
interface Actor {
  readonly cast: ScenarioLeader;
  readonly queue: Move[];
  money: bigint;
  /** A dex on which it was liquidated and has no money yet. */
  broke: string | null;
  nextAt: number;
  order: number;
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
  ) {
    this.actors = cast.map((leader) => ({
      cast: leader,
      queue: [],
      money: Object.values(leader.cash).reduce((sum, cash) => sum + cash, 0n),
      broke: null,
      nextAt: draw.between(100, 9_000),
      order: 0,
      replayAt: recorded.length === 0 ? 0 : draw.below(recorded.length),
    }));
  }

  get nextAt(): number {
    return Math.min(...this.actors.map(({ nextAt }) => nextAt));
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
  goFlat(): LeaderStep[] {
    return this.actors.flatMap((actor) => {
      actor.queue.length = 0;
      return this.book.held(actor.cast.leader).flatMap(({ coin, lots }) => this.trade(actor, coin, -lots, this.pieces(), 0));
    });
  }

  /** Those who were liquidated get money again. */
  refund(at: number): LeaderStep[] {
    return this.actors.flatMap((actor) => (actor.broke === null ? [] : this.refill(actor, actor.broke, at)));
  }

  private pieces(): number {
    return this.draw.between(1, 3);
  }

  private doing(actor: Actor, at: number): LeaderStep[] {
    if (actor.broke !== null) return this.refill(actor, actor.broke, at);
    if (this.draw.oneIn(45)) return this.moveMoney(actor, at);
    if (this.draw.oneIn(120)) return this.liquidate(actor, at);
    const next = actor.queue.shift();
    if (next === undefined) return [];
    if (!next.sameOrder) actor.order = this.nextOrder();
    if (!this.market.isOpen(next.coin)) return [];
    return this.trade(actor, next.coin, this.lotsFor(actor, next), next.pieces, at);
  }

  private nextOrder(): number {
    this.orders += 1;
    return this.orders;
  }

  /** The change of position a move means, in lots. */
  private lotsFor(actor: Actor, { coin, what }: Move): number {
    const held = this.book.position(actor.cast.leader, coin);
    const spec = this.market.coin(coin);
    const price = this.market.price(coin);
    const worth = (ppm: number): number => lotsWorth(spec, ppmOf(actor.money, Math.abs(ppm)), price) * Math.sign(ppm);
    switch (what.do) {
      case 'cut':
        return what.ppm >= WHOLE_PPM ? -held : -Math.trunc((held * what.ppm) / WHOLE_PPM);
      case 'turn':
        return -held - worth(what.ppm) * Math.sign(held);
      case 'by': {
        const lots = worth(what.ppm);
        const isTooMuch = Math.abs(held + lots) > lotsWorth(spec, ppmOf(actor.money, EXPOSURE_MOST_PPM), price);
        return isTooMuch && held !== 0 ? -Math.trunc(held / 2) : lots;
      }
    }
  }

  private trade(actor: Actor, coin: string, lots: number, pieces: number, at: number): LeaderTrades[] {
    const { leader } = actor.cast;
    const before = this.book.position(leader, coin);
    const intent = intentOf(before, before + lots);
    const [first, ...rest] = this.split(this.market.coin(coin), lots, pieces);
    if (intent === null || first === undefined) return [];
    const order = actor.order === 0 ? this.nextOrder() : actor.order;
    return [{ at, kind: 'leader_trades', leader, coin, intent, order, before, fills: [first, ...rest] }];
  }

  /** Fills of about equal size, each a little worse than the market. */
  private split(coin: ScenarioCoin, lots: number, pieces: number): LeaderFill[] {
    const count = Math.min(pieces, Math.abs(lots));
    const sign = Math.sign(lots);
    const market = this.market.price(coin.coin);
    let away = 0;
    return Array.from({ length: count }, (_, nth) => {
      const size = Math.floor((Math.abs(lots) * (nth + 1)) / count) - Math.floor((Math.abs(lots) * nth) / count);
      away += this.draw.below(Math.ceil(FILL_SPREAD_PPM / count) + 1);
      return { lots: sign * size, price: onGrid(coin, market + ppmOf(market, sign * away), sign > 0 ? 'up' : 'down') };
    });
  }

  private plan(actor: Actor): void {
    if (actor.cast.style === 'replayed' && this.recorded.length > 0) return this.replay(actor);
    const { leader, style, coins } = actor.cast;
    const open = coins.filter((coin) => this.market.isOpen(coin));
    if (open.length === 0) return;
    const held = this.book.held(leader).filter((each) => this.market.isOpen(each.coin));
    const coin = held.length > 0 && !this.draw.oneIn(3) ? this.draw.pick(held).coin : this.draw.pick(open);
    const lots = this.book.position(leader, coin);
    const worth = worthOf(this.market.coin(coin), lots, this.market.price(coin));
    const exposurePpm = Number((worth * BigInt(WHOLE_PPM)) / actor.money) * Math.sign(lots);
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
    const ppm = Number((BigInt(trade.usd) * USD * BigInt(WHOLE_PPM)) / actor.money);
    const direction = trade.buys ? 1 : -1;
    const closes = trade.closes && held !== 0;
    const what: Move['what'] = closes
      ? { do: 'cut', ppm: this.draw.between(200_000, WHOLE_PPM + 200_000) }
      : { do: 'by', ppm: direction * Math.max(20_000, Math.min(ppm, 300_000)) };
    actor.queue.push({ inMs: Math.max(sameOrder ? 0 : 400, wait), coin, what, pieces: 1, sameOrder });
  }

  /** Deposits and withdrawals, so that what proportional copies reckon with changes. */
  private moveMoney(actor: Actor, at: number): LeaderStep[] {
    const { leader } = actor.cast;
    const share = this.draw.between(50_000, 600_000);
    const isDeposit = this.draw.oneIn(2);
    const floor = Object.values(actor.cast.cash).reduce((sum, cash) => sum + cash, 0n) / 2n;
    const amount = ppmOf(actor.money, isDeposit ? share : -Math.floor(share / 2));
    if (actor.money + amount < floor) return [];
    actor.money += amount;
    return [{ at, kind: 'leader_cash', leader, dex: '', amount }];
  }

  private liquidate(actor: Actor, at: number): LeaderStep[] {
    const held = this.book.held(actor.cast.leader).find(({ coin }) => this.market.isOpen(coin));
    if (held === undefined) return [];
    const { dex } = this.market.coin(held.coin);
    actor.broke = dex;
    actor.queue.length = 0;
    // It has no money until this comes, so it waits for it.
    actor.queue.push({ inMs: this.draw.between(8_000, 20_000), coin: held.coin, what: { do: 'by', ppm: 50_000 }, pieces: 1, sameOrder: false });
    return [{ at, kind: 'leader_liquidated', leader: actor.cast.leader, dex, keepPpm: 300_000 }];
  }

  private refill(actor: Actor, dex: string, at: number): LeaderStep[] {
    actor.broke = null;
    actor.queue.length = 0;
    return [{ at, kind: 'leader_cash', leader: actor.cast.leader, dex, amount: actor.cast.cash[dex] ?? 0n }];
  }
}

/** The styles of a script's leaders: no two alike before all were there. */
export const drawStyles = (count: number, draw: Draws, styles: readonly LeaderStyle[]): LeaderStyle[] =>
  Array.from({ length: Math.ceil(count / styles.length) }, () => draw.shuffled(styles))
    .flat()
    .slice(0, count);
