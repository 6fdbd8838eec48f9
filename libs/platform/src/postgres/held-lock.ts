import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Logger } from '../log/logger';

export interface HeldLockOptions {
  /** Any role may take an advisory lock. */
  readonly url: string;
  /** One holder per name and database. */
  readonly name: string;
  readonly log: Logger;
  /** How long to wait for a holder that is going away, e.g. one that was just killed. */
  readonly waitMs?: number;
  /** Called at most once, when the lock may be somebody else's from now on. Not called by `release`. */
  readonly onLost: () => void;
}

/** A lock held for the life of a process. */
export interface HeldLock {
  release(): Promise<void>;
}

const WAIT_MS = 20_000;
const RETRY_MS = 250;
const TIMEOUT_MS = 5_000;
const HEARTBEAT_MS = 2_000;
/** A holder whose machine vanished is forgotten by the server after idle + interval · count seconds: 11. */
const NOTICE_DEAD_PEER = 'set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3';
const TRY_LOCK = 'select pg_try_advisory_lock(hashtextextended($1, 0)) as held';

/**
 * Takes a session advisory lock on a connection of its own and keeps it, so that the lock ends with the process however it ends.
 * Null when another holder kept it for `waitMs`. Throws when the database cannot be reached.
 */
export async function holdLock(options: HeldLockOptions): Promise<HeldLock | null> {
  const client = new Client({
    connectionString: options.url,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
    keepAlive: true,
    application_name: 'lockstep lock',
  });
  let state: 'waiting' | 'held' | 'over' = 'waiting';
  const lost = (error?: Error): void => {
    if (state === 'held') {
      options.log.error('a lock was lost', { name: options.name, error });
      options.onLost();
    }
    state = 'over';
  };
  client.on('error', lost);
  client.on('end', () => lost());
  await client.connect();
  try {
    await client.query(NOTICE_DEAD_PEER);
    for (let waited = 0; !(await tryLock(client, options.name)); waited += RETRY_MS) {
      if (waited === 0) options.log.warn('waiting for a lock that another process holds', { name: options.name });
      if (waited >= (options.waitMs ?? WAIT_MS)) {
        await client.end();
        return null;
      }
      await sleep(RETRY_MS);
    }
  } catch (error) {
    client.end().catch(() => undefined);
    throw error;
  }
  state = 'held';
  // A connection can be gone without a word; a statement that is not answered in time says so.
  const heartbeat = setInterval(() => {
    client.query('select 1').catch((error: unknown) => lost(error instanceof Error ? error : new Error(String(error))));
  }, HEARTBEAT_MS);
  heartbeat.unref();
  return {
    release: async () => {
      state = 'over';
      clearInterval(heartbeat);
      await client.end();
    },
  };
}

async function tryLock(client: Client, name: string): Promise<boolean> {
  const { rows } = await client.query<{ readonly held: boolean }>(TRY_LOCK, [name]);
  return rows[0]?.held === true;
}
