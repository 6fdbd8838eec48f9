import { ScenarioActs } from './acts';
import type { ScenarioFollower } from './cast';
import { drawCoins } from './coins';
import { ScenarioCopies } from './copies';
import { drawFollowers, drawLeaders, drawTenants } from './draw-cast';
import { type Draws, draws } from './draws';
import { DroppedStops } from './dropped-stops';
import { closeAlls, handOvers, handOversOpposite, unwinds } from './endings';
import { TermsExtras } from './extras';
import { LastPauses } from './last-pauses';
import { LastTrades } from './last-trades';
import { LeaderBook } from './leader-book';
import { ScenarioOrders, withOrders } from './leader-orders';
import { ScenarioLeaders } from './leaders';
import { ScenarioLimits } from './limits';
import { listingPauses, suspensions } from './listings';
import { lockLosses } from './lock-losses';
import { ScenarioMarket } from './market';
import { leastMoney, moneyNow } from './money-now';
import { withPasts } from './pasts';
import { PressedLimits } from './pressed-limits';
import { rights } from './rights';
import type { Scenario, ScenarioSize, ScenarioSources } from './scenario';
import { withSharing } from './sharing';
import type { Step } from './steps';
import type { CopyTerms } from './terms';
import type { TermsFor } from './terms-draw';
import { ToldLimits } from './told-limits';
import { missesOf, ScenarioEngines, ScenarioFaults } from './trouble';
import { withdrawals } from './withdrawals';

/** Steps at least, and the parts they are played in; each part ends in a calm. */
const EXTENT: Readonly<Record<ScenarioSize, { readonly steps: number; readonly parts: number }>> = {
  small: { steps: 320, parts: 2 },
  standard: { steps: 2_050, parts: 4 },
  large: { steps: 8_000, parts: 8 },
};
/** A script asked for with so many steps has some more: the last of each part may be cut. */
const MORE_STEPS = 50;
const PART_STEPS = 500;
/** From the end of all trouble to the calm: an engine comes up and catches up. */
const RECOVERY_MS = 8_000;
/** By then who was to be liquidated is. */
const LIQUIDATED_MS = 2_000;
/** By then an engine that came up leads as any. */
const SETTLED_MS = 5_300;
/** A calm outlasts every catch-up window, age and confirmation. */
const CALM_MS = 45_000;
const LAST_CALM_MS = 90_000;
const FLAT_EVERY_MS = 250;
const BEGINNING_MS = [600, 7_000] as const;
/** One follower in so many comes later, within so long. */
const LATECOMER_ONE_IN = 6;
const LATEST_MS = 200_000;

/** Somebody whose turn it is at `nextAt`. */
export interface Turn {
  readonly nextAt: number;
  act(at: number): readonly Step[];
}

/** Somebody who asks for nothing in a calm. */
export interface RestingTurn extends Turn {
  /** Nobody asks for anything before that. */
  rest(until: number): void;
}

/**
 * The script of a world: the same seed, size and sources give the same steps, to the last digit, on every machine. It holds to `brokenPromises` being empty.
 * `leastSteps`: steps it has at least; 0: as many as its size has. Some 50 ms for a `standard` one.
 */
export function scenarioOf(seed: number, size: ScenarioSize = 'standard', sources: ScenarioSources = {}, leastSteps = 0): Scenario {
  const { crashPoints = [], candles = [], recorded = [] } = sources;
  const coins = drawCoins(draws(seed, 'coins'));
  const tenants = drawTenants(draws(seed, 'tenants'));
  const leaders = withPasts(withOrders(drawLeaders(coins, recorded.length > 0, draws(seed, 'leaders')), coins, seed), seed);
  const traders = leaders.filter(({ style }) => style !== 'orders');
  const working = leaders.find(({ style }) => style === 'orders');
  const followers = withSharing(drawFollowers(tenants, coins, size, draws(seed, 'followers'), draws(seed, 'crowds')), leaders.length, seed);
  const market = new ScenarioMarket(coins, draws(seed, 'market'), candles);
  const book = new LeaderBook(coins);
  const extras = new TermsExtras(seed);
  const shaped = (terms: CopyTerms, copy: number, { allocation }: TermsFor): CopyTerms => extras.begin(copy, allocation, terms);
  const alone = (terms: CopyTerms, copy: number, { leader }: TermsFor): CopyTerms => (leader === working ? extras.mirrored(copy, terms) : terms);
  const copies = new ScenarioCopies(coins, leaders, draws(seed, 'copies'), draws(seed, 'joining'), shaped, alone);
  const pressed = new PressedLimits(seed, copies);
  const dropped = new DroppedStops(seed, copies);
  const limits = new ScenarioLimits(seed, copies, coins);
  const told = new ToldLimits(seed, copies, limits);
  const trading = new ScenarioLeaders(traders, market, book, draws(seed, 'trades'), recorded);
  const last = new LastTrades(seed, trading);
  const pauses = new LastPauses(seed, copies);
  const script = new Script(
    market,
    book,
    trading,
    new ScenarioActs(copies, followers, leaders.length, tenants.length, market, draws(seed, 'acts')),
    new ScenarioFaults(draws(seed, 'faults'), missesOf(seed)),
    new ScenarioEngines(draws(seed, 'engines'), crashPoints),
    beginnings(followers, copies, seed),
    [
      limits,
      closeAlls(seed, copies),
      handOvers(seed, copies, market),
      handOversOpposite(seed, copies, market, book),
      unwinds(seed, copies),
      moneyNow(seed, copies),
      leastMoney(seed, copies),
      withdrawals(seed, copies),
      listingPauses(seed, copies),
      suspensions(seed, copies),
      rights(seed, copies),
      pressed,
      dropped,
      lockLosses(seed, crashPoints),
      told,
      pauses,
    ],
    working === undefined ? NO_ORDERS : new ScenarioOrders(working, market, draws(seed, 'orders: doings')),
    { press: (at) => [...pressed.press(at), ...dropped.press(at), ...told.press(at)] },
    { first: (at) => last.first(at), second: (at) => [...last.second(at), ...pauses.press(at)] },
  );
  const { steps: least, parts } = leastSteps === 0 ? EXTENT[size] : extentOf(leastSteps);
  const steps = script.write(parts, (part, written) => written >= Math.ceil((least * part) / parts));
  return { seed, size, coins, tenants, leaders, followers, steps };
}

const extentOf = (steps: number) => ({ steps: steps + MORE_STEPS, parts: Math.max(1, Math.round(steps / PART_STEPS)) });

/** When followers begin to copy: most at the beginning, some later. */
export function beginnings(followers: readonly ScenarioFollower[], copies: ScenarioCopies, seed: number): Turn {
  const draw = draws(seed, 'beginnings');
  const joining = draws(seed, 'joinings');
  const some = (each: Draws): number => (each.oneIn(LATECOMER_ONE_IN) ? each.between(BEGINNING_MS[1], LATEST_MS) : each.between(...BEGINNING_MS));
  const due = followers
    .flatMap((follower) => Array.from({ length: follower.slots }, (_, nth) => ({ follower, at: some(nth === 0 ? draw : joining) })))
    .sort((a, b) => a.at - b.at || a.follower.follower - b.follower.follower);
  return {
    get nextAt() {
      return due[0]?.at ?? Number.POSITIVE_INFINITY;
    },
    act: (at) => {
      const next = due.shift();
      return next === undefined ? [] : copies.create(at, next.follower);
    },
  };
}

/** No leader works with orders. */
const NO_ORDERS = { nextAt: Number.POSITIVE_INFINITY, act: () => [], rest: () => undefined, hush: () => [], closeAll: () => [] };

/** Puts the turns of all in order of time, with a calm after each part. */
export class Script {
  private readonly steps: Step[] = [];
  private now = 0;
  private calms = 0;

  constructor(
    private readonly market: ScenarioMarket,
    private readonly book: LeaderBook,
    private readonly leaders: ScenarioLeaders,
    private readonly acts: ScenarioActs,
    private readonly faults: ScenarioFaults,
    private readonly engines: ScenarioEngines,
    private readonly beginnings: Turn,
    /** What a share of the worlds alone has. */
    private readonly others: readonly RestingTurn[] = [],
    private readonly orders: Pick<ScenarioOrders, 'nextAt' | 'act' | 'rest' | 'hush' | 'closeAll'> = NO_ORDERS,
    private readonly pressed: { press(at: number): readonly Step[] } = { press: () => [] },
    private readonly last: { first(at: number): readonly Step[]; second(at: number): readonly Step[] } = { first: () => [], second: () => [] },
  ) {}

  /** `isPlayed`: whether a part, counted from 1, is over, by the number of steps there are. */
  write(parts: number, isPlayed: (part: number, steps: number) => boolean): readonly Step[] {
    for (let part = 1; part <= parts; part += 1) {
      this.play(() => isPlayed(part, this.steps.length));
      this.calmDown(part === parts);
    }
    return this.steps;
  }

  /** Everybody's turns, the soonest first, until it is over. */
  private play(isOver: () => boolean): void {
    const turns: readonly Turn[] = [this.market, this.engines, this.faults, this.beginnings, ...this.others, this.acts, this.leaders, this.orders];
    while (!isOver()) {
      const next = turns.reduce((soonest, turn) => (turn.nextAt < soonest.nextAt ? turn : soonest));
      this.now = Math.max(this.now, next.nextAt);
      this.emit(next.act(this.now));
    }
  }

  private emit(steps: readonly Step[]): void {
    for (const step of steps) {
      const settled = this.book.settledBy(step);
      if (settled !== null) this.leaders.settle(settled);
      this.book.apply(step);
      this.steps.push(step);
    }
  }

  /** All trouble ends, an engine leads, leaders and followers rest, everything is compared. In the last calm all leaders are flat. */
  private calmDown(last: boolean): void {
    this.pricesUntil(Math.max(this.now, this.engines.healsAt));
    const at = this.now;
    this.emit([...this.market.hush(at), ...this.faults.heal(at), ...this.engines.heal(at), ...this.acts.heal(at)]);
    this.pricesUntil(at + LIQUIDATED_MS);
    this.emit(this.leaders.refund(this.now));
    this.emit(this.orders.hush(this.now, last));
    if (!last) this.emit(this.pressed.press(this.now));
    this.pricesUntil(at + SETTLED_MS);
    if (!last) this.emit(this.last.first(this.now));
    this.pricesUntil(at + RECOVERY_MS);
    if (last) this.goFlat();
    else this.emit(this.last.second(this.now));
    const calm = this.calms;
    this.calms += 1;
    this.emit([{ at: this.now, kind: 'calm_begins', calm, last }]);
    this.pricesUntil(this.now + (last ? LAST_CALM_MS : CALM_MS));
    this.emit([{ at: this.now, kind: 'audit', calm, last }]);
    if (last) return;
    this.emit([{ at: this.now, kind: 'calm_ends', calm, last }]);
    this.market.loud();
    for (const each of [this.leaders, this.acts, ...this.others, this.faults, this.engines, this.orders]) each.rest(this.now);
  }

  /** Nothing but prices, up to a time. */
  private pricesUntil(time: number): void {
    while (this.market.nextAt <= time) {
      this.now = Math.max(this.now, this.market.nextAt);
      this.emit(this.market.act(this.now));
    }
    this.now = Math.max(this.now, time);
  }

  private goFlat(): void {
    this.emit(this.orders.closeAll(this.now));
    for (const closing of this.leaders.goFlat(this.now)) {
      this.pricesUntil(this.now + FLAT_EVERY_MS);
      this.emit([{ ...closing, at: this.now }]);
    }
  }
}
