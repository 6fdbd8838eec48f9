import { WAKEUP_CHANNELS } from '@lockstep/delivery';
import type { TenantScope } from '@lockstep/kernel';
import { scopeKey } from '@lockstep/tenancy';
import { type BackofficeContext, wake } from './context';

/**
 * The outbox's second belt. Events become readable with the commit that appends them, and whoever appends them wakes the gateways; when
 * that process died between commit and wake-up, the relay notices that a stream's head moved and wakes them instead. It carries no data.
 */
export class Relay {
  private readonly seen = new Map<string, string>();

  constructor(private readonly ctx: BackofficeContext) {}

  /** Looks at one scope's stream; true when it moved since the last look. */
  async look(scope: TenantScope): Promise<boolean> {
    const head = await this.ctx.storage.scoped(scope, (unit) => unit.events.head(), { readOnly: true });
    const position = head === null ? '' : `${head.epoch}:${head.seq}`;
    const before = this.seen.get(scopeKey(scope));
    this.seen.set(scopeKey(scope), position);
    if (before === undefined || before === position) return false;
    this.ctx.counters.scopesWoken(1);
    await wake(this.ctx, WAKEUP_CHANNELS.events, scope);
    return true;
  }
}
