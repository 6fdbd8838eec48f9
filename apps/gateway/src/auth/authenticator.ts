import type { ProblemCode } from '@lockstep/delivery';
import { err, ok, type Result } from '@lockstep/kernel';
import type { KeyLookup } from '@lockstep/storage';
import {
  isApiScope,
  type KeyRecord,
  type KeyRefusal,
  mayUseAt,
  narrowingOf,
  type OperatorRole,
  parseApiKey,
  reproveKey,
  type VerifiedKey,
  verifyKey,
} from '@lockstep/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';
import type { Brand } from '../brand/brand';
import { Brands } from '../brand/brands';
import { AddressLists } from './addresses';

const CODES: Readonly<Record<KeyRefusal, ProblemCode>> = {
  unknown_key: 'invalid_key',
  wrong_environment: 'invalid_key',
  revoked: 'key_revoked',
  expired: 'key_expired',
  tenant_closed: 'invalid_key',
  tenant_suspended: 'tenant_suspended',
};

/** A key that is used from an address, at a host of this name; null: it has none a brand could have. */
export interface KeyInUse {
  readonly kid: string;
  readonly address: string;
  readonly host: string | null;
}
/** An operator whose key was proved. */
export interface VerifiedOperator {
  readonly kid: string;
  readonly role: OperatorRole;
}
/** Why a key that was good is so no longer. */
export type KeyLapse = KeyRefusal | 'address_not_allowed';

/** Proves credentials. Never logs or returns any part of a secret. */
@Injectable()
export class Authenticator {
  private readonly addresses = new AddressLists();

  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Brands) private readonly brands: Brands,
  ) {}

  /**
   * A tenant's key from an `Authorization: Bearer` value, used from an address at a brand's host. The record is read on every call, so a revocation acts at
   * once. At a host that is not its own a key is one that nobody has, revoked or not: the same work, the same answer.
   */
  async tenant(authorization: string | null, address: string, brand: Brand | null): Promise<Result<VerifiedKey, ProblemCode>> {
    const text = bearer(authorization);
    if (text === null) return err('missing_key');
    const parsed = parseApiKey(text);
    if (!parsed.ok || parsed.value.kind !== 'tenant') return err('invalid_key');
    const lookup = await this.context.storage.platform((unit) => unit.keyIndex.lookup(parsed.value.kid), { readOnly: true });
    const record = lookup === null || !mayUseAt(lookup, brand) ? undefined : recordOf(lookup);
    const verified = verifyKey(parsed.value, record, this.context.digest, this.context.clock.now());
    if (!verified.ok) return err(CODES[verified.error]);
    return this.addresses.allows(verified.value.allowedAddresses, address) ? verified : err('address_not_allowed');
  }

  /** How keys that were proved before stand now, each used from an address at a host: the key, or why it is no longer good. */
  async standing<U extends KeyInUse>(uses: readonly U[]): Promise<ReadonlyMap<U, Result<VerifiedKey, KeyLapse>>> {
    const kids = [...new Set(uses.map((use) => use.kid))];
    const found = await this.context.storage.platform((unit) => unit.keyIndex.lookupAll(kids), { readOnly: true });
    const records = new Map(found.map((row) => [row.kid, recordOf(row)]));
    const hosts = [...new Set(uses.map((use) => use.host))];
    const brands = new Map(await Promise.all(hosts.map(async (host) => [host, await this.brands.find(host)] as const)));
    const now = this.context.clock.now();
    return new Map(uses.map((use) => [use, this.lapseOf(records.get(use.kid), use.address, brands.get(use.host) ?? null, now)]));
  }

  private lapseOf(record: KeyRecord | undefined, address: string, brand: Brand | null, now: number): Result<VerifiedKey, KeyLapse> {
    if (record === undefined || !mayUseAt(record, brand)) return err('unknown_key');
    const proved = reproveKey(record, now);
    return !proved.ok || this.addresses.allows(record.allowedAddresses, address) ? proved : err('address_not_allowed');
  }

  /** An operator's key. */
  async operator(authorization: string | null): Promise<Result<VerifiedOperator, ProblemCode>> {
    const text = bearer(authorization);
    if (text === null) return err('missing_key');
    const parsed = parseApiKey(text);
    if (!parsed.ok || parsed.value.kind !== 'operator') return err('invalid_key');
    const { kid, key } = parsed.value;
    const row = await this.context.storage.platform((unit) => unit.operatorKeys.findOne({ kid }), { readOnly: true });
    const matches = this.context.digest.equal(this.context.digest.digest(key), row?.digest ?? new Uint8Array(32));
    if (row === null || !matches) return err('invalid_key');
    if (row.status === 'revoked') return err('key_revoked');
    return row.expiresAt !== null && this.context.clock.now() >= row.expiresAt ? err('key_expired') : ok({ kid, role: row.role });
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
  narrowing: narrowingOf(row.narrowedTo),
  allowedAddresses: row.allowedAddresses,
  signed: row.signed,
  sealedSigningSecret: row.signingSecret,
  status: row.status,
  expiresAtMs: row.expiresAt,
  tenantStatus: row.tenantStatus,
  tier: row.tier,
  apiVersion: row.apiVersion,
  tierLimits: row.tierLimits,
});
