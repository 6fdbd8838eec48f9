import { must, present } from '@lockstep/kernel';
import type { ScenarioCoin, ScenarioFollower, ScenarioLeader } from './cast';
import { inCents, ppmOf } from './coins';
import type { Draws } from './draws';
import { withoutOrdersWhereUnfit } from './extras';
import type { CopyStep } from './steps';
import type { CopyTerms } from './terms';
import { drawTerms, loosened, rechosen, type TermsFor, tightened } from './terms-draw';

/** The least a copy is left with. */
export const LEAST_MONEY = 100_000_000n;

/** A copy as its followers' acts leave it; what the engine did by itself (a loss limit met) is not known to a script. */
export interface CopyPlan {
  readonly copy: number;
  readonly follower: ScenarioFollower;
  readonly leader: number;
  allocation: bigint;
  terms: CopyTerms;
  wish: 'active' | 'paused' | 'ending' | 'stopped';
}

/** All copies of a script, and the acts that make and change them. */
export class ScenarioCopies {
  private readonly all: CopyPlan[] = [];

  constructor(
    private readonly coins: readonly ScenarioCoin[],
    private readonly leaders: readonly ScenarioLeader[],
    private readonly draw: Draws,
    /** Of copies that join others. */
    private readonly joining: Draws,
    /** What becomes of the terms a copy was drawn with. */
    private readonly shaped: (terms: CopyTerms, copy: number, who: TermsFor) => CopyTerms = (terms) => terms,
    /** The same of one that is alone on its account. */
    private readonly alone: (terms: CopyTerms, copy: number, who: TermsFor) => CopyTerms = (terms) => terms,
  ) {}

  /** Copies that have not been asked to end. */
  living(): readonly CopyPlan[] {
    return this.all.filter(({ wish }) => wish === 'active' || wish === 'paused');
  }

  /** Copies that were asked to end, and may not have. */
  ending(): readonly CopyPlan[] {
    return this.all.filter(({ wish }) => wish === 'ending');
  }

  /** A copy of its own, or one that joins others of its account; none where all leaders are copied through that account already, or it is full. */
  create(at: number, follower: ScenarioFollower): readonly CopyStep[] {
    const others = this.on(follower);
    const leader = this.leaders[this.popular()] ?? this.leaders[0];
    must(leader !== undefined, 'a script has leaders');
    const real = follower.cash[''] ?? 0n;
    const allocation = inCents(ppmOf(real, Math.floor(this.draw.between(400_000, 850_000) / follower.slots)));
    if (follower.slots > 1) return this.join(at, follower, others, leader, allocation);
    const terms = this.alone(this.drawn(leader, allocation), this.all.length, { leader, allocation, coins: this.coins });
    return [this.add(at, follower, leader, allocation, terms)];
  }

  /** The venue knows one leverage per account and coin, so all copies of an account have the same; opposite sides are more frequent than elsewhere. */
  private join(at: number, follower: ScenarioFollower, others: readonly CopyPlan[], wanted: ScenarioLeader, allocation: bigint): readonly CopyStep[] {
    const free = this.leaders.filter(({ leader }) => others.every((other) => other.leader !== leader));
    const leader = free.find((each) => each === wanted) ?? free[0];
    if (leader === undefined || others.length >= follower.slots) return [];
    const terms = this.drawn(leader, allocation);
    const direction = this.joining.oneIn(3) ? 'inverse' : terms.direction;
    const venueLeverage = others[0]?.terms.venueLeverage ?? terms.venueLeverage;
    return [this.add(at, follower, leader, allocation, { ...terms, direction, venueLeverage })];
  }

  private drawn(leader: ScenarioLeader, allocation: bigint): CopyTerms {
    const who = { leader, allocation, coins: this.coins };
    return this.shaped(drawTerms(who, this.draw), this.all.length, who);
  }

  private add(at: number, follower: ScenarioFollower, { leader }: ScenarioLeader, allocation: bigint, terms: CopyTerms): CopyStep {
    const copy = this.all.length;
    this.all.push({ copy, follower, leader, allocation, terms, wish: 'active' });
    return { at, kind: 'copy_create', copy, tenant: follower.tenant, follower: follower.follower, leader, allocation, terms };
  }

  /** Copies of a follower that were not asked to close. */
  private on({ follower }: ScenarioFollower): readonly CopyPlan[] {
    return this.all.filter((plan) => plan.follower.follower === follower && plan.wish !== 'stopped');
  }

  /** Other terms: stricter, looser or otherwise chosen. */
  change(at: number, plan: CopyPlan): CopyStep {
    const { draw } = this;
    const change = draw.weighted<'tighter' | 'looser' | 'other'>([
      [45, 'tighter'],
      [35, 'looser'],
      [20, 'other'],
    ]);
    const who = this.termsFor(plan);
    const changed = {
      tighter: () => tightened(plan.terms, who, draw),
      looser: () => loosened(plan.terms, draw),
      other: () => rechosen(plan.terms, who, draw),
    };
    plan.terms = withoutOrdersWhereUnfit(changed[change]());
    return { at, kind: 'copy_terms', copy: plan.copy, change, terms: plan.terms };
  }

  /** More or less of the follower's money; the sum stays within what the account began with. */
  reallocate(at: number, plan: CopyPlan, draw = this.draw): Extract<CopyStep, { kind: 'copy_allocation' }> | null {
    const real = plan.follower.cash[''] ?? 0n;
    const by = inCents(ppmOf(plan.allocation, draw.oneIn(2) ? draw.between(50_000, 800_000) : -draw.between(50_000, 600_000)));
    const after = plan.allocation + by;
    const slots = BigInt(plan.follower.slots);
    if (by === 0n || after * slots * 10n > real * 9n || after * slots * 10n < real) return null;
    plan.allocation = after;
    return { at, kind: 'copy_allocation', copy: plan.copy, by };
  }

  /** Leaves a copy one unit of money; returns what was taken. */
  leaveLeast(plan: CopyPlan): bigint {
    const by = plan.allocation - LEAST_MONEY;
    plan.allocation -= by;
    return by;
  }

  /** Gives a copy money that was taken from it. */
  give(at: number, plan: CopyPlan, by: bigint): Extract<CopyStep, { kind: 'copy_allocation' }> {
    plan.allocation += by;
    return { at, kind: 'copy_allocation', copy: plan.copy, by };
  }

  private termsFor({ leader, allocation }: CopyPlan): TermsFor {
    return { leader: present(this.leaders[leader], `leader ${leader}`), allocation, coins: this.coins };
  }

  /** The first leaders have the most copies. */
  private popular(): number {
    return Math.min(this.draw.below(this.leaders.length), this.draw.below(this.leaders.length));
  }
}
