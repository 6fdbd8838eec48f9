import { wireTime } from '@lockstep/delivery';
import { keepTicket, useSignature, useTicket } from '@lockstep/storage';
import { KID_LENGTH, scopeFromVerifiedKey, type VerifiedKey } from '@lockstep/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';
import { canonicalAddress } from '../auth/addresses';
import { Authenticator } from '../auth/authenticator';
import { madeWith } from '../http/audit-change';
import type { Call } from '../http/call';

const SECRET_BYTES = 32;
const SHAPE = new RegExp(`^stk_([0-9A-Za-z]{${KID_LENGTH}})[A-Za-z0-9_-]{43}$`);

/**
 * Single-use tickets for browsers, which cannot send an Authorization header. A ticket names its key's kid, which leads to the scope; the rest is
 * secret. Only the digest is kept, in the tenant's own rows, so that any gateway takes a ticket that another gave, and each is taken once.
 */
@Injectable()
export class StreamTickets {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Authenticator) private readonly authenticator: Authenticator,
  ) {}

  /** A ticket for a key, good from one address: the one that will open the stream. Null: what the request was signed with has given one before. */
  async issue(
    { key, requestId, usedSignature }: Pick<Call, 'key' | 'requestId' | 'usedSignature'>,
    address: string,
  ): Promise<{ readonly ticket: string; readonly expiresAt: number } | null> {
    const ticket = `stk_${key.kid}${Buffer.from(this.context.random.bytes(SECRET_BYTES)).toString('base64url')}`;
    const expiresAt = this.context.clock.now() + this.context.streamLimits.ticketTtlMs;
    const kept = { digest: this.digestOf(ticket), kid: key.kid, address, expiresAt };
    return this.context.storage.scoped(scopeFromVerifiedKey(key), async (unit) => {
      if (usedSignature !== null && !(await useSignature(unit, usedSignature))) return null;
      await keepTicket(unit, kept);
      const line = { actor: key.keyId, action: 'stream_ticket.create', targetId: key.keyId, requestId, detail: {} };
      unit.audit.note({ id: this.context.ids.next('audit'), ...line, ...madeWith({ expires_at: wireTime(expiresAt) }), createdAt: unit.now });
      return { ticket, expiresAt };
    });
  }

  /**
   * The key behind a ticket, once; null when the ticket is unknown, used, expired or of another address, or its key is no longer good from there or at this
   * host: the answer does not say which.
   */
  async take(ticket: string, address: string, host: string | null): Promise<VerifiedKey | null> {
    const kid = SHAPE.exec(ticket)?.[1];
    const from = canonicalAddress(address);
    if (kid === undefined || from === null) return null;
    const use = { kid, address: from, host };
    const key = (await this.authenticator.standing([use])).get(use);
    if (key?.ok !== true) return null;
    const given = await this.context.storage.scoped(scopeFromVerifiedKey(key.value), (unit) => useTicket(unit, this.digestsOf(ticket), from));
    return given === kid ? key.value : null;
  }

  private digestOf(ticket: string): Buffer {
    return Buffer.from(this.context.digest.digest(ticket));
  }

  /** Another gateway may digest under an older pepper still. */
  private digestsOf(ticket: string): readonly Buffer[] {
    return this.context.digest.digests(ticket).map((digest) => Buffer.from(digest));
  }
}
