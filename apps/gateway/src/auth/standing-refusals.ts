import type { PolicyStanding } from '@lockstep/delivery';
import type { Clock } from '@lockstep/kernel';
import type { KeyDigest, RouteClass, VerifiedKey } from '@lockstep/tenancy';
import { type ProblemException, problemOf, type Refusal } from '../http/problem-exception';
import { tooMany } from '../http/too-many';

/** How long a refusal is repeated unasked, at most: so much later a raised tier may count for a key that is refused just then. */
const STANDS_MAX_MS = 100;
const REMEMBERED_MAX = 10_000;

/** What a rate refused. */
export interface RateRefusal {
  readonly standings: readonly PolicyStanding[];
  readonly violated: readonly string[];
  readonly waitMs: number;
}

interface Remembered extends RateRefusal {
  readonly key: VerifiedKey;
  readonly atMs: number;
}

/**
 * Refusals that still stand. Until its wait is over a request of the same key and class is refused whatever is asked, so it is refused without asking
 * database and Redis: a client far above its quota takes little from the others. Credentials are remembered by their digest, and only proved ones.
 */
export class StandingRefusals {
  private readonly remembered = new Map<string, Remembered>();

  constructor(
    private readonly clock: Clock,
    private readonly digest: KeyDigest,
  ) {}

  remember(authorization: string, routeClass: RouteClass, key: VerifiedKey, refusal: RateRefusal): void {
    if (this.remembered.size >= REMEMBERED_MAX) this.remembered.clear();
    this.remembered.set(this.nameOf(authorization, routeClass), { ...refusal, key, atMs: this.clock.monotonic() });
  }

  /** The refusal that meets these credentials now, with the key they proved; null where somebody has to be asked. */
  find(
    authorization: string,
    routeClass: RouteClass,
    jitter: () => number,
  ): { readonly key: VerifiedKey; readonly problem: ProblemException } | null {
    if (this.remembered.size === 0) return null;
    const name = this.nameOf(authorization, routeClass);
    const found = this.remembered.get(name);
    if (found === undefined) return null;
    const passedMs = this.clock.monotonic() - found.atMs;
    if (passedMs < Math.min(found.waitMs, STANDS_MAX_MS)) return { key: found.key, problem: problemOf(refusalAfter(found, passedMs, jitter())) };
    this.remembered.delete(name);
    return null;
  }

  private nameOf(authorization: string, routeClass: RouteClass): string {
    return `${Buffer.from(this.digest.digest(authorization)).toString('base64')}|${routeClass}`;
  }
}

function refusalAfter({ standings, violated, waitMs }: RateRefusal, passedMs: number, jitter: number): Refusal {
  const later = standings.map((one) =>
    violated.includes(one.name) && one.moreAfterMs !== null ? { ...one, moreAfterMs: Math.max(1, one.moreAfterMs - passedMs) } : one,
  );
  return tooMany({ kind: 'limit', standings: later, violated, waitMs: waitMs - passedMs }, jitter);
}
