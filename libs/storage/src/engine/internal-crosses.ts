import type { EpochMs } from '@lockstep/kernel';
import type { ScopedSql } from '../unit/sql';

/** Lots that went from one copy of a venue account to another. Sizes and prices 10^-8. */
export interface InternalCross {
  /** A wave number taken for it: unique in the deployment. */
  readonly no: number;
  readonly venueAccountNo: number;
  readonly coin: string;
  readonly buyerCopyNo: number;
  readonly sellerCopyNo: number;
  readonly size: bigint;
  readonly price: bigint;
  /** The book whose middle the price is. */
  readonly bid: bigint;
  readonly ask: bigint;
  readonly crossedAt: EpochMs;
}

/** Writes a cross. Its number may be written once: a second time is a defect and breaks the key. */
export async function recordCross(unit: ScopedSql, cross: InternalCross): Promise<void> {
  await unit.query(
    `insert into internal_crosses (tenant_id, environment, no, venue_account_no, coin, buyer_copy_no, seller_copy_no, size, price, bid, ask, crossed_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      ...unit.scopeParameters,
      cross.no,
      cross.venueAccountNo,
      cross.coin,
      cross.buyerCopyNo,
      cross.sellerCopyNo,
      cross.size.toString(),
      cross.price.toString(),
      cross.bid.toString(),
      cross.ask.toString(),
      new Date(cross.crossedAt),
    ],
  );
}

/** Crosses of an account, or of all of the scope (null), oldest first, at most `limit`. */
export async function crossesOf(unit: ScopedSql, venueAccountNo: number | null, limit: number): Promise<readonly InternalCross[]> {
  const rows = await unit.query(
    `select no, venue_account_no, coin, buyer_copy_no, seller_copy_no, size::text, price::text, bid::text, ask::text, crossed_at from internal_crosses
     where tenant_id = $1 and environment = $2 and ($3::bigint is null or venue_account_no = $3) order by no limit $4`,
    [...unit.scopeParameters, venueAccountNo, limit],
  );
  return rows.map((row) => ({
    no: Number(row.no),
    venueAccountNo: Number(row.venue_account_no),
    coin: String(row.coin),
    buyerCopyNo: Number(row.buyer_copy_no),
    sellerCopyNo: Number(row.seller_copy_no),
    size: BigInt(String(row.size)),
    price: BigInt(String(row.price)),
    bid: BigInt(String(row.bid)),
    ask: BigInt(String(row.ask)),
    crossedAt: row.crossed_at instanceof Date ? row.crossed_at.getTime() : 0,
  }));
}
