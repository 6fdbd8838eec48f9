import type { EpochMs, Random } from '@lockstep/kernel';
import type { OperatorKeyRow, PlatformUnit } from '@lockstep/storage';
import { type KeyDigest, newApiKey, type OperatorRole } from '@lockstep/tenancy';

export interface OperatorKeyOrder {
  readonly label: string;
  readonly role: OperatorRole;
  readonly expiresAt: EpochMs | null;
  /** The operator who makes it; null: made on the machine. */
  readonly createdBy: string | null;
}

/** Makes a key of the operator. Only its digest is kept; `key` is shown this once. */
export async function issueOperatorKey(
  unit: PlatformUnit,
  digest: KeyDigest,
  random: Random,
  order: OperatorKeyOrder,
): Promise<{ readonly row: OperatorKeyRow; readonly key: string }> {
  const made = newApiKey('operator', 'live', random);
  const row: OperatorKeyRow = {
    kid: made.kid,
    digest: Buffer.from(digest.digest(made.key)),
    pepper: digest.pepper,
    ...order,
    scopes: ['operator'],
    status: 'active',
    createdAt: unit.now,
    revokedAt: null,
    revokedBy: null,
    lastUsedAt: null,
  };
  await unit.operatorKeys.insert(row);
  return { row, key: made.key };
}
