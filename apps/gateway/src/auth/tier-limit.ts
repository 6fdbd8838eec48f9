import { type PolicyStanding, rateLimitHeaders } from '@lockstep/delivery';
import { type LimitDecision, type LimitPolicy, localLimiter, type SlotClaim } from '@lockstep/platform';
import {
  CONCURRENCY_POLICY,
  FALLBACK_SHARES,
  policiesFor,
  type RequestPolicy,
  type RouteClass,
  sharedOut,
  type Tier,
  takesPlace,
  type VerifiedKey,
} from '@lockstep/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';
import { ProblemException, problemOf } from '../http/problem-exception';
import { tooMany } from '../http/too-many';
import { SharedCount } from './shared-count';
import { StandingRefusals } from './standing-refusals';
import { readTier } from './tiers';

/** What a request that was let in carries. */
export interface Admission {
  readonly headers: Readonly<Record<string, string>>;
  /** What the headers say, as values. */
  readonly standings: readonly PolicyStanding[];
  /** Gives the request's place among those in flight back. Once. */
  readonly release: () => void;
}

/** A place is free after this time although nobody gave it back: longer than any request but a slow download takes. */
const PLACE_LEASE_MS = 60_000;
/** How often a tier that cannot be read is told in the log. */
const TELL_EVERY_MS = 60_000;

/** Charges a request to its tenant's tier: to every policy that counts its class, and to a place among those in flight, in one step. */
@Injectable()
export class TierLimit {
  private readonly alone;
  private readonly refusals: StandingRefusals;
  private readonly toldAt = new Map<string, number>();
  private readonly instance: string;
  private requests = 0;

  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(SharedCount) private readonly shared: SharedCount,
  ) {
    this.alone = localLimiter(context.clock);
    this.refusals = new StandingRefusals(context.clock, context.digest);
    this.instance = Buffer.from(context.random.bytes(9)).toString('base64url');
  }

  /** The refusal that meets a request with these credentials without asking anybody, and the key they proved; null where its key has to be looked up. */
  stillRefused(authorization: string | null, routeClass: RouteClass): { readonly key: VerifiedKey; readonly problem: ProblemException } | null {
    return authorization === null ? null : this.refusals.find(authorization, routeClass, () => this.jitter());
  }

  /**
   * Lets a request in; throws the refusal otherwise. While the shared count is away this gateway gives each class its share of the quota by its own. A rate's
   * refusal is remembered for the credentials the key was proved by.
   */
  async admit(key: VerifiedKey, routeClass: RouteClass, authorization: string | null): Promise<Admission> {
    const tier = this.tierOf(key);
    const policies = policiesFor(tier, routeClass);
    const claim = takesPlace(routeClass) ? this.placeOf(key, tier) : undefined;
    const limits = policies.map((policy) => limitOf(policy, key, policy.quota));
    const together = await this.shared.take(key.tenantId, limits, claim);
    const decision = together ?? (await this.takeAlone(key, routeClass, policies, claim));
    const standings = standingsOf(policies, tier, decision);
    if (decision.retryAfterMs === null) throw new ProblemException('request_too_costly', { headers: rateLimitHeaders(standings) });
    if (!decision.allowed) {
      const violated = decision.policies.filter((state) => !state.allowed).map((state) => state.name);
      const refusal = { standings, violated, waitMs: decision.retryAfterMs };
      // When a place comes back nobody knows: whoever finds none is always asked for again.
      if (decision.slots?.allowed === false) violated.push(CONCURRENCY_POLICY);
      else if (authorization !== null) this.refusals.remember(authorization, routeClass, key, refusal);
      throw problemOf(tooMany({ kind: 'limit', ...refusal }, this.jitter()));
    }
    const where = together === null ? this.alone : this.context.limiter;
    const release = once(() => {
      if (claim !== undefined) this.shared.release(key.tenantId, claim, where);
    });
    return { headers: rateLimitHeaders(standings), standings, release };
  }

  private jitter(): number {
    return this.context.random.below(1_000) / 1_000;
  }

  private takeAlone(
    key: VerifiedKey,
    routeClass: RouteClass,
    policies: readonly RequestPolicy[],
    claim: SlotClaim | undefined,
  ): Promise<LimitDecision> {
    const share = FALLBACK_SHARES[routeClass];
    const limits = policies.map((policy) => limitOf(policy, key, sharedOut(policy.quota, share)));
    const places = claim === undefined ? undefined : { ...claim, limit: sharedOut(claim.limit, share) };
    return this.alone.take(key.tenantId, limits, places);
  }

  private placeOf(key: VerifiedKey, tier: Tier): SlotClaim {
    this.requests += 1;
    const holder = `${this.instance}.${this.requests}`;
    return { key: `${key.environment}:in-flight`, limit: tier.concurrency, holder, leaseMs: PLACE_LEASE_MS };
  }

  private tierOf(key: VerifiedKey): Tier {
    const { tier, fault } = readTier(key.tier, key.tierLimits);
    if (fault !== null) this.tell(key.tier, fault);
    return tier;
  }

  private tell(tier: string, fault: string): void {
    const now = this.context.clock.monotonic();
    if (now - (this.toldAt.get(tier) ?? Number.NEGATIVE_INFINITY) < TELL_EVERY_MS) return;
    this.toldAt.set(tier, now);
    this.context.log.error('a tier cannot be read: its tenants have the smallest tier’s limits', { tier, fault });
  }
}

/** The window is part of the name a count is kept under: what stood under another window says nothing about this one. */
const limitOf = ({ name, per, windowMs }: RequestPolicy, key: VerifiedKey, quota: number): LimitPolicy => ({
  name,
  key: `${per === 'key' ? key.kid : key.environment}:${name}:${windowMs}`,
  rate: quota,
  periodMs: windowMs,
  burst: quota - 1,
  cost: 1,
});

function standingsOf(policies: readonly RequestPolicy[], tier: Tier, { policies: states, slots }: LimitDecision): PolicyStanding[] {
  const rates = policies.map(({ name, quota, windowMs }, index): PolicyStanding => {
    const state = states[index];
    return { name, quota, windowMs, remaining: state?.remaining ?? 0, moreAfterMs: state?.retryAfterMs || windowMs / quota };
  });
  if (slots === null) return rates;
  return [...rates, { name: CONCURRENCY_POLICY, quota: tier.concurrency, windowMs: null, remaining: slots.remaining, moreAfterMs: null }];
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    act();
  };
}
