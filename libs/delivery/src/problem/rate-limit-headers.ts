/** What the limiter decided about one policy. */
export interface PolicyStanding {
  readonly name: string;
  readonly quota: number;
  /** Null for a limit without a window: one on requests in flight. */
  readonly windowMs: number | null;
  readonly remaining: number;
  /** Until more quota exists; null where nobody knows. */
  readonly moreAfterMs: number | null;
}

/**
 * RateLimit and RateLimit-Policy by draft-ietf-httpapi-ratelimit-headers-10, which is still moving: this is the only place that writes them.
 * Each remaining quota is given as `r`/`t` and, for readers of the renamed draft, as `a`/`w`: unknown parameters are allowed.
 */
export function rateLimitHeaders(standings: readonly PolicyStanding[]): Readonly<Record<'RateLimit' | 'RateLimit-Policy', string>> {
  const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1_000));
  const policies = standings.map((one) =>
    one.windowMs === null ? `"${one.name}";q=${one.quota};qu="concurrent-requests"` : `"${one.name}";q=${one.quota};w=${seconds(one.windowMs)}`,
  );
  const limits = standings.map((one) => {
    if (one.moreAfterMs === null) return `"${one.name}";r=${one.remaining};a=${one.remaining}`;
    const t = seconds(one.moreAfterMs);
    return `"${one.name}";r=${one.remaining};t=${t};a=${one.remaining};w=${t}`;
  });
  return { 'RateLimit-Policy': policies.join(', '), RateLimit: limits.join(', ') };
}

/** Retry-After in whole seconds, never before `moreAfterMs`, spread by up to a tenth so that clients do not return together. */
export const retryAfter = (moreAfterMs: number, jitter: number): string => String(Math.max(1, Math.ceil((moreAfterMs * (1 + 0.1 * jitter)) / 1_000)));
