import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { systemRandom } from '../clock/random';
import type { Logger } from '../log/logger';
import { reconnectDelayMs } from '../redis/client';
import { callAll, checkWakeup, type WakeupListener, type Wakeups } from './wakeups';

export interface PostgresWakeupsOptions {
  /** Any role may notify and listen. */
  readonly url: string;
  readonly log: Logger;
}

const CONNECT_TIMEOUT_MS = 5_000;
const QUERY_TIMEOUT_MS = 5_000;
const HEARTBEAT_MS = 15_000;
const MAX_QUEUED = 10_000;

/** Wake-ups by LISTEN and NOTIFY on one connection of their own: inside a business transaction a NOTIFY would cost more than the rest of it. */
export async function postgresWakeups(options: PostgresWakeupsOptions): Promise<Wakeups> {
  const carrier = new PostgresCarrier(options);
  await carrier.connect();
  return carrier;
}

interface Queued {
  readonly channel: string;
  readonly payload: string;
  readonly sent: () => void;
  readonly failed: (error: unknown) => void;
}

class PostgresCarrier implements Wakeups {
  private readonly listeners = new Map<string, Set<WakeupListener>>();
  private readonly afterGap = new Set<() => void>();
  private readonly heartbeat: NodeJS.Timeout;
  private client: Client | null = null;
  private queue: Queued[] = [];
  /** One statement at a time: the driver no longer queues them itself. */
  private last: Promise<unknown> = Promise.resolve();
  private closed = false;

  constructor(private readonly options: PostgresWakeupsOptions) {
    this.heartbeat = setInterval(() => void this.statement('select 1').catch(() => undefined), HEARTBEAT_MS);
    this.heartbeat.unref();
  }

  async connect(): Promise<void> {
    const client = new Client({
      connectionString: this.options.url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      keepAlive: true,
      application_name: 'lockstep wake-ups',
    });
    client.on('error', () => this.lost(client));
    client.on('end', () => this.lost(client));
    client.on('notification', ({ channel, payload }) => this.deliver(channel, payload ?? ''));
    try {
      await client.connect();
      for (const channel of this.listeners.keys()) await client.query(`listen ${quoted(channel)}`);
    } catch (error) {
      client.end().catch(() => undefined);
      throw error;
    }
    this.client = client;
  }

  publish(channel: string, payload: string): Promise<void> {
    checkWakeup(channel, payload);
    if (this.client === null || this.queue.length >= MAX_QUEUED) return Promise.reject(new Error('wake-ups: no connection to PostgreSQL'));
    return new Promise((sent, failed) => {
      this.queue.push({ channel, payload, sent, failed });
      if (this.queue.length === 1) void this.flush();
    });
  }

  async subscribe(channel: string, listener: WakeupListener): Promise<() => Promise<void>> {
    checkWakeup(channel, '');
    const set = this.listeners.get(channel) ?? new Set<WakeupListener>();
    const first = set.size === 0;
    // A listener of its own, so that one function may listen twice.
    const own: WakeupListener = (payload) => listener(payload);
    set.add(own);
    this.listeners.set(channel, set);
    if (first && this.client !== null) await this.statement(`listen ${quoted(channel)}`);
    return async () => {
      if (!set.delete(own) || set.size > 0) return;
      this.listeners.delete(channel);
      if (this.client !== null) await this.statement(`unlisten ${quoted(channel)}`);
    };
  }

  onReconnect(listener: () => void): () => void {
    this.afterGap.add(listener);
    return () => this.afterGap.delete(listener);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.heartbeat);
    await this.last.catch(() => undefined);
    const client = this.client;
    this.client = null;
    await client?.end().catch(() => undefined);
  }

  /** Sends everything queued as one statement, after the statement before it; what is queued meanwhile goes with the next. */
  private async flush(): Promise<void> {
    await this.last.catch(() => undefined);
    const batch = this.queue;
    this.queue = [];
    try {
      const channels = batch.map((one) => one.channel);
      await this.statement('select pg_notify(c, p) from unnest($1::text[], $2::text[]) as queued (c, p)', [
        channels,
        batch.map((one) => one.payload),
      ]);
      for (const one of batch) one.sent();
    } catch (error) {
      for (const one of batch) one.failed(error);
    }
  }

  private statement(text: string, values: readonly unknown[] = []): Promise<void> {
    const run = async (): Promise<void> => {
      const client = this.client;
      if (client === null) throw new Error('wake-ups: no connection to PostgreSQL');
      try {
        await client.query(text, [...values]);
      } catch (error) {
        this.lost(client);
        throw error;
      }
    };
    const result = this.last.then(run, run);
    this.last = result;
    return result;
  }

  private deliver(channel: string, payload: string): void {
    const listeners = [...(this.listeners.get(channel) ?? [])].map((listener) => () => listener(payload));
    callAll(listeners, (error) => this.options.log.error('wake-up listener failed', { channel, error }));
  }

  private lost(client: Client): void {
    if (this.client !== client) return;
    this.client = null;
    client.end().catch(() => undefined);
    if (!this.closed) void this.reconnect();
  }

  private async reconnect(): Promise<void> {
    this.options.log.warn('wake-ups: connection to PostgreSQL lost');
    for (let attempt = 0; !this.closed; attempt += 1) {
      await sleep(reconnectDelayMs(attempt, systemRandom.below(1_000) / 1_000), undefined, { ref: false });
      if (this.closed) return;
      try {
        await this.connect();
      } catch (error) {
        this.options.log.debug('wake-ups: PostgreSQL still away', { attempt, error });
        continue;
      }
      if (this.closed) return this.close();
      this.options.log.info('wake-ups: connected again', { attempts: attempt + 1 });
      callAll(this.afterGap, (error) => this.options.log.error('wake-up listener failed', { error }));
      return;
    }
  }
}

/** Channel names hold no quotes (`checkWakeup`). */
const quoted = (channel: string): string => `"${channel}"`;
