import { retryAfter } from '@lockstep/delivery';
import { localLimiter } from '@lockstep/platform';
import { FAILED_AUTH_POLICY, LEAK_REPORT_POLICY, type RatePolicy } from '@lockstep/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';
import { ProblemException } from '../http/problem-exception';

/** How often an address may fail to sign in, or report found keys. Tells nothing about quotas: only when to come back. Fails closed on this machine's own count when the carrier is away. */
@Injectable()
export class FailureLimit {
  private readonly local;

  constructor(@Inject(CONTEXT) private readonly context: GatewayContext) {
    this.local = localLimiter(context.clock);
  }

  /** Refuses an address that has used its tries up. */
  async check(address: string): Promise<void> {
    await this.take(address, 0);
  }

  /** Counts one failure. */
  async charge(address: string): Promise<void> {
    await this.take(address, 1);
  }

  /** Counts one report of a found key; refuses an address that sent too many. */
  async chargeReport(address: string): Promise<void> {
    await this.take(address, 1, LEAK_REPORT_POLICY);
  }

  private async take(address: string, cost: number, { name, quota, windowMs }: RatePolicy = FAILED_AUTH_POLICY): Promise<void> {
    const group = `ip:${address.replaceAll(/[{}]/g, '')}`.slice(0, 150);
    const policy = { name, key: `${group}:${name}`, rate: quota, periodMs: windowMs, burst: quota - 1, cost };
    const decision = await this.context.limiter.take(group, [policy]).catch(() => this.local.take(group, [policy]));
    const [state] = decision.policies;
    if (decision.allowed && (cost > 0 || (state?.remaining ?? 1) > 0)) return;
    const waitMs = decision.retryAfterMs || windowMs / quota;
    throw new ProblemException('rate_limited', { headers: { 'Retry-After': retryAfter(waitMs, this.context.random.below(1_000) / 1_000) } });
  }
}
