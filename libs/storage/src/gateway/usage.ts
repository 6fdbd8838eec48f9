import type { EpochMs } from '@lockstep/kernel';
import type { ScopedSql } from '../unit/sql';

/** Requests of one key on one day, of one class. */
export interface CountedRequests {
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string;
  readonly keyId: string;
  /** `unclassed` where they were counted before there were classes. */
  readonly routeClass: string;
  readonly requests: number;
}

/** Writes what one counter has counted so far, each a whole sum and not what came since: written twice it counts once. */
export async function putRequests(unit: ScopedSql, counter: string, counts: readonly CountedRequests[]): Promise<void> {
  if (counts.length === 0) return;
  await unit.execute(
    `insert into request_counts (tenant_id, environment, counter, day, key_id, class, requests)
     select $1, $2, $3, day, key_id, class, requests from unnest($4::text[], $5::text[], $6::text[], $7::bigint[]) as counted (day, key_id, class, requests)
     order by day, key_id, class
     on conflict (tenant_id, environment, day, key_id, class, counter) do update set requests = greatest(request_counts.requests, excluded.requests)`,
    [
      ...unit.scopeParameters,
      counter,
      counts.map((one) => one.day),
      counts.map((one) => one.keyId),
      counts.map((one) => one.routeClass),
      counts.map((one) => one.requests),
    ],
  );
}

/** Requests from a day on, up to and without another; days as `YYYY-MM-DD`. */
export async function requestsBetween(unit: ScopedSql, fromDay: string, toDay: string): Promise<bigint> {
  const [row] = await unit.query(
    'select coalesce(sum(requests), 0) as requests from request_counts where tenant_id = $1 and environment = $2 and day >= $3 and day < $4',
    [...unit.scopeParameters, fromDay, toDay],
  );
  return BigInt(String(row?.requests ?? 0));
}

/** Whose and how many sums to read. */
export interface DailyRequestsQuery {
  readonly fromDay: string;
  /** First day after them. */
  readonly toDay: string;
  /** One key alone; null: every key. */
  readonly keyId: string | null;
  readonly limit: number;
}

/** Sums by day, key and class, the newest day first; at most `limit` of them. */
export async function dailyRequests(unit: ScopedSql, of: DailyRequestsQuery): Promise<readonly CountedRequests[]> {
  const rows = await unit.query(
    `select day, key_id, class, sum(requests) as requests from request_counts
     where tenant_id = $1 and environment = $2 and day >= $3 and day < $4 and ($5::text is null or key_id = $5)
     group by day, key_id, class order by day desc, key_id, class limit $6`,
    [...unit.scopeParameters, of.fromDay, of.toDay, of.keyId, of.limit],
  );
  return rows.map((row) => ({ day: String(row.day), keyId: String(row.key_id), routeClass: String(row.class), requests: Number(row.requests) }));
}

/** Orders and fills written from a moment on, up to and without another. */
export async function tradesBetween(unit: ScopedSql, from: EpochMs, to: EpochMs): Promise<{ readonly orders: bigint; readonly fills: bigint }> {
  const bounds = [...unit.scopeParameters, new Date(from), new Date(to)];
  const [orders] = await unit.query(
    'select count(*) as many from orders where tenant_id = $1 and environment = $2 and created_at >= $3 and created_at < $4',
    bounds,
  );
  const [fills] = await unit.query(
    'select count(*) as many from fills where tenant_id = $1 and environment = $2 and created_at >= $3 and created_at < $4 and copy_no <> 0',
    bounds,
  );
  return { orders: BigInt(String(orders?.many ?? 0)), fills: BigInt(String(fills?.many ?? 0)) };
}

/** Statements that count what a plan limits. Constant texts: nothing of a request stands in them. */
const COUNTS = {
  api_keys: `select count(*) as many from api_keys where tenant_id = $1 and environment = $2 and status = 'active'`,
  leaders: `select count(*) as many from leaders where tenant_id = $1 and environment = $2 and status <> 'closed'`,
  followers: `select count(*) as many from followers where tenant_id = $1 and environment = $2 and status <> 'closed'`,
  active_copies: `select count(*) as many from copies where tenant_id = $1 and environment = $2 and state <> 'stopped'`,
  export_jobs: `select count(*) as many from exports where tenant_id = $1 and environment = $2 and status in ('queued', 'running') and kind <> 'settlement'`,
} as const;
export type CountedQuota = keyof typeof COUNTS;

/** How many of a thing exist in the scope. */
export async function countOf(unit: ScopedSql, quota: CountedQuota): Promise<number> {
  const [row] = await unit.query(COUNTS[quota], [...unit.scopeParameters]);
  return Number(row?.many ?? 0);
}

/** As `countOf`, and keeps others from counting the same thing until the unit ends, so that two of them cannot both take the last place. */
export async function countForMore(unit: ScopedSql, quota: CountedQuota): Promise<number> {
  await unit.query(`select pg_advisory_xact_lock(hashtextextended($1 || '|' || $2 || '|quota|' || $3, 0))`, [...unit.scopeParameters, quota]);
  return countOf(unit, quota);
}
