import type { ScopedSql } from '../unit/sql';

/** A signature that a request came with. */
export interface UsedSignature {
  /** SHA-256 of the signature: the signature itself would still be good. */
  readonly digest: Buffer;
  /** From when on no gateway takes it any more, by its own time. */
  readonly expiresAt: number;
}

/**
 * Notes in `unit` that a signature is used: it is, if and only if the unit stands. False where it was used before. Waits for another unit that is just using it, and
 * goes by what becomes of that one.
 */
export async function useSignature(unit: ScopedSql, { digest, expiresAt }: UsedSignature): Promise<boolean> {
  const noted = await unit.execute(
    'insert into used_signatures (tenant_id, environment, digest, expires_at) values ($1, $2, $3, $4) on conflict do nothing',
    [...unit.scopeParameters, digest, new Date(expiresAt)],
  );
  return noted === 1;
}

/** Removes signatures past their time and returns their number; at most `limit`. */
export async function removeExpiredSignatures(unit: ScopedSql, limit: number): Promise<number> {
  return unit.execute(
    `delete from used_signatures where tenant_id = $1 and environment = $2 and digest in (
       select digest from used_signatures where tenant_id = $1 and environment = $2 and expires_at <= $3 order by expires_at limit $4)`,
    [...unit.scopeParameters, new Date(unit.now), limit],
  );
}
