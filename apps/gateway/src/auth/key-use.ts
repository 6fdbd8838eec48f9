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
    if (!this.isDue(key.kid)) return;
    this.context.storage
      .scoped(scopeFromVerifiedKey(key), (unit) => unit.apiKeys.update({ kid: key.kid }, { lastUsedAt: unit.now }))
      .catch(() => this.failed(key.kid));
  }

  /** The same for an operator's key. */
  noteOperator(kid: string): void {
    if (!this.isDue(kid)) return;
    this.context.storage.platform((unit) => unit.operatorKeys.update({ kid }, { lastUsedAt: unit.now })).catch(() => this.failed(kid));
  }

  private isDue(kid: string): boolean {
    const now = this.context.clock.now();
    if (now - (this.notedAt.get(kid) ?? 0) < NOTE_EVERY_MS) return false;
    if (this.notedAt.size >= KEYS_MAX) this.notedAt.clear();
    this.notedAt.set(kid, now);
    return true;
  }

  private failed(kid: string): void {
    this.context.log.warn('last use of a key not written', { kid });
  }
}
