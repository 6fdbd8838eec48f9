import { systemRandom } from '../clock/random';
import type { Logger } from '../log/logger';

/** What Lockstep needs of Redis: few commands, so that another client is one file away. Every call fails at once while there is no connection. */
export interface RedisConnection {
  /** Sends one command; answers are what Redis gives (text, number, list, null). */
  command(args: readonly string[]): Promise<unknown>;
  publish(channel: string, payload: string): Promise<void>;
  /** Listens to a channel, again after every reconnect. The returned function stops listening. */
  subscribe(channel: string, listener: (payload: string) => void): Promise<() => Promise<void>>;
  /** Calls back after a lost connection came back: what was published in between is lost. */
  onReconnect(listener: () => void): () => void;
  isReady(): boolean;
  close(): Promise<void>;
}

export interface RedisOptions {
  readonly url: string;
  readonly log: Logger;
  /** How long the first connection may take. */
  readonly connectTimeoutMs?: number;
  /** Gives the connection although the first attempt fails, and goes on trying: for a process that can do without Redis for a while. */
  readonly mayBeAway?: boolean;
  /** How long one command may take before it fails. */
  readonly commandTimeoutMs?: number;
}

const CONNECT_TIMEOUT_MS = 5_000;
const COMMAND_TIMEOUT_MS = 2_000;
const RECONNECT_FROM_MS = 50;
const RECONNECT_TO_MS = 2_000;
const MAX_QUEUED_COMMANDS = 10_000;

/** The pause before a reconnect: doubling from 50 ms to 2 s, less up to a quarter (`fraction` 0 to 1) so that processes do not return together. */
export function reconnectDelayMs(attempt: number, fraction: number): number {
  const pause = Math.min(RECONNECT_TO_MS, RECONNECT_FROM_MS * 2 ** Math.min(attempt, 10));
  return Math.round(pause * (1 - fraction / 4));
}

/**
 * Connects to Redis with one connection for commands and one for listening. Throws when the first connection fails, unless it `mayBeAway`;
 * later losses are repaired for ever.
 */
export async function connectRedis(options: RedisOptions): Promise<RedisConnection> {
  const commands = await open(options);
  const listening = await open(options).catch(async (error: unknown) => {
    commands.destroy();
    throw error;
  });
  const listeners = new Set<() => void>();
  /** What was subscribed to while there was no connection. The client repeats by itself only what Redis has once confirmed. */
  const unheard = new Map<(payload: string) => void, string>();
  const hear = async (): Promise<void> => {
    for (const [receive, channel] of [...unheard]) {
      await listening.subscribe(channel, receive);
      // Taken back while it was on its way.
      if (!unheard.delete(receive)) await listening.unsubscribe(channel, receive);
    }
  };
  let hearing: Promise<void> = Promise.resolve();
  /** One after the other, so that each finds what the one before left. */
  const catchUp = (): Promise<void> => {
    hearing = hearing.then(hear, hear);
    return hearing;
  };
  // A `ready` that comes from here on ends a gap; whoever polls afterwards misses nothing, because the channels are heard again before.
  listening.on('ready', () => {
    catchUp()
      .catch((error: unknown) => options.log.warn('redis channels not heard yet', { error }))
      .finally(() => {
        for (const listener of listeners) listener();
      });
  });
  options.log.debug('redis opened', { ready: commands.isReady && listening.isReady });
  return {
    command: (args) => commands.sendCommand([...args]),
    publish: async (channel, payload) => {
      await commands.sendCommand(['PUBLISH', channel, payload]);
    },
    subscribe: async (channel, listener) => {
      let stopped = false;
      const receive = (payload: string): void => {
        if (!stopped) listener(payload);
      };
      if (options.mayBeAway === true) {
        unheard.set(receive, channel);
        // A connection that is lost meanwhile leaves the channel for the next one.
        if (listening.isReady) await catchUp().catch(() => undefined);
      } else await listening.subscribe(channel, receive);
      return async () => {
        stopped = true;
        if (unheard.delete(receive)) return;
        if (listening.isReady) await listening.unsubscribe(channel, receive);
        // Without a connection there is nobody to tell; what a later connection repeats reaches nobody.
        else listening.unsubscribe(channel, receive).catch(() => undefined);
      };
    },
    onReconnect: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    isReady: () => commands.isReady && listening.isReady,
    close: async () => {
      listeners.clear();
      commands.destroy();
      listening.destroy();
    },
  };
}

async function open(options: RedisOptions) {
  // Loaded here: most single-machine processes never need it.
  const { createClient } = await import('redis');
  const connectTimeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
  let keepTrying = options.mayBeAway === true;
  const client = createClient({
    url: options.url,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_QUEUED_COMMANDS,
    commandOptions: { timeout: options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS },
    socket: {
      connectTimeout: connectTimeoutMs,
      reconnectStrategy: (attempt) => (keepTrying ? reconnectDelayMs(attempt, systemRandom.below(1_000) / 1_000) : false),
    },
  });
  const failedOnce = new Promise<void>((resolve) => client.once('error', () => resolve()));
  client.on('error', (error: unknown) => options.log.warn('redis connection', { error: error instanceof Error ? error.message : String(error) }));
  const connecting = client.connect();
  // A try that goes on for ever ends only by `destroy`; each failure was logged above.
  if (keepTrying) await Promise.race([connecting, failedOnce]).catch(() => undefined);
  else await connecting;
  connecting.catch(() => undefined);
  keepTrying = true;
  return client;
}
