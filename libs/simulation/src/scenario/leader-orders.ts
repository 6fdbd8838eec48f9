import type { ScenarioCoin, ScenarioLeader } from './cast';
import { inCents, lotsWorth, onGrid, ppmOf } from './coins';
import { addressOf } from './draw-cast';
import { type Draws, draws } from './draws';
import type { ScenarioMarket } from './market';
import type { LeaderOrderStep, LeaderOrderTerms, Step } from './steps';

/** One world in so many has a leader who works with orders. */
const WORLDS_ONE_IN = 4;
/** Order numbers of such leaders begin here, far from those of others. */
const FIRST_ORDER = 600_000_000;
const ORDERS_MOST = 10;
const USD = 100_000_000n;
const WHOLE_PPM = 1_000_000;
/** How far an order at the market may go beyond its trigger. */
const MARKET_PPM = 50_000;
/** After its orders are cancelled, what the leader holds is closed so much later: by then no block fills one of them any more. */
const CLOSE_AFTER_MS = 700;
/** Orders that stand through a calm are so far from the market. */
const FAR_PPM = [120_000, 250_000] as const;

/** Whether a seed's world has a leader who works with orders. */
export const hasOrders = (seed: number): boolean => draws(seed, 'extras: orders').oneIn(WORLDS_ONE_IN);

/** The leaders with one who works with orders before them, whom most followers copy. */
export function withOrders(leaders: readonly ScenarioLeader[], coins: readonly ScenarioCoin[], seed: number): readonly ScenarioLeader[] {
  if (!hasOrders(seed)) return leaders;
  const draw = draws(seed, 'orders: leader');
  const traded = draw.shuffled(coins).slice(0, draw.between(2, 3));
  const main = BigInt(draw.skewed(50_000, 800_000)) * USD;
  const cash: Record<string, bigint> = { '': main };
  for (const { dex } of traded) if (dex !== '') cash[dex] = inCents(ppmOf(main, draw.between(400_000, 900_000)));
  const first: ScenarioLeader = { leader: 0, address: addressOf('a', 0), style: 'orders', coins: traded.map(({ coin }) => coin), cash };
  return [first, ...leaders.map((each) => ({ ...each, leader: each.leader + 1, address: addressOf('a', each.leader + 1) }))];
}

interface Placed {
  readonly order: number;
  readonly coin: string;
  readonly terms: LeaderOrderTerms;
}

/** What a leader who works with orders does: it places them, changes and cancels them, and closes what they filled from time to time. */
export class ScenarioOrders {
  nextAt: number;
  private placed: Placed[] = [];
  private orders = FIRST_ORDER;
  private closing: { readonly at: number; readonly coin: string } | null = null;

  constructor(
    private readonly leader: ScenarioLeader,
    private readonly market: ScenarioMarket,
    private readonly draw: Draws,
  ) {
    this.nextAt = draw.between(500, 6_000);
  }

  act(at: number): readonly Step[] {
    const { closing } = this;
    if (closing !== null && at >= closing.at) {
      this.closing = null;
      this.plan(at);
      return this.close(at, closing.coin);
    }
    const steps = this.doing(at);
    this.plan(at);
    return steps;
  }

  private plan(at: number): void {
    const next = at + this.draw.skewed(250, 5_000);
    this.nextAt = this.closing === null ? next : Math.min(next, Math.max(at, this.closing.at));
  }

  /** It does nothing before that. */
  rest(until: number): void {
    this.nextAt = Math.max(this.nextAt, until + this.draw.between(200, 4_000));
  }

  /** Everything is cancelled; what is to stand through a calm stands far from the market. */
  hush(at: number, last: boolean): readonly Step[] {
    this.closing = null;
    const cancels = this.leader.coins.map((coin) => this.cancelAll(at, coin));
    return last ? cancels : [...cancels, ...this.openCoins().flatMap((coin) => this.placeFar(at, coin))];
  }

  /** What it holds is closed. */
  closeAll(at: number): readonly Step[] {
    return this.openCoins().flatMap((coin) => this.close(at, coin));
  }

  private openCoins(): readonly string[] {
    return this.leader.coins.filter((coin) => this.market.isOpen(coin));
  }

  private doing(at: number): readonly Step[] {
    const open = this.openCoins();
    if (open.length === 0) return [];
    const coin = this.draw.pick(open);
    if (this.placed.length >= ORDERS_MOST) return this.cancelOne(at);
    return this.draw.weighted<() => readonly Step[]>([
      [42, () => this.place(at, coin, this.draw.skewed(300, 12_000))],
      [12, () => this.place(at, coin, -this.draw.between(1_000, 4_000))],
      [14, () => this.placeTrigger(at, coin)],
      [12, () => this.changeOne(at)],
      [13, () => this.cancelOne(at)],
      [7, () => this.leave(at, coin)],
    ])();
  }

  /** A limit order so far from the market, on its own side of it; below zero it is through the market, and fills. */
  private place(at: number, coin: string, awayPpm: number): readonly LeaderOrderStep[] {
    const side = this.draw.oneIn(2) ? 1 : -1;
    return this.placing(at, coin, side, awayPpm, this.draw.skewed(15_000, 120_000), awayPpm > 0 && this.draw.oneIn(6));
  }

  private placeFar(at: number, coin: string): readonly LeaderOrderStep[] {
    if (this.draw.oneIn(3)) return [];
    return this.placing(at, coin, this.draw.oneIn(2) ? 1 : -1, this.draw.between(...FAR_PPM), this.draw.between(30_000, 150_000), false);
  }

  private placing(at: number, coin: string, side: number, awayPpm: number, ppm: number, reduceOnly: boolean): readonly LeaderOrderStep[] {
    const spec = this.market.coin(coin);
    const market = this.market.price(coin);
    const price = onGrid(spec, market - ppmOf(market, side * awayPpm), side > 0 ? 'down' : 'up');
    const lots = side * lotsWorth(spec, ppmOf(this.leader.cash[spec.dex] ?? 0n, ppm), price);
    if (lots === 0) return [];
    // One through the market is soon gone.
    return this.give(at, coin, { lots, price, reduceOnly, trigger: null }, awayPpm > 0);
  }

  private give(at: number, coin: string, terms: LeaderOrderTerms, isKept: boolean): readonly LeaderOrderStep[] {
    this.orders += 1;
    if (isKept) this.placed.push({ order: this.orders, coin, terms });
    return [{ at, kind: 'leader_places', leader: this.leader.leader, order: this.orders, coin, terms }];
  }

  /** A take-profit or a stop-loss, or a stop that enters; at the market once it is set off, or at a limit near its trigger. */
  private placeTrigger(at: number, coin: string): readonly LeaderOrderStep[] {
    const { draw } = this;
    const spec = this.market.coin(coin);
    const market = this.market.price(coin);
    const side = draw.oneIn(2) ? 1 : -1;
    const reduceOnly = !draw.oneIn(4);
    const purpose = reduceOnly && draw.oneIn(2) ? 'take_profit' : 'stop_loss';
    // A stop is set off on the far side of the market as its order goes, a take-profit on the near one.
    const way = purpose === 'stop_loss' ? side : -side;
    const trigger = onGrid(spec, market + ppmOf(market, way * draw.skewed(1_000, 15_000)), 'up');
    const isMarket = draw.oneIn(2);
    const price = onGrid(spec, trigger + ppmOf(trigger, side * (isMarket ? MARKET_PPM : draw.between(0, 3_000))), side > 0 ? 'up' : 'down');
    const lots = side * lotsWorth(spec, ppmOf(this.leader.cash[spec.dex] ?? 0n, draw.skewed(20_000, 150_000)), trigger);
    return lots === 0 ? [] : this.give(at, coin, { lots, price, reduceOnly, trigger: { price: trigger, purpose, market: isMarket } }, true);
  }

  /** A limit order goes to another price, or is of another size. */
  private changeOne(at: number): readonly LeaderOrderStep[] {
    const index = this.placed.findIndex(({ terms, coin }) => terms.trigger === null && this.market.isOpen(coin));
    const one = this.placed[index];
    if (one === undefined) return [];
    const { coin, order, terms } = one;
    const spec = this.market.coin(coin);
    const market = this.market.price(coin);
    const side = Math.sign(terms.lots);
    const isMoved = !this.draw.oneIn(3);
    const away = ppmOf(market, side * this.draw.skewed(300, 12_000));
    const price = isMoved ? onGrid(spec, market - away, side > 0 ? 'down' : 'up') : terms.price;
    const lots = side * Math.max(1, Math.floor((Math.abs(terms.lots) * this.draw.between(500_000, 1_600_000)) / WHOLE_PPM));
    const changed = { ...terms, price, lots };
    // The oldest is changed next only once the others were.
    this.placed = [...this.placed.filter((each) => each !== one), { order, coin, terms: changed }];
    return [{ at, kind: 'leader_changes', leader: this.leader.leader, order, coin, terms: changed }];
  }

  private cancelOne(at: number): readonly LeaderOrderStep[] {
    const one = this.placed.splice(this.draw.below(Math.max(1, this.placed.length)), 1)[0];
    return one === undefined ? [] : [{ at, kind: 'leader_cancels', leader: this.leader.leader, order: one.order, coin: one.coin }];
  }

  private cancelAll(at: number, coin: string): LeaderOrderStep {
    this.placed = this.placed.filter((each) => each.coin !== coin);
    return { at, kind: 'leader_cancels', leader: this.leader.leader, order: null, coin };
  }

  private leave(at: number, coin: string): readonly LeaderOrderStep[] {
    this.closing = { at: at + CLOSE_AFTER_MS, coin };
    return [this.cancelAll(at, coin)];
  }

  private close(at: number, coin: string): readonly LeaderOrderStep[] {
    return this.market.isOpen(coin) ? [{ at, kind: 'leader_closes', leader: this.leader.leader, coin }] : [];
  }
}
