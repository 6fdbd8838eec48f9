import { err, ok, type Result } from '@lockstep/kernel';
import { int, json, text } from '../unit/codec';
import type { ScopedSql, Sql } from '../unit/sql';
import type { SqlRow } from '../unit/table';

/** Keys are kept this long; afterwards the same key starts anew. */
export const IDEMPOTENCY_TTL_MS = 72 * 3_600_000;

/** An answer worth repeating. `headers` holds only what may be repeated. */
export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
export interface IdempotentAnswer extends StoredAnswer {
  /** True when the work did not run and the answer is the stored one. */
  readonly replayed: boolean;
  /** Request that ran the work. */
  readonly originalRequestId: string;
}

/** Why a key gave no answer: the same key is being worked on, or it was used with another request. */
export type IdempotencyRefusal = 'in_progress' | 'other_request';

export interface IdempotentRequest {
  readonly key: string;
  /** Digest of method, route, version and canonical body. */
  readonly fingerprint: Buffer;
  readonly requestId: string;
}

type Work = () => Promise<{ readonly answer: StoredAnswer; readonly keep: boolean }>;

/** Where an owner's keys are kept. */
interface KeyBook {
  readonly unit: Sql;
  /** Names the owner, so that two owners' keys of one text never wait for each other. */
  readonly owner: string;
  find(key: string): Promise<SqlRow | undefined>;
  store(request: IdempotentRequest, answer: StoredAnswer): Promise<unknown>;
}

/**
 * Runs `work` at most once per key inside `unit`, whose commit makes effect and answer durable together: there is no moment with one and not the other.
 * `work` says whether its answer is kept; when not (nothing was executed, e.g. validation failed), the unit is rolled back and the key stays free.
 * A transaction-scoped advisory lock answers a concurrent duplicate with `in_progress` at once instead of making it wait.
 */
export function runIdempotent(unit: ScopedSql, request: IdempotentRequest, work: Work): Promise<Result<IdempotentAnswer, IdempotencyRefusal>> {
  return runOnce(
    { unit, owner: unit.scopeParameters.join('|'), find: (key) => find(unit, key), store: (...kept) => store(unit, ...kept) },
    request,
    work,
  );
}

/** As {@link runIdempotent}, under the operator's own keys, which are one list for all operators. */
export function runOperatorIdempotent(unit: Sql, request: IdempotentRequest, work: Work): Promise<Result<IdempotentAnswer, IdempotencyRefusal>> {
  return runOnce(
    { unit, owner: 'operator', find: (key) => findOfOperator(unit, key), store: (...kept) => storeOfOperator(unit, ...kept) },
    request,
    work,
  );
}

async function runOnce(book: KeyBook, request: IdempotentRequest, work: Work): Promise<Result<IdempotentAnswer, IdempotencyRefusal>> {
  const { unit } = book;
  const [lock] = await unit.query(`select pg_try_advisory_xact_lock(hashtextextended($1 || '|' || $2, 0)) as free`, [book.owner, request.key]);
  if (lock?.free !== true) return err('in_progress');
  const stored = await book.find(request.key);
  if (stored !== undefined) {
    const fingerprint = Buffer.isBuffer(stored.fingerprint) ? stored.fingerprint : Buffer.alloc(0);
    return fingerprint.equals(request.fingerprint) ? ok(readAnswer(stored)) : err('other_request');
  }
  const { answer, keep } = await work();
  if (keep) await book.store(request, answer);
  else unit.discard();
  return ok({ ...answer, replayed: false, originalRequestId: request.requestId });
}

/** Removes keys past their time and returns their number; at most `limit`. */
export async function removeExpiredKeys(unit: ScopedSql, limit: number): Promise<number> {
  return unit.execute(
    `delete from idempotency_keys where tenant_id = $1 and environment = $2 and key in (
       select key from idempotency_keys where tenant_id = $1 and environment = $2 and expires_at <= $3 order by expires_at limit $4)`,
    [...unit.scopeParameters, new Date(unit.now), limit],
  );
}

/** As {@link removeExpiredKeys}, of the operator. */
export async function removeExpiredOperatorKeys(unit: Sql, limit: number): Promise<number> {
  return unit.execute(
    `delete from operator_idempotency_keys where key in (
       select key from operator_idempotency_keys where expires_at <= $1 order by expires_at limit $2)`,
    [new Date(unit.now), limit],
  );
}

async function find(unit: ScopedSql, key: string): Promise<SqlRow | undefined> {
  const [row] = await unit.query(
    `select fingerprint, request_id, status, headers, body from idempotency_keys
     where tenant_id = $1 and environment = $2 and key = $3 and expires_at > $4`,
    [...unit.scopeParameters, key, new Date(unit.now)],
  );
  return row;
}

async function findOfOperator(unit: Sql, key: string): Promise<SqlRow | undefined> {
  const [row] = await unit.query(
    'select fingerprint, request_id, status, headers, body from operator_idempotency_keys where key = $1 and expires_at > $2',
    [key, new Date(unit.now)],
  );
  return row;
}

function readAnswer(row: SqlRow): IdempotentAnswer {
  const headers = json('headers').read(row.headers);
  return {
    status: int('status').read(row.status),
    headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)])),
    body: text('body').read(row.body),
    replayed: true,
    originalRequestId: text('request_id').read(row.request_id),
  };
}

/** An expired row of the same key may still stand until retention comes by: it is replaced. */
async function store(unit: ScopedSql, request: IdempotentRequest, answer: StoredAnswer): Promise<void> {
  await unit.execute(
    `insert into idempotency_keys (tenant_id, environment, key, fingerprint, request_id, status, headers, body, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict (tenant_id, environment, key) do update set fingerprint = excluded.fingerprint, request_id = excluded.request_id,
       status = excluded.status, headers = excluded.headers, body = excluded.body, created_at = excluded.created_at, expires_at = excluded.expires_at`,
    [...unit.scopeParameters, ...valuesOf(unit, request, answer)],
  );
}

async function storeOfOperator(unit: Sql, request: IdempotentRequest, answer: StoredAnswer): Promise<void> {
  await unit.execute(
    `insert into operator_idempotency_keys (key, fingerprint, request_id, status, headers, body, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (key) do update set fingerprint = excluded.fingerprint, request_id = excluded.request_id,
       status = excluded.status, headers = excluded.headers, body = excluded.body, created_at = excluded.created_at, expires_at = excluded.expires_at`,
    valuesOf(unit, request, answer),
  );
}

const valuesOf = (unit: Sql, request: IdempotentRequest, answer: StoredAnswer): readonly unknown[] => [
  request.key,
  request.fingerprint,
  request.requestId,
  answer.status,
  JSON.stringify(answer.headers),
  answer.body,
  new Date(unit.now),
  new Date(unit.now + IDEMPOTENCY_TTL_MS),
];
