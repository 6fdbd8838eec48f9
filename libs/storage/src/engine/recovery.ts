import { INTERNAL_ORDER } from '../trading/record-ids';
import type { ScopedSql } from '../unit/sql';

/** What is written of an order so far. */
export interface WrittenOrder {
  readonly id: string;
  readonly status: string;
  /** What the venue's answer said, 10^-8. */
  readonly filledSize: bigint;
  /** What is booked from the venue's own fills, 10^-8. */
  readonly bookedSize: bigint;
  readonly venueOrderId: string | null;
  /** Average price of the answer, 10^-8; 0 where none was told. */
  readonly averagePrice: bigint;
}

/** The order rows of these ids with what is booked of each; ids without a row are absent. */
export async function writtenOrders(unit: ScopedSql, ids: readonly string[]): Promise<ReadonlyMap<string, WrittenOrder>> {
  if (ids.length === 0) return new Map();
  const rows = await unit.query(
    `select id, status, filled_size, venue_order_id, avg_price from orders where tenant_id = $1 and environment = $2 and id = any($3::text[])`,
    [...unit.scopeParameters, [...ids]],
  );
  const booked = await bookedSizes(unit, ids);
  return new Map(
    rows.map((row) => {
      const id = String(row['id']);
      return [
        id,
        {
          id,
          status: String(row['status']),
          filledSize: BigInt(String(row['filled_size'])),
          bookedSize: booked.get(id) ?? 0n,
          venueOrderId: row['venue_order_id'] === null ? null : String(row['venue_order_id']),
          averagePrice: BigInt(String(row['avg_price'])),
        },
      ];
    }),
  );
}

/** Size booked per order id from fill rows; orders without a fill are absent. */
export async function bookedSizes(unit: ScopedSql, ids: readonly string[]): Promise<ReadonlyMap<string, bigint>> {
  const rows = await unit.query(
    'select order_id, sum(size)::text as booked from fills where tenant_id = $1 and environment = $2 and order_id = any($3::text[]) group by order_id',
    [...unit.scopeParameters, [...ids]],
  );
  return new Map(rows.map((row) => [String(row['order_id']), BigInt(String(row['booked']))]));
}

/** Venue time of the first booked fill per order id, in ms; orders without a fill are absent. */
export async function firstFillTimes(unit: ScopedSql, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (ids.length === 0) return new Map();
  const rows = await unit.query(
    'select order_id, min(venue_time_ms)::text as first from fills where tenant_id = $1 and environment = $2 and order_id = any($3::text[]) group by order_id',
    [...unit.scopeParameters, [...ids]],
  );
  return new Map(rows.map((row) => [String(row['order_id']), Number(row['first'])]));
}

/** Venue time of the newest recorded fill per venue account number; what copies crossed among themselves is none of the venue's. */
export async function newestFillTimes(unit: ScopedSql): Promise<ReadonlyMap<number, number>> {
  const rows = await unit.query(
    `select venue_account_no, max(venue_time_ms)::text as newest from fills
     where tenant_id = $1 and environment = $2 and venue_order_id <> $3 group by venue_account_no`,
    [...unit.scopeParameters, INTERNAL_ORDER],
  );
  return new Map(rows.map((row) => [Number(row['venue_account_no']), Number(row['newest'])]));
}

/**
 * When what copies of each venue account held changed last without a trade of the venue's, epoch ms by account number: a copy ended with something, or copies crossed
 * among themselves. Accounts of which neither is written are absent.
 */
export async function newestInsideTimes(unit: ScopedSql): Promise<ReadonlyMap<number, number>> {
  const rows = await unit.query(
    `select account_no, ceil(extract(epoch from max(at)) * 1000)::text as newest from (
       select a.no as account_no, c.stopped_at as at from copies c
         join venue_accounts a on a.tenant_id = c.tenant_id and a.environment = c.environment and a.id = c.venue_account_id
         where c.tenant_id = $1 and c.environment = $2 and c.stopped_at is not null
       union all
       select venue_account_no, crossed_at from internal_crosses where tenant_id = $1 and environment = $2
     ) changed group by account_no`,
    unit.scopeParameters,
  );
  return new Map(rows.map((row) => [Number(row['account_no']), Number(row['newest'])]));
}
