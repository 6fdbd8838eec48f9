import type { ScenarioFollower } from './cast';
import { inCents, lotsWorth, ppmOf } from './coins';
import type { CopyPlan, ScenarioCopies } from './copies';
import type { Draws } from './draws';
import type { ScenarioMarket } from './market';
import type { Step, SwitchTarget } from './steps';
import { hasLossLimit } from './terms-draw';

/** Something that follows an act by itself. */
interface Later {
  readonly at: number;
  readonly make: (at: number) => readonly Step[];
  /** It must have happened before everything is compared. */
  readonly heals: boolean;
}

/** Copies enabled again at one time: many, or those a loss limit closed would soon be most. */
const RE_ENABLED = [3, 9] as const;
const ACT_WAIT_MS = [300, 3_800] as const;

/** What tenants and followers ask for and do: each act with what undoes it later. */
export class ScenarioActs {
  private later: Later[] = [];
  private nextAct = 0;

  constructor(
    private readonly copies: ScenarioCopies,
    private readonly followers: readonly ScenarioFollower[],
    private readonly leaders: number,
    private readonly tenants: number,
    private readonly market: ScenarioMarket,
    private readonly draw: Draws,
  ) {}

  get nextAt(): number {
    return this.later.reduce((soonest, { at }) => Math.min(soonest, at), this.nextAct);
  }

  /** Nobody asks for anything before that. */
  rest(until: number): void {
    this.nextAct = until + this.draw.between(500, 3_000);
    this.later = this.later.map((each) => (each.at > until ? each : { ...each, at: until + this.draw.between(500, 8_000) }));
  }

  act(at: number): readonly Step[] {
    const due = this.later.find((each) => each.at <= at);
    if (due !== undefined) {
      this.later = this.later.filter((each) => each !== due);
      return due.make(at);
    }
    this.nextAct = at + this.draw.between(...ACT_WAIT_MS);
    return this.draw.weighted<() => readonly Step[]>([
      [22, () => this.withCopy((copy) => [this.copies.change(at, copy)])],
      [13, () => this.withCopy((copy) => some(this.copies.reallocate(at, copy)))],
      [9, () => this.withCopy((copy) => this.pause(at, copy))],
      [8, () => this.withCopy((copy) => this.stop(at, copy))],
      [16, () => this.reEnable(at)],
      [4, () => this.withCopy(({ copy }) => [{ at, kind: 'copy_rebase', copy }])],
      [6, () => this.killSwitch(at)],
      [2, () => this.closeAll(at)],
      [8, () => this.ownTrade(at)],
      [5, () => this.venueCash(at)],
      [4, () => this.agent(at)],
      [3, () => this.builder(at)],
    ])();
  }

  /** All that must be undone before a comparison is undone now. */
  heal(at: number): Step[] {
    const due = this.later.filter(({ heals }) => heals);
    this.later = this.later.filter(({ heals }) => !heals);
    return due.flatMap(({ make }) => make(at));
  }

  private withCopy(make: (copy: CopyPlan) => readonly Step[]): readonly Step[] {
    const living = this.copies.living();
    return living.length === 0 ? [] : make(this.draw.pick(living));
  }

  private soon(at: number, [least, most]: readonly [number, number], heals: boolean, make: Later['make']): void {
    this.later.push({ at: at + this.draw.between(least, most), make, heals });
  }

  private pause(at: number, plan: CopyPlan): readonly Step[] {
    const { copy } = plan;
    if (plan.wish !== 'active') return [];
    plan.wish = 'paused';
    this.soon(at, [1_000, 25_000], false, (then) => {
      if (plan.wish !== 'paused') return [];
      plan.wish = 'active';
      return [{ at: then, kind: 'copy_resume', copy }];
    });
    return [{ at, kind: 'copy_pause', copy }];
  }

  /** After a copy has ended its follower begins another one: refused, and that is no fault, where the first has not ended yet. */
  private stop(at: number, plan: CopyPlan): readonly Step[] {
    const mode = this.draw.oneIn(3) ? 'follow_to_close' : 'close_now';
    plan.wish = mode === 'close_now' ? 'stopped' : 'ending';
    if (mode === 'close_now') this.soon(at, [6_000, 30_000], false, (then) => this.copies.create(then, plan.follower));
    else this.soon(at, [15_000, 60_000], false, (then) => this.stopAtOnce(then, plan));
    return [{ at, kind: 'copy_stop', copy: plan.copy, mode }];
  }

  private stopAtOnce(at: number, plan: CopyPlan): readonly Step[] {
    plan.wish = 'stopped';
    this.soon(at, [6_000, 30_000], false, (then) => this.copies.create(then, plan.follower));
    return [{ at, kind: 'copy_stop', copy: plan.copy, mode: 'close_now' }];
  }

  /** Several copies at once: which of them a loss limit closed is not known here, and for the others it is refused. */
  private reEnable(at: number): readonly Step[] {
    const prone = this.copies.living().filter(({ terms }) => hasLossLimit(terms));
    const chosen = this.draw.shuffled(prone).slice(0, this.draw.between(...RE_ENABLED));
    return chosen.map(({ copy }) => ({ at, kind: 'copy_re_enable' as const, copy }));
  }

  private killSwitch(at: number): readonly Step[] {
    const { draw } = this;
    const living = this.copies.living();
    const tenant = draw.below(this.tenants);
    const target = draw.weighted<SwitchTarget>([
      [living.length > 0 ? 40 : 0, { thing: 'copy', copy: living.length > 0 ? draw.pick(living).copy : 0 }],
      [35, { thing: 'leader', tenant, leader: draw.below(this.leaders) }],
      [12, { thing: 'tenant', tenant, owner: 'tenant' }],
      [7, { thing: 'tenant', tenant, owner: 'operator' }],
      [6, { thing: 'platform' }],
    ]);
    const longest = target.thing === 'platform' || target.thing === 'tenant' ? 6_000 : 20_000;
    this.soon(at, [800, longest], true, (then) => [{ at: then, kind: 'kill_switch', target, on: false }]);
    return [{ at, kind: 'kill_switch', target, on: true }];
  }

  private closeAll(at: number): readonly Step[] {
    return [{ at, kind: 'close_all', follower: this.draw.pick(this.followers).follower }];
  }

  private ownTrade(at: number): readonly Step[] {
    const { draw, market } = this;
    const { follower, cash, handsOff } = draw.pick(this.followers);
    if (handsOff) return [];
    const open = market.coins.filter(({ coin }) => market.isOpen(coin));
    if (open.length === 0) return [];
    const coin = draw.pick(open);
    if (!draw.oneIn(3)) {
      const ppm = draw.weighted([
        [40, -draw.between(100_000, 900_000)],
        [40, -1_000_000],
        [20, draw.between(-1_800_000, 500_000)],
      ]);
      return [{ at, kind: 'own_trade', follower, coin: coin.coin, size: { by: 'net', ppm } }];
    }
    const lots = lotsWorth(coin, ppmOf(cash[coin.dex] ?? 0n, draw.between(10_000, 150_000)), market.price(coin.coin));
    return lots === 0 ? [] : [{ at, kind: 'own_trade', follower, coin: coin.coin, size: { by: 'lots', lots: draw.oneIn(2) ? lots : -lots } }];
  }

  private venueCash(at: number): readonly Step[] {
    const { draw } = this;
    const { follower, cash } = draw.pick(this.followers);
    const dex = draw.pick(Object.keys(cash));
    const amount = inCents(ppmOf(cash[dex] ?? 0n, draw.oneIn(2) ? draw.between(50_000, 500_000) : -draw.between(50_000, 400_000)));
    return amount === 0n ? [] : [{ at, kind: 'venue_cash', follower, dex, amount }];
  }

  /** A renewal, or an end with a renewal later. */
  private agent(at: number): readonly Step[] {
    const { follower } = this.draw.pick(this.followers);
    if (this.draw.oneIn(2)) return [{ at, kind: 'agent_replaced', follower }];
    this.soon(at, [5_000, 25_000], true, (then) => [{ at: then, kind: 'agent_replaced', follower }]);
    return [{ at, kind: 'agent_expires', follower }];
  }

  private builder(at: number): readonly Step[] {
    const approved = this.followers.filter(({ builderApproved }) => builderApproved);
    if (approved.length === 0) return [];
    const { follower } = this.draw.pick(approved);
    this.soon(at, [5_000, 30_000], true, (then) => [{ at: then, kind: 'builder_approved', follower }]);
    return [{ at, kind: 'builder_withdrawn', follower }];
  }
}

const some = <T>(value: T | null): readonly T[] => (value === null ? [] : [value]);
