import type { TenantScope } from '@lockstep/kernel';
import { type CountedRequests, putRequests } from '@lockstep/storage';
import { type RouteClass, scopeFromVerifiedKey, scopeKey, type VerifiedKey } from '@lockstep/tenancy';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';

/** How often counts are written. With the write itself a killed process loses less than five seconds of them. */
const WRITE_EVERY_MS = 2_000;
/** Scopes that are written side by side: thousands of them one after the other would take longer than what may be lost. */
const WRITES_AT_ONCE = 4;
/** Attempts to write the last counts of a process that ends. */
const LAST_WRITES_MAX = 3;
const DAY_MS = 86_400_000;

interface Counted extends CountedRequests {
  /** As much of it as is known to be written. */
  readonly written: number;
}

interface ScopeCounts {
  readonly scope: TenantScope;
  readonly sums: Map<string, Counted>;
}

/**
 * Counts requests that were let in, per key, class and day, beside the requests and not in their way. Each process writes whole sums under a name of its
 * own: a write whose answer was lost is repeated without counting twice.
 */
@Injectable()
export class RequestCounts implements OnModuleInit, OnApplicationShutdown {
  private readonly counted = new Map<string, ScopeCounts>();
  private readonly counter: string;
  private timer: NodeJS.Timeout | null = null;
  private writing: Promise<boolean> = Promise.resolve(true);

  constructor(@Inject(CONTEXT) private readonly context: GatewayContext) {
    this.counter = Buffer.from(context.random.bytes(12)).toString('base64url');
  }

  onModuleInit(): void {
    this.timer = setInterval(() => void this.write(), WRITE_EVERY_MS);
    this.timer.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    for (let attempt = 0; attempt < LAST_WRITES_MAX; attempt += 1) if (await this.write()) return;
    this.context.log.error('the last counted requests are lost');
  }

  /** Counts one request, on the day it ended. */
  note(key: VerifiedKey, routeClass: RouteClass): void {
    const scope = scopeFromVerifiedKey(key);
    const scopeName = scopeKey(scope);
    let of = this.counted.get(scopeName);
    if (of === undefined) {
      of = { scope, sums: new Map<string, Counted>() };
      this.counted.set(scopeName, of);
    }
    const day = this.dayOf(0);
    const name = `${day}|${key.keyId}|${routeClass}`;
    const sum = of.sums.get(name) ?? { day, keyId: key.keyId, routeClass, requests: 0, written: 0 };
    of.sums.set(name, { ...sum, requests: sum.requests + 1 });
  }

  /** Writes what was counted since the last time, one write after the other. False when something could not be written: it is tried again with the next. */
  write(): Promise<boolean> {
    this.writing = this.writing.then(() => this.writeAll());
    return this.writing;
  }

  private async writeAll(): Promise<boolean> {
    const scopes = [...this.counted];
    const failures: unknown[] = [];
    for (let from = 0; from < scopes.length; from += WRITES_AT_ONCE) {
      const group = scopes.slice(from, from + WRITES_AT_ONCE).map(async ([name, of]) => {
        await this.writeScope(of);
        if (of.sums.size === 0) this.counted.delete(name);
      });
      for (const ended of await Promise.allSettled(group)) if (ended.status === 'rejected') failures.push(ended.reason);
    }
    if (failures.length > 0) this.context.log.warn('counted requests not written', { scopes: failures.length, error: failures[0] });
    return failures.length === 0;
  }

  private async writeScope({ scope, sums }: ScopeCounts): Promise<void> {
    const fresh = [...sums].filter(([, sum]) => sum.requests > sum.written);
    const taken = fresh.map(([, sum]) => sum);
    if (taken.length > 0) await this.context.storage.scoped(scope, (unit) => putRequests(unit, this.counter, taken));
    for (const [name, sum] of fresh) {
      const now = sums.get(name);
      if (now !== undefined) sums.set(name, { ...now, written: sum.requests });
    }
    // The day before yesterday is done with once it is written: no clock goes back that far, and sums must not begin anew.
    for (const [name, sum] of sums) if (sum.day < this.dayOf(DAY_MS) && sum.written === sum.requests) sums.delete(name);
  }

  private dayOf(agoMs: number): string {
    return new Date(this.context.clock.now() - agoMs).toISOString().slice(0, 10);
  }
}
