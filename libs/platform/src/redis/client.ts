import { systemRandom } from '../clock/random';
import type { Logger } from '../log/logger';
import { withDeadline } from './deadline';
import { Line } from './line';

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
 * later losses are repaired for ever, silence too (`Line`).
 */
export async function connectRedis(options: RedisOptions): Promise<RedisConnection> {
  const listeners = new Set<() => void>();
  /** What is listened to, and what no connection has been asked for yet. A client repeats by itself only what Redis has once confirmed to it. */
  const heard = new Map<(payload: string) => void, string>();
  const unheard = new Map<(payload: string) => void, string>();
  const hear = async (): Promise<void> => {
    for (const [receive, channel] of [...unheard]) {
      await listening.ask((client) => client.subscribe(channel, receive));
      // Taken back while it was on its way.
      if (!unheard.delete(receive)) await listening.ask((client) => client.unsubscribe(channel, receive));
      else heard.set(receive, channel);
    }
  };
  let hearing: Promise<void> = Promise.resolve();
  /** One after the other, so that each finds what the one before left. */
  const catchUp = (): Promise<void> => {
    hearing = hearing.then(hear, hear);
    return hearing;
  };
  const commands = await openLine(options, () => undefined);
  // A `ready` ends a gap; whoever polls afterwards misses nothing, because the channels are heard again before. Nothing is to be heard at the first.
  const listening = await openLine(options, (isFresh) => {
    if (isFresh) for (const [receive, channel] of heard) unheard.set(receive, channel);
    catchUp()
      .catch((error: unknown) => options.log.warn('redis channels not heard yet', { error }))
      .finally(() => {
        for (const listener of listeners) listener();
      });
  }).catch((error: unknown) => {
    commands.close();
    throw error;
  });
  options.log.debug('redis opened', { ready: commands.isReady() && listening.isReady() });
  return {
    command: (args) => commands.ask((client) => client.sendCommand([...args])),
    publish: async (channel, payload) => {
      await commands.ask((client) => client.sendCommand(['PUBLISH', channel, payload]));
    },
    subscribe: async (channel, listener) => {
      let stopped = false;
      const receive = (payload: string): void => {
        if (!stopped) listener(payload);
      };
      if (options.mayBeAway === true) {
        unheard.set(receive, channel);
        // A connection that is lost meanwhile leaves the channel for the next one.
        if (listening.isReady()) await catchUp().catch(() => undefined);
      } else {
        await listening.ask((client) => client.subscribe(channel, receive));
        heard.set(receive, channel);
      }
      return async () => {
        stopped = true;
        if (unheard.delete(receive) || !heard.delete(receive)) return;
        const told = listening.ask((client) => client.unsubscribe(channel, receive));
        if (listening.isReady()) await told;
        // Without a connection there is nobody to tell; what a later connection repeats reaches nobody.
        else told.catch(() => undefined);
      };
    },
    onReconnect: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    isReady: () => commands.isReady() && listening.isReady(),
    close: async () => {
      listeners.clear();
      commands.close();
      listening.close();
    },
  };
}

type Redis = typeof import('redis');
type Client = ReturnType<typeof clientOf>;

const clientOf = ({ createClient }: Redis, { url, connectTimeoutMs }: RedisOptions, pauseOf: (attempt: number) => number | false) =>
  createClient({
    url,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_QUEUED_COMMANDS,
    // The client's own limit ends as a command is sent; the line's is for the answer.
    commandOptions: { timeout: 0 },
    socket: { connectTimeout: connectTimeoutMs ?? CONNECT_TIMEOUT_MS, reconnectStrategy: pauseOf },
  });

async function openLine(options: RedisOptions, onReady: (isFresh: boolean) => void): Promise<Line<Client>> {
  // Loaded here: most single-machine processes never need it.
  const redis = await import('redis');
  let keepTrying = options.mayBeAway === true;
  const pauseOf = (attempt: number): number | false => (keepTrying ? reconnectDelayMs(attempt, systemRandom.below(1_000) / 1_000) : false);
  const firsts: Promise<unknown>[] = [];
  const line = new Line<Client>({
    answerMaxMs: options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS,
    onReady,
    onSilence: () => options.log.warn('redis gives no sign of life; connecting anew'),
    make: (ready) => {
      const client = clientOf(redis, options, pauseOf);
      client.on('error', (error: unknown) => options.log.warn('redis connection', { error: error instanceof Error ? error.message : String(error) }));
      client.on('ready', ready);
      const failed = new Promise<void>((resolve) => client.once('error', () => resolve()));
      const connecting = client.connect();
      connecting.catch(() => undefined);
      // A try that goes on for ever ends only by `destroy`; each failure is logged.
      if (firsts.length === 0) firsts.push(connecting, ...(keepTrying ? [failed] : []));
      return client;
    },
  });
  try {
    await withDeadline(Promise.race(firsts), options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS);
  } catch (error) {
    if (keepTrying) return line;
    line.close();
    throw error;
  }
  keepTrying = true;
  return line;
}
