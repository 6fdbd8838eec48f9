import type { EpochMs } from '@lockstep/kernel';
import type { ScopedSql } from '../unit/sql';

/** Notes on orders when the venue filled them first (mf, venue time in ms). An earlier time stands. Returns the ids of the orders that have a row. */
export async function markOrdersFilled(unit: ScopedSql, firstFills: ReadonlyMap<string, number>): Promise<ReadonlySet<string>> {
  if (firstFills.size === 0) return new Set();
  const rows = await unit.query(
    `update orders o set mf = least(o.mf, f.at) from unnest($3::text[], $4::double precision[]) as f (id, at)
     where o.tenant_id = $1 and o.environment = $2 and o.id = f.id returning o.id`,
    [...unit.scopeParameters, [...firstFills.keys()], [...firstFills.values()]],
  );
  return new Set(rows.map((row) => String(row['id'])));
}

/** Client order ids of orders by the venue's ids, as far as they were written. */
export async function venueOrderNames(unit: ScopedSql, venueOrderIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (venueOrderIds.length === 0) return new Map();
  const rows = await unit.query(
    `select venue_order_id, client_order_id from orders where tenant_id = $1 and environment = $2 and venue_order_id = any($3::text[])`,
    [...unit.scopeParameters, [...new Set(venueOrderIds)]],
  );
  return new Map(rows.map((row) => [String(row['venue_order_id']), String(row['client_order_id'])]));
}

/** The venue's ids of orders of some copies that were written down at a moment or later, without the one with the id `except`. */
export async function venueOrderIdsSince(unit: ScopedSql, copyNos: readonly number[], since: EpochMs, except: string): Promise<readonly string[]> {
  const rows = await unit.query(
    `select venue_order_id from orders
     where tenant_id = $1 and environment = $2 and copy_no = any($3::bigint[]) and created_at >= $4 and venue_order_id is not null and id <> $5`,
    [...unit.scopeParameters, copyNos.map(String), new Date(since), except],
  );
  return rows.map((row) => String(row['venue_order_id']));
}

/** What a later answer of the venue says about an order that was unknown. */
export interface OrderResolution {
  readonly id: string;
  readonly status: string;
  readonly filledSize: bigint;
  readonly venueOrderId: string | null;
  readonly rejectCode: string | null;
}

/** Writes the found outcomes of orders that are not settled yet; returns the ids of those that were not, so that a resolution is told once. */
export async function resolveOrders(unit: ScopedSql, resolutions: readonly OrderResolution[]): Promise<ReadonlySet<string>> {
  if (resolutions.length === 0) return new Set();
  const rows = await unit.query(
    `update orders o set status = r.status, filled_size = r.filled, venue_order_id = coalesce(r.oid, o.venue_order_id), reject_code = r.code, updated_at = $3
     from unnest($4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[]) as r (id, status, filled, oid, code)
     where o.tenant_id = $1 and o.environment = $2 and o.id = r.id and o.status in ('journaled', 'sent', 'unknown', 'resting') returning o.id`,
    [
      ...unit.scopeParameters,
      new Date(unit.now),
      resolutions.map((resolution) => resolution.id),
      resolutions.map((resolution) => resolution.status),
      resolutions.map((resolution) => resolution.filledSize.toString()),
      resolutions.map((resolution) => resolution.venueOrderId),
      resolutions.map((resolution) => resolution.rejectCode),
    ],
  );
  return new Set(rows.map((row) => String(row['id'])));
}

/** Closes journal rows of a shard by wave number. */
export async function completeJournal(unit: ScopedSql, shard: number, waves: readonly number[]): Promise<void> {
  if (waves.length === 0) return;
  await unit.execute(
    `update wave_journal set completed_at = $4
     where tenant_id = $1 and environment = $2 and shard = $3 and move_id = any($5::bigint[]) and completed_at is null`,
    [...unit.scopeParameters, shard, new Date(unit.now), waves],
  );
}
