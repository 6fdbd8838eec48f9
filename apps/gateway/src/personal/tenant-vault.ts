import { type FollowerId, present, type TenantScope, unwrap } from '@lockstep/kernel';
import {
  type GatewayKeys,
  type KeyedSeal,
  keyedSeal,
  lookupDigest,
  makeDataKey,
  opener,
  publicKeyOf,
  Secret,
  sealer,
  sealingContext,
} from '@lockstep/platform';
import type { ScopedUnit } from '@lockstep/storage';

/** What opens and seals the tenants' keys. */
export type PersonalKeys = Pick<GatewayKeys, 'personalDataKeys'>;

/** A name as it is kept. */
export interface KeptName {
  readonly sealedKey: Buffer;
  readonly sealedRef: Buffer;
  readonly digest: Buffer;
}

/** Place of a scope's own key among its contexts; ids of followers never have this form. */
const TENANT_KEY = 'tenant_key';

/** The key of one scope, opened for one unit of work: seals names under new keys of their followers, and opens them. */
export class TenantVault {
  private readonly seal: KeyedSeal;

  constructor(
    private readonly scope: TenantScope,
    private readonly key: Secret<Uint8Array>,
  ) {
    this.seal = keyedSeal(key);
  }

  /** By which a name is found again. */
  digestOf(name: string): Buffer {
    return lookupDigest(this.key, name);
  }

  /** A digest that no name has, for one that another follower was given too: a name has no control characters. */
  digestOfNone(followerId: FollowerId): Buffer {
    return lookupDigest(this.key, `\u0000${followerId}`);
  }

  /** A name under a new key of its follower, which is sealed with the scope's. */
  keep(followerId: FollowerId, name: string): KeptName {
    const own = makeDataKey();
    const context = this.contextOf(followerId);
    return {
      sealedKey: Buffer.from(this.seal.seal(own.reveal(), context)),
      sealedRef: Buffer.from(keyedSeal(own).seal(new TextEncoder().encode(name), context)),
      digest: this.digestOf(name),
    };
  }

  /** The name again. Throws when key or name were changed or belong to another follower. */
  open(followerId: FollowerId, { sealedKey, sealedRef }: Pick<KeptName, 'sealedKey' | 'sealedRef'>): string {
    const context = this.contextOf(followerId);
    const own = new Secret(unwrap(this.seal.open(sealedKey, context), 'a follower’s key opens'));
    return new TextDecoder().decode(unwrap(keyedSeal(own).open(sealedRef, context), 'a follower’s name opens'));
  }

  private contextOf(followerId: FollowerId): string {
    return sealingContext(this.scope.tenantId, this.scope.environment, followerId);
  }
}

/** The scope's vault; null where it never kept anything personal, or its key was destroyed. */
export async function openVault(keys: PersonalKeys, unit: ScopedUnit): Promise<TenantVault | null> {
  const sealed = await unit.tenantKeys.sealed();
  return sealed === null ? null : vaultOf(keys, unit.scope, sealed);
}

/** As {@link openVault}; a scope that has no key gets one. */
export async function openOrMakeVault(keys: PersonalKeys, unit: ScopedUnit): Promise<TenantVault> {
  const standing = await openVault(keys, unit);
  if (standing !== null) return standing;
  const made = sealTenantKey(keys, unit.scope, makeDataKey().reveal());
  return vaultOf(keys, unit.scope, await unit.tenantKeys.keep(made));
}

/** A scope's key in a box for the newest of the deployment's keys. */
export function sealTenantKey(keys: PersonalKeys, scope: TenantScope, key: Uint8Array): Buffer {
  const newest = present(keys.personalDataKeys[0], 'a key for personal data');
  return Buffer.from(sealer(publicKeyOf(newest)).seal(key, contextOfScope(scope)));
}

/** A scope's key out of its box. Throws where none of the deployment's keys opens it. */
export function openTenantKey(keys: PersonalKeys, scope: TenantScope, sealed: Buffer): Secret<Uint8Array> {
  return new Secret(unwrap(opener(keys.personalDataKeys).open(sealed, contextOfScope(scope)), 'the key of a tenant’s personal data opens'));
}

/** The vault of a scope by its sealed key. Throws where none of the deployment's keys opens it. */
export const vaultOf = (keys: PersonalKeys, scope: TenantScope, sealed: Buffer): TenantVault =>
  new TenantVault(scope, openTenantKey(keys, scope, sealed));

const contextOfScope = ({ tenantId, environment }: TenantScope): string => sealingContext(tenantId, environment, TENANT_KEY);
