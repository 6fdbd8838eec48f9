import type { ProblemCode } from '@lockstep/delivery';
import { err, ok, type Result } from '@lockstep/kernel';
import type { KeyLookup } from '@lockstep/storage';
import {
  isApiScope,
  isDigestOf,
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
import { AskedTogether } from '../app/asked-together';
import { CONTEXT, type GatewayContext } from '../app/context';
import type { Brand } from '../brand/brand';
import { Brands } from '../brand/brands';
import { AddressLists } from './addresses';
import { bearer } from './key-advice';
import { DigestRenewal } from './renew-digests';

const CODES: Readonly<Record<KeyRefusal, ProblemCode>> = {
  unknown_key: 'invalid_key',
  wrong_environment: 'invalid_key',
  revoked: 'key_revoked',
  expired: 'key_expired',
  tenant_closed: 'invalid_key',
  tenant_suspended: 'tenant_suspended',
};

/** Keys of one lookup at most. */
const KIDS_PER_QUESTION = 500;

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
  /** Records are read anew for each request, and of requests that come at once together. */
  private readonly lookups: AskedTogether<KeyLookup>;
  private readonly renewal: DigestRenewal;

  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Brands) private readonly brands: Brands,
  ) {
    this.renewal = new DigestRenewal(context);
    this.lookups = new AskedTogether(
      async (kids) => {
        const found = await context.storage.platform((unit) => unit.keyIndex.lookupAll(kids), { readOnly: true });
        return new Map(found.map((row) => [row.kid, row]));
      },
      { namesMax: KIDS_PER_QUESTION, questionsMax: 1 },
    );
  }

  /**
   * A tenant's key from an `Authorization: Bearer` value, used from an address at a brand's host. The record is read after every call, so a revocation acts at
   * once. At a host that is not its own a key is one that nobody has, revoked or not: the same work, the same answer.
   */
  async tenant(authorization: string | null, address: string, brand: Brand | null): Promise<Result<VerifiedKey, ProblemCode>> {
    const text = bearer(authorization);
    if (text === null) return err('missing_key');
    const parsed = parseApiKey(text);
    if (!parsed.ok || parsed.value.kind !== 'tenant') return err('invalid_key');
    const lookup = await this.lookups.find(parsed.value.kid);
    const record = lookup === null || !mayUseAt(lookup, brand) ? undefined : recordOf(lookup);
    const verified = verifyKey(parsed.value, record, this.context.digest, this.context.clock.now());
    if (!verified.ok) return err(CODES[verified.error]);
    if (lookup !== null) this.renewal.tenant(parsed.value.key, lookup);
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
    if (!isDigestOf(key, row?.digest, this.context.digest) || row === null) return err('invalid_key');
    if (row.status === 'revoked') return err('key_revoked');
    if (row.expiresAt !== null && this.context.clock.now() >= row.expiresAt) return err('key_expired');
    this.renewal.operator(key, row);
    return ok({ kid, role: row.role });
  }
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
  faultsUntilMs: row.faultsUntil,
});
