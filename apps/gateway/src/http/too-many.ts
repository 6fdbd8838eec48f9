import { type PolicyStanding, rateLimitHeaders, retryAfter } from '@lockstep/delivery';
import { CONCURRENCY_POLICY, type QuotaName } from '@lockstep/tenancy';
import type { Refusal } from './problem-exception';

/** Why a request is too much. */
export type TooMany =
  /** A rate or the requests in flight. Waiting so long is enough. */
  | { readonly kind: 'limit'; readonly standings: readonly PolicyStanding[]; readonly violated: readonly string[]; readonly waitMs: number }
  /** A quota of things that exist. Waiting alone cures nothing, so nothing says how long. */
  | { readonly kind: 'quota'; readonly quota: QuotaName; readonly detail: string }
  /** Failed credentials of an address. Tells nothing but when to come back: what is left would help whoever guesses. */
  | { readonly kind: 'credentials'; readonly waitMs: number };

/** Every 429 of the gateway is made here, so that all of them say the same things in the same way. `jitter` from 0 to 1 spreads the return of clients. */
export function tooMany(cause: TooMany, jitter = 0): Refusal {
  switch (cause.kind) {
    case 'limit': {
      const headers = { ...rateLimitHeaders(cause.standings), 'Retry-After': retryAfter(cause.waitMs, jitter) };
      return { code: 'rate_limited', violatedPolicies: cause.violated, headers };
    }
    case 'quota':
      return { code: 'quota_exceeded', violatedPolicies: [cause.quota], detail: cause.detail };
    case 'credentials':
      return { code: 'rate_limited', headers: { 'Retry-After': retryAfter(cause.waitMs, jitter) } };
  }
}

/** By what a refusal says that it was too much; null: it says something else. What failed credentials are told names no policy. */
export function kindOfTooMany({ code, violatedPolicies }: Refusal): 'rate' | 'concurrency' | 'quota' | 'credentials' | null {
  if (code === 'quota_exceeded') return 'quota';
  if (code !== 'rate_limited') return null;
  if (violatedPolicies === undefined) return 'credentials';
  return violatedPolicies.includes(CONCURRENCY_POLICY) ? 'concurrency' : 'rate';
}
