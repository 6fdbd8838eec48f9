import type { ScopedSql } from '../unit/sql';

/** What a venue account holds in one instrument, as last known. Sizes and prices 10^-8. */
export interface VenueNet {
  readonly venueAccountNo: number;
  readonly coin: string;
  readonly net: bigint;
  /** The follower's own part: net minus the copies' positions. */
  readonly own: bigint;
  readonly entryPrice: bigint;
  readonly asOfMs: number;
}

const SAVE = `insert into venue_positions (tenant_id, environment, venue_account_no, coin, net, own, entry_price, as_of_ms, updated_at)
  select $1, $2, v.no, v.coin, v.net, v.own, v.entry_price, v.as_of_ms, $3
  from unnest($4::bigint[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[]) as v (no, coin, net, own, entry_price, as_of_ms)
  on conflict (tenant_id, environment, venue_account_no, coin) do update
  set net = excluded.net, own = excluded.own, entry_price = excluded.entry_price, as_of_ms = excluded.as_of_ms, updated_at = excluded.updated_at
  where venue_positions.as_of_ms <= excluded.as_of_ms`;

/** Writes what accounts hold; an older reading never replaces a newer one. An account and coin may stand in it once. */
export async function saveVenueNets(unit: ScopedSql, nets: readonly VenueNet[]): Promise<void> {
  if (nets.length === 0) return;
  await unit.query(SAVE, [
    ...unit.scopeParameters,
    new Date(unit.now),
    nets.map((net) => net.venueAccountNo),
    nets.map((net) => net.coin),
    nets.map((net) => net.net.toString()),
    nets.map((net) => net.own.toString()),
    nets.map((net) => net.entryPrice.toString()),
    nets.map((net) => Math.round(net.asOfMs)),
  ]);
}

/** What a copy that ends leaves on its account, signed, 10^-8. */
export interface LeftPosition {
  readonly venueAccountNo: number;
  readonly coin: string;
  readonly quantity: bigint;
}

/**
 * What copies that end leave on accounts that others trade through is the follower's own from then on: added to what was compared last, so that a start before
 * the next comparison does not take it for a trade against the others. An account and coin may stand in it once.
 */
export async function addOwnPositions(unit: ScopedSql, left: readonly LeftPosition[]): Promise<void> {
  if (left.length === 0) return;
  await unit.query(
    `insert into venue_positions (tenant_id, environment, venue_account_no, coin, net, own, entry_price, as_of_ms, updated_at)
     select $1, $2, v.no, v.coin, v.quantity, v.quantity, 0, 0, $3 from unnest($4::bigint[], $5::text[], $6::bigint[]) as v (no, coin, quantity)
     on conflict (tenant_id, environment, venue_account_no, coin) do update set own = venue_positions.own + excluded.own, updated_at = excluded.updated_at`,
    [
      ...unit.scopeParameters,
      new Date(unit.now),
      left.map(({ venueAccountNo }) => venueAccountNo),
      left.map(({ coin }) => coin),
      left.map(({ quantity }) => quantity.toString()),
    ],
  );
}

/** The follower's own part of a position, as last compared. */
export type OwnPosition = Pick<VenueNet, 'venueAccountNo' | 'coin' | 'own'>;

/**
 * Writes the follower's own part as a trade of theirs left it, in the transaction with what that trade closed against copies: a start would otherwise take what
 * is theirs for a second trade, against whatever the copies hold then. The net stays as it was read last. An account and coin may stand in it once.
 */
export async function saveOwnPositions(unit: ScopedSql, positions: readonly OwnPosition[]): Promise<void> {
  if (positions.length === 0) return;
  await unit.query(
    `insert into venue_positions (tenant_id, environment, venue_account_no, coin, net, own, entry_price, as_of_ms, updated_at)
     select $1, $2, v.no, v.coin, v.own, v.own, 0, 0, $3 from unnest($4::bigint[], $5::text[], $6::bigint[]) as v (no, coin, own)
     on conflict (tenant_id, environment, venue_account_no, coin) do update set own = excluded.own, updated_at = excluded.updated_at`,
    [
      ...unit.scopeParameters,
      new Date(unit.now),
      positions.map(({ venueAccountNo }) => venueAccountNo),
      positions.map(({ coin }) => coin),
      positions.map(({ own }) => own.toString()),
    ],
  );
}

/** Own positions of all accounts of the scope, without those that are flat. */
export async function loadOwnPositions(unit: ScopedSql): Promise<readonly OwnPosition[]> {
  const rows = await unit.query('select venue_account_no, coin, own from venue_positions where tenant_id = $1 and environment = $2 and own <> 0', [
    ...unit.scopeParameters,
  ]);
  return rows.map((row) => ({ venueAccountNo: Number(row.venue_account_no), coin: String(row.coin), own: BigInt(String(row.own)) }));
}
