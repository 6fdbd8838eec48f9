import type { ProblemCode } from '@lockstep/delivery';
import { err, ok, type Result } from '@lockstep/kernel';
import type { KeyLookup } from '@lockstep/storage';
import { isApiScope, type KeyRecord, type KeyRefusal, parseApiKey, reproveKey, type VerifiedKey, verifyKey } from '@lockstep/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';

const CODES: Readonly<Record<KeyRefusal, ProblemCode>> = {
  unknown_key: 'invalid_key',
  wrong_environment: 'invalid_key',
  revoked: 'key_revoked',
  expired: 'key_expired',
  tenant_closed: 'invalid_key',
  tenant_suspended: 'tenant_suspended',
};

/** Proves credentials. Never logs or returns any part of a secret. */
@Injectable()
export class Authenticator {
  constructor(@Inject(CONTEXT) private readonly context: GatewayContext) {}

  /** A tenant's key from an `Authorization: Bearer` value. The record is read on every call, so a revocation acts at once. */
  async tenant(authorization: string | null): Promise<Result<VerifiedKey, ProblemCode>> {
    const text = bearer(authorization);
    if (text === null) return err('missing_key');
    const parsed = parseApiKey(text);
    if (!parsed.ok || parsed.value.kind !== 'tenant') return err('invalid_key');
    const lookup = await this.context.storage.platform((unit) => unit.keyIndex.lookup(parsed.value.kid), { readOnly: true });
    const verified = verifyKey(parsed.value, lookup === null ? undefined : recordOf(lookup), this.context.digest, this.context.clock.now());
    return verified.ok ? verified : err(CODES[verified.error]);
  }

  /** A key that is still good, by its kid, for whoever proves to have been given a ticket for it; null otherwise. */
  async standing(kid: string): Promise<VerifiedKey | null> {
    const lookup = await this.context.storage.platform((unit) => unit.keyIndex.lookup(kid), { readOnly: true });
    const proved = lookup === null ? null : reproveKey(recordOf(lookup), this.context.clock.now());
    return proved?.ok === true ? proved.value : null;
  }

  /** An operator's key; returns its kid. */
  async operator(authorization: string | null): Promise<Result<string, ProblemCode>> {
    const text = bearer(authorization);
    if (text === null) return err('missing_key');
    const parsed = parseApiKey(text);
    if (!parsed.ok || parsed.value.kind !== 'operator') return err('invalid_key');
    const { kid, key } = parsed.value;
    const row = await this.context.storage.platform((unit) => unit.operatorKeys.findOne({ kid }), { readOnly: true });
    const matches = this.context.digest.equal(this.context.digest.digest(key), row?.digest ?? new Uint8Array(32));
    if (row === null || !matches) return err('invalid_key');
    if (row.status === 'revoked') return err('key_revoked');
    return row.expiresAt !== null && this.context.clock.now() >= row.expiresAt ? err('key_expired') : ok(kid);
  }
}

function bearer(authorization: string | null): string | null {
  const match = authorization === null ? null : /^Bearer ([!-~]{1,200})$/i.exec(authorization.trim());
  return match?.[1] ?? null;
}

const recordOf = (row: KeyLookup): KeyRecord => ({
  kid: row.kid,
  keyId: row.keyId,
  tenantId: row.tenantId,
  environment: row.environment,
  digest: row.digest,
  scopes: row.scopes.filter(isApiScope),
  status: row.status,
  expiresAtMs: row.expiresAt,
  tenantStatus: row.tenantStatus,
  tier: row.tier,
  apiVersion: row.apiVersion,
  tierLimits: row.tierLimits,
});
