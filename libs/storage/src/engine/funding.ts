import type { CopyId, EpochMs } from '@lockstep/kernel';
import type { ScopedSql } from '../unit/sql';

/** A moment at which a venue account held a position in a coin. */
export interface HeldMoment {
  readonly venueAccountNo: number;
  readonly coin: string;
  readonly atMs: EpochMs;
}

/** What a copy held at such a moment by its booked fills, signed, 10^-8. */
export interface HeldByCopy {
  /** Index of the moment asked for. */
  readonly moment: number;
  readonly copyNo: number;
  readonly copyId: CopyId;
  readonly quantity: bigint;
  /** What it left on its account when it ended since, signed: the follower's own from then on. 0: it runs, or left nothing. */
  readonly left: bigint;
}

/** Venue time before which funding is booked, per venue account number, of one account or of all; accounts never read are absent. */
export async function fundingReadTimes(unit: ScopedSql, venueAccountNo: number | null = null): Promise<ReadonlyMap<number, EpochMs>> {
  const rows = await unit.query(
    `select venue_account_no, read_to_ms from funding_readings
     where tenant_id = $1 and environment = $2 and ($3::bigint is null or venue_account_no = $3)`,
    [...unit.scopeParameters, venueAccountNo],
  );
  return new Map(rows.map((row) => [Number(row.venue_account_no), Number(row.read_to_ms)]));
}

/** Writes how far the funding of accounts is booked; a reading never goes back. An account may stand in it once. */
export async function saveFundingReadTimes(
  unit: ScopedSql,
  readings: readonly { readonly venueAccountNo: number; readonly readToMs: EpochMs }[],
): Promise<void> {
  if (readings.length === 0) return;
  await unit.query(
    `insert into funding_readings (tenant_id, environment, venue_account_no, read_to_ms, updated_at)
     select $1, $2, r.no, r.read_to_ms, $3 from unnest($4::bigint[], $5::bigint[]) as r (no, read_to_ms)
     on conflict (tenant_id, environment, venue_account_no) do update
     set read_to_ms = greatest(funding_readings.read_to_ms, excluded.read_to_ms), updated_at = excluded.updated_at`,
    [
      ...unit.scopeParameters,
      new Date(unit.now),
      readings.map((reading) => reading.venueAccountNo),
      readings.map((reading) => Math.floor(reading.readToMs)),
    ],
  );
}

/**
 * What every copy of the accounts, those that ended since too, held right before each moment: its position now, less its fills and the follower's closes from the
 * moment on. A fill of the very millisecond came after it: a venue charges funding at the beginning of a block. Copies that held nothing and left
 * nothing since are absent, and so are those that had ended by then: what one left is the follower's own.
 */
export async function heldByCopies(unit: ScopedSql, moments: readonly HeldMoment[]): Promise<readonly HeldByCopy[]> {
  if (moments.length === 0) return [];
  const rows = await unit.query(
    `select h.moment, h.copy_no, h.copy_id, h.quantity::text as quantity, h.remnant::text as remnant from (
       select m.moment, c.no as copy_no, c.id as copy_id, p.position
         - coalesce((select sum(case f.side when 'buy' then f.size else -f.size end) from fills f
             where f.tenant_id = $1 and f.environment = $2 and f.venue_account_no = m.account_no and f.created_at >= m.at
               and f.copy_no = c.no and f.coin = m.coin), 0)
         - coalesce((select sum(x.quantity) from follower_closes x
             where x.tenant_id = $1 and x.environment = $2 and x.copy_no = c.no and x.coin = m.coin and x.closed_at_ms >= m.at_ms), 0) as quantity,
         case when c.stopped_at is null then 0 else p.position
           - coalesce((select sum(x.quantity) from follower_closes x
               where x.tenant_id = $1 and x.environment = $2 and x.copy_no = c.no and x.coin = m.coin
                 and to_timestamp(x.closed_at_ms / 1000.0) >= c.stopped_at), 0) end as remnant
       from (select (n - 1)::integer as moment, account_no, coin, at_ms, to_timestamp(at_ms / 1000.0) as at
             from unnest($3::bigint[], $4::text[], $5::bigint[]) with ordinality as given (account_no, coin, at_ms, n)) m
       join venue_accounts a on a.tenant_id = $1 and a.environment = $2 and a.no = m.account_no
       join copies c on c.tenant_id = $1 and c.environment = $2 and c.venue_account_id = a.id and (c.stopped_at is null or c.stopped_at >= m.at)
       join copy_positions p on p.tenant_id = $1 and p.environment = $2 and p.copy_no = c.no and p.coin = m.coin
     ) h where h.quantity <> 0 or h.remnant <> 0 order by h.moment, h.copy_no`,
    [
      ...unit.scopeParameters,
      moments.map((moment) => moment.venueAccountNo),
      moments.map((moment) => moment.coin),
      moments.map((moment) => Math.floor(moment.atMs)),
    ],
  );
  return rows.map((row) => ({
    moment: Number(row.moment),
    copyNo: Number(row.copy_no),
    copyId: String(row.copy_id) as CopyId,
    quantity: BigInt(String(row.quantity)),
    left: BigInt(String(row.remnant)),
  }));
}

/** Funding of a copy in a coin, signed, 10^-8. */
export interface CopyFunding {
  readonly copyNo: number;
  readonly coin: string;
  readonly amount: bigint;
}

/** Adds funding to copies' positions, each copy and coin once; rows of copies nobody trades any more included. */
export async function addFunding(unit: ScopedSql, parts: readonly CopyFunding[]): Promise<void> {
  if (parts.length === 0) return;
  await unit.query(
    `update copy_positions p set funding = p.funding + given.amount, updated_at = $3
     from unnest($4::bigint[], $5::text[], $6::bigint[]) as given (copy_no, coin, amount)
     where p.tenant_id = $1 and p.environment = $2 and p.copy_no = given.copy_no and p.coin = given.coin`,
    [
      ...unit.scopeParameters,
      new Date(unit.now),
      parts.map((part) => part.copyNo),
      parts.map((part) => part.coin),
      parts.map((part) => part.amount.toString()),
    ],
  );
}

/** Adds income to the last written equity of copies that nobody values any more, each copy once. */
export async function addToFinalEquity(unit: ScopedSql, parts: readonly Omit<CopyFunding, 'coin'>[]): Promise<void> {
  if (parts.length === 0) return;
  await unit.query(
    `update copy_equity e set net_pnl = e.net_pnl + given.amount, equity = e.equity + given.amount, updated_at = $3
     from unnest($4::bigint[], $5::bigint[]) as given (copy_no, amount)
     where e.tenant_id = $1 and e.environment = $2 and e.copy_no = given.copy_no`,
    [...unit.scopeParameters, new Date(unit.now), parts.map((part) => part.copyNo), parts.map((part) => part.amount.toString())],
  );
}

/** Records what a follower closed against a copy, signed, 10^-8. */
export async function recordFollowerClose(
  unit: ScopedSql,
  close: { readonly copyNo: number; readonly coin: string; readonly closedAtMs: EpochMs; readonly quantity: bigint },
): Promise<void> {
  await unit.query(
    `insert into follower_closes (tenant_id, environment, copy_no, coin, closed_at_ms, quantity) values ($1, $2, $3, $4, $5, $6)
     on conflict (tenant_id, environment, copy_no, coin, closed_at_ms) do update set quantity = follower_closes.quantity + excluded.quantity`,
    [...unit.scopeParameters, close.copyNo, close.coin, Math.floor(close.closedAtMs), close.quantity.toString()],
  );
}
