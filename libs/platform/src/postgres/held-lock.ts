import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '@lockstep/kernel';
import { Client } from 'pg';
import { systemClock } from '../clock/clock';
import type { Logger } from '../log/logger';
import { Lease } from './lease';

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
  readonly clock?: Clock;
}

/** A lock held for the life of a process. */
export interface HeldLock {
  /**
   * Whether nobody else can have had the lock longer than since `HELD_LOCK_LEASE_MS` ago, by this process's own clocks alone: false once the database has not
   * confirmed it for so long, also where nothing told that the connection is gone, and where this process did not run meanwhile.
   */
  isCertain(): boolean;
  release(): Promise<void>;
}

const WAIT_MS = 20_000;
const RETRY_MS = 250;
const TIMEOUT_MS = 5_000;
const HEARTBEAT_MS = 2_000;
/**
 * A holder goes by its lock for so long after the database confirmed it last. A heartbeat without an answer says sooner that it is lost, unless this process did
 * not run meanwhile.
 */
export const HELD_LOCK_LEASE_MS = 10_000;
/** A holder whose machine vanished is forgotten by the server after idle + interval · count seconds: 11, when its lease is over. */
const NOTICE_DEAD_PEER = 'set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3';
/** The same where an answer was on its way to it, for which no keepalive is sent. Not every system has it. */
const NOTICE_DEAF_PEER = 'set tcp_user_timeout = 11000';
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
  const lease = new Lease(options.clock ?? systemClock, HELD_LOCK_LEASE_MS);
  let state: 'waiting' | 'held' | 'over' = 'waiting';
  const lost = (error?: Error): void => {
    const wasHeld = state === 'held';
    state = 'over';
    if (!wasHeld) return;
    clearInterval(heartbeat);
    options.log.error('a lock was lost', { name: options.name, error });
    options.onLost();
  };
  client.on('error', lost);
  client.on('end', () => lost());
  let heartbeat: NodeJS.Timeout | undefined;
  await client.connect();
  try {
    await client.query(NOTICE_DEAD_PEER);
    await client.query(NOTICE_DEAF_PEER).catch(() => undefined);
    for (let waited = 0; !(await lease.confirmedBy(() => tryLock(client, options.name))); waited += RETRY_MS) {
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
  heartbeat = setInterval(() => {
    lease
      .confirmedBy(async () => (await client.query('select 1')).rowCount === 1)
      .catch((error: unknown) => lost(error instanceof Error ? error : new Error(String(error))));
  }, HEARTBEAT_MS);
  heartbeat.unref();
  return {
    isCertain: () => state === 'held' && lease.runs(),
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
