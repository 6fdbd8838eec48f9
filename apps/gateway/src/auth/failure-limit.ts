import { type LimitDecision, type LimitPolicy, localLimiter } from '@lockstep/platform';
import { FAILED_AUTH_POLICY, LEAK_REPORT_POLICY, type RatePolicy } from '@lockstep/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { AskedTogether } from '../app/asked-together';
import { CONTEXT, type GatewayContext } from '../app/context';
import { Kept } from '../brand/kept';
import { type ProblemException, problemOf } from '../http/problem-exception';
import { tooMany } from '../http/too-many';
import { SharedCount } from './shared-count';

/** Addresses asked about at once at most. */
const ADDRESSES_PER_QUESTION = 200;
/** How long an address that the shared count refused is refused here without asking, and how many such are remembered. */
const REFUSED_FOR_MS = 1_000;
const REFUSED_MAX = 10_000;

/** An address that the shared count refused, on the process's own clock. */
interface Refused {
  readonly askFrom: number;
  /** When it has a try again. */
  readonly free: number;
}

/**
 * How often an address may fail to sign in, or report found keys. Tells nothing about quotas: only when to come back. Each gateway counts for itself as
 * well, and either count refuses: a shared one that is away or was emptied gives nobody tries back.
 */
@Injectable()
export class FailureLimit {
  private readonly own;
  /** Where addresses stand in the shared count. Requests of one address that come at once ask it once. */
  private readonly standings: AskedTogether<LimitDecision>;
  /** Else whoever another gateway saw failing had something looked up here for each request. */
  private readonly refused = new Kept<Refused>(REFUSED_MAX);

  constructor(
    @Inject(CONTEXT) private readonly context: Pick<GatewayContext, 'clock' | 'random'>,
    @Inject(SharedCount) private readonly shared: SharedCount,
  ) {
    this.own = localLimiter(context.clock);
    this.standings = new AskedTogether(
      async (groups) => {
        const found = await Promise.all(
          groups.map(async (group) => [group, await shared.take(group, [policyOf(group, 0, FAILED_AUTH_POLICY)])] as const),
        );
        return new Map(found.flatMap(([group, decision]) => (decision === null ? [] : [[group, decision]])));
      },
      { namesMax: ADDRESSES_PER_QUESTION, questionsMax: 1 },
    );
  }

  /** Refuses an address that has used its tries up. */
  check(address: string): Promise<void> {
    return this.checkBeside(address, () => Promise.resolve());
  }

  /**
   * As `check`, with work that is done while the shared count is asked, so that one waits for the longer of both and not for their sum. An address that this gateway
   * itself refuses, or knows to be refused, has nothing done for it; whom the shared count refuses learns nothing of what came of the work.
   */
  async checkBeside<T>(address: string, work: () => Promise<T>): Promise<T> {
    const group = groupOf(address);
    const now = this.context.clock.monotonic();
    const known = this.refused.get(group);
    if (known !== undefined && now < known.askFrom) throw this.refusal(known.free - now);
    this.judge(await this.own.take(group, [policyOf(group, 0, FAILED_AUTH_POLICY)]), 0, FAILED_AUTH_POLICY);
    const asked = this.standings.find(group);
    const [standing, worked] = await Promise.allSettled([asked, work()]);
    if (standing.status === 'rejected') throw standing.reason;
    const waitMs = waitOf(standing.value, 0, FAILED_AUTH_POLICY);
    if (waitMs !== null) {
      this.refused.put(group, { askFrom: now + Math.min(waitMs, REFUSED_FOR_MS), free: now + waitMs });
      throw this.refusal(waitMs);
    }
    if (worked.status === 'rejected') throw worked.reason;
    return worked.value;
  }

  /** Counts one failure. */
  async charge(address: string): Promise<void> {
    await this.take(address, 1);
  }

  /** Counts one report of a found key; refuses an address that sent too many. */
  async chargeReport(address: string): Promise<void> {
    await this.take(address, 1, LEAK_REPORT_POLICY);
  }

  private async take(address: string, cost: number, policy: RatePolicy = FAILED_AUTH_POLICY): Promise<void> {
    const group = groupOf(address);
    const limit = policyOf(group, cost, policy);
    for (const decision of [await this.own.take(group, [limit]), await this.shared.take(group, [limit])]) this.judge(decision, cost, policy);
  }

  /** Throws the refusal a count speaks. */
  private judge(decision: LimitDecision | null, cost: number, policy: RatePolicy): void {
    const waitMs = waitOf(decision, cost, policy);
    if (waitMs !== null) throw this.refusal(waitMs);
  }

  private refusal(waitMs: number): ProblemException {
    return problemOf(tooMany({ kind: 'credentials', waitMs }, this.context.random.below(1_000) / 1_000));
  }
}

/** How long an address has to wait by a count, in ms; null: it may. A count that is away refuses nobody. */
function waitOf(decision: LimitDecision | null, cost: number, { quota, windowMs }: RatePolicy): number | null {
  const [state] = decision?.policies ?? [];
  if (decision === null || (decision.allowed && (cost > 0 || (state?.remaining ?? 1) > 0))) return null;
  return decision.retryAfterMs || windowMs / quota;
}

const groupOf = (address: string): string => `ip:${address.replaceAll(/[{}]/g, '')}`.slice(0, 150);
const policyOf = (group: string, cost: number, { name, quota, windowMs }: RatePolicy): LimitPolicy => ({
  name,
  key: `${group}:${name}`,
  rate: quota,
  periodMs: windowMs,
  burst: quota - 1,
  cost,
});
