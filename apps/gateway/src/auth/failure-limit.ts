import { localLimiter } from '@lockstep/platform';
import { FAILED_AUTH_POLICY } from '@lockstep/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';
import { problemOf } from '../http/problem-exception';
import { tooMany } from '../http/too-many';
import { SharedCount } from './shared-count';

/**
 * How often an address may fail to sign in. Tells nothing about quotas: only when to come back. Each gateway counts for itself as well, and either count
 * refuses: a shared one that is away or was emptied gives nobody tries back.
 */
@Injectable()
export class FailureLimit {
  private readonly own;

  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(SharedCount) private readonly shared: SharedCount,
  ) {
    this.own = localLimiter(context.clock);
  }

  /** Refuses an address that has used its tries up. */
  async check(address: string): Promise<void> {
    await this.take(address, 0);
  }

  /** Counts one failure. */
  async charge(address: string): Promise<void> {
    await this.take(address, 1);
  }

  private async take(address: string, cost: number): Promise<void> {
    const { name, quota, windowMs } = FAILED_AUTH_POLICY;
    const group = `ip:${address.replaceAll(/[{}]/g, '')}`.slice(0, 150);
    const policy = { name, key: `${group}:${name}`, rate: quota, periodMs: windowMs, burst: quota - 1, cost };
    for (const decision of [await this.own.take(group, [policy]), await this.shared.take(group, [policy])]) {
      if (decision === null) continue;
      const [state] = decision.policies;
      if (decision.allowed && (cost > 0 || (state?.remaining ?? 1) > 0)) continue;
      const waitMs = decision.retryAfterMs || windowMs / quota;
      throw problemOf(tooMany({ kind: 'credentials', waitMs }, this.context.random.below(1_000) / 1_000));
    }
  }
}
