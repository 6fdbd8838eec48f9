import { type CopyId, type EpochMs, type Price, price, type Size, size } from '@lockstep/kernel';
import { INTERNAL_ORDER } from '../trading/record-ids';
import type { ScopedSql } from '../unit/sql';

/** A fill the venue took no builder fee for, and that was not charged yet. */
export interface UnchargedFill {
  readonly fillId: string;
  readonly copyId: CopyId;
  readonly createdAt: EpochMs;
  readonly coin: string;
  readonly feeAsset: string;
  /** Signed position of the account before the fill. */
  readonly startPosition: Size;
  /** Signed: buys above zero. */
  readonly quantity: Size;
  readonly price: Price;
  /** The venue it was made at. */
  readonly venue: string;
  /** The order of ours it belongs to; null where none is written. */
  readonly orderId: string | null;
}

/** The ledger source of the markup accrued for a fill. */
export const accrualSource = (fillId: string): string => `accrual:${fillId}`;

/**
 * Fills recorded since a time without builder fee and without an accrual, oldest first, none that copies made with each other: these bear no fee; at the named venues alone, or at all (null); those behind a fill where one
 * is named.
 */
export async function unchargedFills(
  unit: ScopedSql,
  recordedSince: EpochMs,
  limit: number,
  venues: readonly string[] | null = null,
  after: Pick<UnchargedFill, 'createdAt' | 'fillId'> | null = null,
): Promise<readonly UnchargedFill[]> {
  const rows = await unit.query(
    `select f.id, f.copy_id, f.created_at, f.coin, f.fee_asset, f.start_position::text as start_position, f.side, f.size::text as size, f.price::text as price, coalesce(a.venue, '') as venue, f.order_id
     from fills f
     left join venue_accounts a on a.tenant_id = $1 and a.environment = $2 and a.no = f.venue_account_no
     where f.tenant_id = $1 and f.environment = $2 and f.recorded_at >= $3 and f.copy_id is not null and f.builder_fee = 0 and f.venue_order_id <> $8
       and ($5::text[] is null or a.venue = any($5::text[]))
       and ($6::timestamptz is null or (f.created_at, f.id) > ($6::timestamptz, $7::text))
       and not exists (select 1 from ledger_transactions t where t.tenant_id = $1 and t.environment = $2 and t.source = 'markup:accrual:' || f.id)
     order by f.created_at, f.id limit $4`,
    [
      ...unit.scopeParameters,
      new Date(recordedSince),
      limit,
      venues === null ? null : [...venues],
      after === null ? null : new Date(after.createdAt),
      after?.fillId ?? null,
      INTERNAL_ORDER,
    ],
  );
  return rows.map((found) => ({
    fillId: String(found['id']),
    copyId: String(found['copy_id']) as CopyId,
    createdAt: found['created_at'] instanceof Date ? found['created_at'].getTime() : 0,
    coin: String(found['coin']),
    feeAsset: String(found['fee_asset']),
    startPosition: size(BigInt(String(found['start_position']))),
    quantity: size((found['side'] === 'sell' ? -1n : 1n) * BigInt(String(found['size']))),
    price: price(BigInt(String(found['price']))),
    venue: String(found['venue']),
    orderId: found['order_id'] === null ? null : String(found['order_id']),
  }));
}
