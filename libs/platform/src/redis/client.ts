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

/** Connects to Redis with one connection for commands and one for listening. Throws when the first connection fails; later losses are repaired for ever. */
export async function connectRedis(options: RedisOptions): Promise<RedisConnection> {
  const commands = await open(options);
  const listening = await open(options).catch(async (error: unknown) => {
    commands.destroy();
    throw error;
  });
  const listeners = new Set<() => void>();
  // The first `ready` of the listening connection is behind us; each later one ends a gap.
  listening.on('ready', () => {
    for (const listener of listeners) listener();
  });
  options.log.debug('redis connected');
  return {
    command: (args) => commands.sendCommand([...args]),
    publish: async (channel, payload) => {
      await commands.sendCommand(['PUBLISH', channel, payload]);
    },
    subscribe: async (channel, listener) => {
      const receive = (payload: string): void => listener(payload);
      await listening.subscribe(channel, receive);
      return () => listening.unsubscribe(channel, receive);
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
  let connectedOnce = false;
  const client = createClient({
    url: options.url,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_QUEUED_COMMANDS,
    commandOptions: { timeout: options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS },
    socket: {
      connectTimeout: connectTimeoutMs,
      reconnectStrategy: (attempt) => (connectedOnce ? reconnectDelayMs(attempt, systemRandom.below(1_000) / 1_000) : false),
    },
  });
  client.on('error', (error: unknown) => options.log.warn('redis connection', { error: error instanceof Error ? error.message : String(error) }));
  await client.connect();
  connectedOnce = true;
  return client;
}
