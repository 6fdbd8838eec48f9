import { RedisSilentError, withDeadline } from './deadline';

/** What a connection is asked of its client: as much of it as looking after it needs. */
export interface LineClient {
  readonly isReady: boolean;
  ping(): Promise<unknown>;
  destroy(): void;
}

export interface LineOptions<C extends LineClient> {
  /** A client that is connecting, tries for ever by itself while it is refused, and says each time that it is ready. */
  readonly make: (ready: () => void) => C;
  /** How long an answer may take. */
  readonly answerMaxMs: number;
  /** The connection is there again. `fresh`: by another client, which knows nothing of what the one before was told. */
  readonly onReady: (fresh: boolean) => void;
  readonly onSilence: () => void;
}

/** How often a connection is asked for a sign of life. */
const SIGN_EVERY_MS = 5_000;
/** How long a client may be without a connection before another one takes its place: it may wait for an answer to its greeting that never comes. */
const AWAY_MAX_MS = 15_000;

/**
 * One connection to Redis that is not trusted to say when it is gone: a server that hangs, and a way that swallows everything, send no word. Whatever is not
 * answered in time ends the connection, with everything else that is on its way, and another client takes its place.
 */
export class Line<C extends LineClient> {
  private client: C;
  private awaySince: number | null = performance.now();
  private isClosed = false;
  private readonly watch: NodeJS.Timeout;

  constructor(private readonly options: LineOptions<C>) {
    this.client = this.make(false);
    this.watch = setInterval(() => this.lookAfter(), SIGN_EVERY_MS);
    this.watch.unref();
  }

  isReady(): boolean {
    return this.client.isReady;
  }

  /** Asks the client. Rejects with `RedisSilentError` when no answer comes in time. */
  async ask<T>(question: (client: C) => Promise<T>): Promise<T> {
    const asked = this.client;
    try {
      return await withDeadline(question(asked), this.options.answerMaxMs);
    } catch (error) {
      if (error instanceof RedisSilentError) this.renew(asked);
      throw error;
    }
  }

  close(): void {
    this.isClosed = true;
    clearInterval(this.watch);
    this.client.destroy();
  }

  private make(fresh: boolean): C {
    let isFresh = fresh;
    return this.options.make(() => {
      this.awaySince = null;
      this.options.onReady(isFresh);
      isFresh = false;
    });
  }

  /** Many may be waiting for the same silence: the first ends it for all. */
  private renew(silent: C): void {
    if (this.isClosed || silent !== this.client) return;
    this.options.onSilence();
    silent.destroy();
    this.awaySince = performance.now();
    this.client = this.make(true);
  }

  private lookAfter(): void {
    if (this.client.isReady) {
      this.awaySince = null;
      // What it fails with ends the connection, or is told by the client itself.
      this.ask((client) => client.ping()).catch(() => undefined);
    } else if (this.awaySince === null) this.awaySince = performance.now();
    else if (performance.now() - this.awaySince > AWAY_MAX_MS) this.renew(this.client);
  }
}
