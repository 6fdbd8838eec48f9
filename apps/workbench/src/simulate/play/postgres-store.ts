import type { Clock, TenantScope } from '@lockstep/kernel';
import { createDatabase, dropDatabase } from '@lockstep/platform';
import {
  EVENTS_READ_MAX_ROWS,
  type MoveRow,
  openStorage,
  PAGE_LIMIT_MAX_ROWS,
  type Page,
  type PlatformUnit,
  resolveRoleUrls,
  type ScopedUnit,
  type Storage,
  type VenueAccountRow,
} from '@lockstep/storage';
import { type CalmRows, withoutApproval } from './calm-rows';
import type { SimStore } from './platform-store';
import type { TransactionQueue } from './transaction-queue';

/** What databases of seeds are copies of. */
export const SEED_TEMPLATE = 'lockstep_seed_template';
/** Transactions come one after another; one more connection is for the one that is being thrown away after a failure. */
const POOL_MAX = 2;

export interface PostgresStoreParts {
  /** Owner's address on a server that holds the template. */
  readonly serverUrl: string;
  /** The database of this run; one that is left of the name is removed. */
  readonly name: string;
  /** The world's time, for everything that is written. */
  readonly clock: Clock;
  readonly transactions: TransactionQueue;
}

/** The storages of one run's database: the engine's and the gateway's, each by its own role. */
interface Opened {
  readonly engine: Storage;
  readonly app: Storage;
}

/** A store in a fresh database, made at the first transaction and removed with the run. */
export function postgresStore({ serverUrl, name, clock, transactions }: PostgresStoreParts): SimStore {
  let opened: Promise<Opened> | null = null;
  const storages = (): Promise<Opened> => {
    opened ??= open(serverUrl, name, clock);
    return opened;
  };
  const run = <T>(work: (storages: Opened) => Promise<T>): Promise<T> => transactions.run(async () => work(await storages()));
  return {
    engine: {
      scoped: (scope, work, options) => run(({ engine }) => engine.scoped(scope, work, options)),
      platform: (work, options) => run(({ engine }) => engine.platform(work, options)),
    },
    platform: {
      scoped: (scope, work) => run(({ app }) => app.scoped(scope, work)),
      platform: (work) => run(({ app }) => app.platform(work)),
    },
    rows: (scope) => run(({ engine }) => rowsOf(engine, scope)),
    moves: (ids) => run(({ engine }) => engine.platform((unit) => movesOf(unit, ids), { readOnly: true })),
    close: async () => {
      await transactions.settled();
      // Where it could not be opened, the run has failed by that already.
      const storages = await opened?.catch(() => null);
      if (storages === null || storages === undefined) return;
      await Promise.all([storages.engine.close(), storages.app.close()]);
      await dropDatabase(serverUrl, name);
    },
  };
}

async function open(serverUrl: string, name: string, clock: Clock): Promise<Opened> {
  await dropDatabase(serverUrl, name);
  const roles = resolveRoleUrls(await createDatabase(serverUrl, name, SEED_TEMPLATE));
  const engine = await openStorage({ url: roles.engine.url, role: 'engine', clock, poolMax: POOL_MAX });
  try {
    return { engine, app: await openStorage({ url: roles.app.url, role: 'app', clock, poolMax: POOL_MAX }) };
  } catch (failure) {
    await engine.close();
    throw failure;
  }
}

async function movesOf(unit: PlatformUnit, ids: readonly bigint[]): Promise<MoveRow[]> {
  const moves: MoveRow[] = [];
  for (const id of ids) {
    const move = await unit.inbox.move(id);
    if (move !== null) moves.push(move);
  }
  return moves;
}

/** Everything of a scope as one moment has it. */
function rowsOf(storage: Storage, scope: TenantScope): Promise<CalmRows> {
  return storage.scoped(
    scope,
    async (unit) => ({
      ...addressesOf(await unit.venueAccounts.find({})),
      copies: await unit.copies.find({}),
      positions: (await unit.positions.ofCopies()).map((row) => ({ ...row, copyNo: Number(row.copyNo) })),
      orders: await everyPage((after) => unit.orders.page({ limit: PAGE_LIMIT_MAX_ROWS, after, order: 'oldest_first' })),
      fills: await everyPage((after) => unit.fills.page({ limit: PAGE_LIMIT_MAX_ROWS, after, order: 'oldest_first' })),
      transactions: await everyTransaction(unit),
      events: await everyEvent(unit),
    }),
    { isolation: 'repeatable read', readOnly: true },
  );
}

const addressesOf = (rows: readonly VenueAccountRow[]): Pick<CalmRows, 'accounts' | 'followers' | 'unapproved'> => ({
  accounts: new Map(rows.map(({ no, address }) => [no, address])),
  followers: new Map(rows.map(({ followerId, address }) => [followerId, address])),
  unapproved: rows.flatMap(withoutApproval),
});

async function everyPage<Row>(read: (after: string | null) => Promise<Page<Row, string>>): Promise<Row[]> {
  const all: Row[] = [];
  let after: string | null = null;
  do {
    const page: Page<Row, string> = await read(after);
    all.push(...page.rows);
    after = page.next;
  } while (after !== null);
  return all;
}

async function everyTransaction(unit: ScopedUnit): Promise<CalmRows['transactions']> {
  const all: CalmRows['transactions'][number][] = [];
  const { seq: top } = await unit.ledger.head();
  for (let seq = 0n; seq < top; seq = all.at(-1)?.sequence ?? top) all.push(...(await unit.ledger.after(seq, EVENTS_READ_MAX_ROWS)));
  return all;
}

async function everyEvent(unit: ScopedUnit): Promise<CalmRows['events']> {
  const head = await unit.events.head();
  const all: Awaited<ReturnType<typeof unit.events.after>>[number][] = [];
  if (head === null) return all;
  for (let seq = 0n; seq < head.seq; seq = all.at(-1)?.seq ?? head.seq)
    all.push(...(await unit.events.after({ epoch: head.epoch, seq }, EVENTS_READ_MAX_ROWS)));
  return all;
}
