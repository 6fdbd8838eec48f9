import { text } from '../unit/codec';
import type { ScopedSql } from '../unit/sql';

/** Keeps a ticket's digest until it is used or past its time; tickets of the scope that are past theirs go with the same call. */
export async function keepTicket(
  unit: ScopedSql,
  ticket: { readonly digest: Buffer; readonly kid: string; readonly address: string; readonly expiresAt: number },
): Promise<void> {
  await unit.execute('delete from stream_tickets where tenant_id = $1 and environment = $2 and expires_at <= $3', [
    ...unit.scopeParameters,
    new Date(unit.now),
  ]);
  await unit.execute('insert into stream_tickets (tenant_id, environment, digest, kid, address, expires_at) values ($1, $2, $3, $4, $5, $6)', [
    ...unit.scopeParameters,
    ticket.digest,
    ticket.kid,
    ticket.address,
    new Date(ticket.expiresAt),
  ]);
}

/**
 * Uses a ticket up, by any of the digests it may be kept by, and returns the key it was given to; null when it is unknown, used, past its time or given for another address, from where it
 * stays unused. Of several that try at once one gets it.
 */
export async function useTicket(unit: ScopedSql, digests: readonly Buffer[], address: string): Promise<string | null> {
  const [row] = await unit.query(
    'delete from stream_tickets where tenant_id = $1 and environment = $2 and digest = any($3::bytea[]) and address = $4 and expires_at > $5 returning kid',
    [...unit.scopeParameters, [...digests], address, new Date(unit.now)],
  );
  return row === undefined ? null : text('kid').read(row.kid);
}
