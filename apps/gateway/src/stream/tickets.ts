import type { VerifiedKey } from '@lockstep/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';
import { STREAM_LIMITS } from './limits';

/** Single-use tickets for browsers, which cannot send an Authorization header. Kept in this process: a ticket opens the gateway that gave it. */
@Injectable()
export class StreamTickets {
  private readonly tickets = new Map<string, { readonly key: VerifiedKey; readonly expiresAt: number }>();

  constructor(@Inject(CONTEXT) private readonly context: GatewayContext) {}

  issue(key: VerifiedKey): { readonly ticket: string; readonly expiresAt: number } {
    const now = this.context.clock.now();
    for (const [ticket, { expiresAt }] of this.tickets) {
      if (expiresAt > now && this.tickets.size < STREAM_LIMITS.ticketsMax) break;
      this.tickets.delete(ticket);
    }
    const ticket = `stk_${Buffer.from(this.context.random.bytes(32)).toString('base64url')}`;
    const expiresAt = now + STREAM_LIMITS.ticketTtlMs;
    this.tickets.set(ticket, { key, expiresAt });
    return { ticket, expiresAt };
  }

  /** The key behind a ticket, once. */
  take(ticket: string): VerifiedKey | null {
    const found = this.tickets.get(ticket);
    this.tickets.delete(ticket);
    return found !== undefined && found.expiresAt > this.context.clock.now() ? found.key : null;
  }
}
