import type { TenantScope } from '@lockstep/kernel';
import { addRequests } from '@lockstep/storage';
import { scopeFromVerifiedKey, scopeKey, type VerifiedKey } from '@lockstep/tenancy';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';

/** How often counts are written: what a killed process loses at most. */
const WRITE_EVERY_MS = 5_000;

interface Counted {
  readonly scope: TenantScope;
  readonly perKey: Map<string, number>;
}

/** Counts admitted requests per key and day, beside the requests and not in their way, and adds them to the tenant's sums. */
@Injectable()
export class RequestCounts implements OnModuleInit, OnApplicationShutdown {
  private counted = new Map<string, Counted>();
  private timer: NodeJS.Timeout | null = null;

  constructor(@Inject(CONTEXT) private readonly context: GatewayContext) {}

  onModuleInit(): void {
    this.timer = setInterval(() => void this.write(), WRITE_EVERY_MS);
    this.timer.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    await this.write();
  }

  note(key: VerifiedKey): void {
    const scope = scopeFromVerifiedKey(key);
    const name = scopeKey(scope);
    const of = this.counted.get(name) ?? { scope, perKey: new Map<string, number>() };
    of.perKey.set(key.keyId, (of.perKey.get(key.keyId) ?? 0) + 1);
    this.counted.set(name, of);
  }

  /** Writes what was counted since the last time. What cannot be written is counted again with the next. */
  async write(): Promise<void> {
    const taken = [...this.counted.values()];
    this.counted = new Map();
    const day = new Date(this.context.clock.now()).toISOString().slice(0, 10);
    for (const { scope, perKey } of taken) {
      const counts = [...perKey].map(([keyId, requests]) => ({ day, keyId, requests }));
      await this.context.storage
        .scoped(scope, (unit) => addRequests(unit, counts))
        .catch((error: unknown) => {
          this.context.log.warn('counted requests not written', { error });
          this.giveBack(scope, perKey);
        });
    }
  }

  private giveBack(scope: TenantScope, perKey: ReadonlyMap<string, number>): void {
    const of = this.counted.get(scopeKey(scope)) ?? { scope, perKey: new Map<string, number>() };
    for (const [keyId, requests] of perKey) of.perKey.set(keyId, (of.perKey.get(keyId) ?? 0) + requests);
    this.counted.set(scopeKey(scope), of);
  }
}
