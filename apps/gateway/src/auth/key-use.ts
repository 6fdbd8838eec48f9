import { scopeFromVerifiedKey, type VerifiedKey } from '@lockstep/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';

/** How often a key's last use is written down. */
const NOTE_EVERY_MS = 60_000;
const KEYS_MAX = 10_000;

/** Keeps `last_used_at` of keys to the minute, beside the request and not in its way. */
@Injectable()
export class KeyUse {
  private readonly notedAt = new Map<string, number>();

  constructor(@Inject(CONTEXT) private readonly context: GatewayContext) {}

  note(key: VerifiedKey): void {
    const now = this.context.clock.now();
    if (now - (this.notedAt.get(key.kid) ?? 0) < NOTE_EVERY_MS) return;
    if (this.notedAt.size >= KEYS_MAX) this.notedAt.clear();
    this.notedAt.set(key.kid, now);
    this.context.storage
      .scoped(scopeFromVerifiedKey(key), (unit) => unit.apiKeys.update({ kid: key.kid }, { lastUsedAt: unit.now }))
      .catch(() => this.context.log.warn('last use of a key not written', { kid: key.kid }));
  }
}
