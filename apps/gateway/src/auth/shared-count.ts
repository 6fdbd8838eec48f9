import type { LimitDecision, Limiter, LimitPolicy, SlotClaim } from '@lockstep/platform';
import { Inject, Injectable } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';

/** How long nobody asks a carrier that failed: one that hangs would hold every request up. */
const ASK_AGAIN_MS = 500;

/** The count that all gateways share, as long as its carrier answers. */
@Injectable()
export class SharedCount {
  private away = false;
  private askFrom = 0;

  constructor(@Inject(CONTEXT) private readonly context: Pick<GatewayContext, 'clock' | 'limiter' | 'log'>) {}

  /** The shared decision; null while the carrier is away: then the caller counts by itself, as its class of requests demands. */
  async take(group: string, policies: readonly LimitPolicy[], claim?: SlotClaim): Promise<LimitDecision | null> {
    const now = this.context.clock.monotonic();
    if (this.away && now < this.askFrom) return null;
    // One request looks whether it is back; those that come meanwhile do not wait for it.
    this.askFrom = now + ASK_AGAIN_MS;
    try {
      const decision = await this.context.limiter.take(group, policies, claim);
      if (this.away) this.context.log.info('limits are counted by all gateways together again');
      this.away = false;
      return decision;
    } catch (error) {
      if (!this.away) this.context.log.warn('the shared count is away: this gateway counts alone', { error });
      this.away = true;
      this.askFrom = this.context.clock.monotonic() + ASK_AGAIN_MS;
      return null;
    }
  }

  /** Gives a place back where it was taken. One that cannot be given back is free when its lease ends. */
  release(group: string, claim: SlotClaim, where: Pick<Limiter, 'release'> = this.context.limiter): void {
    where.release(group, claim).catch(() => undefined);
  }
}
