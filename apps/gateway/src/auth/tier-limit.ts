import { type PolicyStanding, rateLimitHeaders, retryAfter } from '@lockstep/delivery';
import { type LimitDecision, type LimitPolicy, localLimiter } from '@lockstep/platform';
import { DEFAULT_TIER, findTier, type RatePolicy, type VerifiedKey } from '@lockstep/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';
import { ProblemException } from '../http/problem-exception';

/** Charges a request to its key's tier. Every 429 of a tier leaves from here. */
@Injectable()
export class TierLimit {
  private readonly local;

  constructor(@Inject(CONTEXT) private readonly context: GatewayContext) {
    this.local = localLimiter(context.clock);
  }

  /** Headers of an admitted request; throws the refusal otherwise. With the carrier away this machine counts alone: reads and trading go on. */
  async admit(key: VerifiedKey): Promise<Readonly<Record<string, string>>> {
    const policies = (findTier(key.tier) ?? findTier(DEFAULT_TIER))?.requests ?? [];
    const limits = policies.map((policy) => limitOf(policy, key.kid));
    const decision = await this.context.limiter.take(key.tenantId, limits).catch(() => this.local.take(key.tenantId, limits));
    const headers = rateLimitHeaders(standingsOf(policies, decision));
    if (decision.allowed) return headers;
    if (decision.retryAfterMs === null) throw new ProblemException('request_too_costly', { headers });
    const violatedPolicies = decision.policies.filter((state) => !state.allowed).map((state) => state.name);
    const wait = retryAfter(decision.retryAfterMs, this.context.random.below(1_000) / 1_000);
    throw new ProblemException('rate_limited', { violatedPolicies, headers: { ...headers, 'Retry-After': wait } });
  }
}

const limitOf = ({ name, quota, windowMs }: RatePolicy, kid: string): LimitPolicy => ({
  name,
  key: `${kid}:${name}`,
  rate: quota,
  periodMs: windowMs,
  burst: quota - 1,
  cost: 1,
});

const standingsOf = (policies: readonly RatePolicy[], decision: LimitDecision): PolicyStanding[] =>
  policies.map(({ name, quota, windowMs }, index) => {
    const state = decision.policies[index];
    return { name, quota, windowMs, remaining: state?.remaining ?? 0, moreAfterMs: state?.retryAfterMs || windowMs / quota };
  });
