import type { Branded, Environment, EpochMs, Id, Result, TenantId } from '@lockstep/kernel';
import { err, ok } from '@lockstep/kernel';
import type { ParsedApiKey } from './api-key';
import type { ApiScope } from './api-scopes';
import type { Narrowing } from './narrowing';
import type { SigningDemand } from './signed-request';

/** The keyed digest of whole keys (HMAC-SHA-256 with a pepper). While peppers are renewed there are several. */
export interface KeyDigest {
  /** Id of the newest pepper, by which digests are made. */
  readonly pepper: string;
  /** What is kept of a key. */
  digest(key: string): Uint8Array;
  /** What may be kept of it, one for each pepper that is held, the newest first. */
  digests(key: string): readonly Uint8Array[];
  /** Constant-time comparison; different lengths are unequal. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
}

/** What the key index knows of a key, found by kid. */
export interface KeyRecord {
  readonly kid: string;
  readonly keyId: Id<'apiKey'>;
  readonly tenantId: TenantId;
  readonly environment: Environment;
  readonly digest: Uint8Array;
  readonly scopes: readonly ApiScope[];
  /** The only objects it reaches; null: all of its tenant's environment. */
  readonly narrowing: Narrowing | null;
  /** Addresses and ranges it may be used from; none: anywhere. */
  readonly allowedAddresses: readonly string[];
  /** Which of its requests have to be signed. */
  readonly signed: SigningDemand;
  /** What they are signed with, sealed; null where nothing is signed. */
  readonly sealedSigningSecret: Uint8Array | null;
  readonly status: 'active' | 'revoked';
  /** First moment the key is no longer good; null: never. Rotation with overlap sets it on the old key. */
  readonly expiresAtMs: EpochMs | null;
  /** A suspended tenant's keys answer 403, a closed tenant's 401; those of one that is on its way out read (`readsOnly`). */
  readonly tenantStatus: 'active' | 'suspended' | 'offboarding' | 'closed';
  readonly tier: string;
  /** Version of the API that answers it unless a request asks for another. */
  readonly apiVersion: string;
  /** The tier's limits as they are kept; null where the tier is unknown. Unread: `readTier` of the gateway makes a tier of them. */
  readonly tierLimits: string | null;
  /** Until when faults that its test environment has set may strike (`faultScopeOf`); null: there are none. */
  readonly faultsUntilMs: EpochMs | null;
}

/** A record whose digest matched the presented key. Only `verifyKey` and `reproveKey` make one. */
export type VerifiedKey = Branded<KeyRecord, 'VerifiedKey'>;

export type KeyRefusal = 'unknown_key' | 'wrong_environment' | 'revoked' | 'expired' | 'tenant_closed' | 'tenant_suspended';

/** Whether a key may read and change nothing, stops apart: its tenant is being offboarded. */
export const readsOnly = (key: Pick<KeyRecord, 'tenantStatus'>): boolean => key.tenantStatus === 'offboarding';

const NOBODY = new Uint8Array(32);

/** Whether a kept digest is a key's, under any pepper. All are made and compared, whichever it is: time tells nothing. */
export function isDigestOf(key: string, kept: Uint8Array | undefined, digest: KeyDigest): boolean {
  const found = digest.digests(key).map((one) => digest.equal(one, kept ?? NOBODY));
  return kept !== undefined && found.includes(true);
}

/**
 * Decides whether a parsed key opens a record. `record` undefined is an unknown kid: the same digest work is done, so that time tells nothing.
 * A wrong secret is `unknown_key` too: the answer must not confirm that a kid exists.
 */
export function verifyKey(presented: ParsedApiKey, record: KeyRecord | undefined, digest: KeyDigest, now: EpochMs): Result<VerifiedKey, KeyRefusal> {
  const matches = isDigestOf(presented.key, record?.digest, digest);
  if (record === undefined || !matches || record.kid !== presented.kid) return err('unknown_key');
  if (record.environment !== presented.environment) return err('wrong_environment');
  return reproveKey(record, now);
}

/** The same decision about a key whose holder proved its secret before and was given a ticket for it: everything but the secret is judged again. */
export function reproveKey(record: KeyRecord, now: EpochMs): Result<VerifiedKey, KeyRefusal> {
  if (record.status === 'revoked') return err('revoked');
  if (record.expiresAtMs !== null && now >= record.expiresAtMs) return err('expired');
  if (record.tenantStatus === 'closed') return err('tenant_closed');
  if (record.tenantStatus === 'suspended') return err('tenant_suspended');
  return ok(record as VerifiedKey);
}
