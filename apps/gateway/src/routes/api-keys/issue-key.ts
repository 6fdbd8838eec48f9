import { newestVersion } from '@lockstep/delivery';
import type { Environment, EpochMs, Id, TenantId } from '@lockstep/kernel';
import type { ScopedUnit } from '@lockstep/storage';
import { type ApiScope, keyHint, newApiKey, type SigningDemand } from '@lockstep/tenancy';
import type { GatewayContext } from '../../app/context';
import { newSigningSecret } from '../../auth/signing-secrets';

export interface KeyOrder {
  readonly tenantId: TenantId;
  readonly environment: Environment;
  readonly label: string;
  readonly scopes: readonly ApiScope[];
  /** Ids of one kind; none: everything. */
  readonly narrowedTo: readonly string[];
  /** In their one spelling; none: anywhere. */
  readonly allowedAddresses: readonly string[];
  readonly signed: SigningDemand;
  readonly expiresAt: EpochMs | null;
  /** Version of the API it is made for; left out: the newest. */
  readonly apiVersion?: string;
}

export interface IssuedKey {
  readonly id: Id<'apiKey'>;
  /** The whole key: shown this once. */
  readonly secret: string;
  /** What its requests are signed with: shown this once; null where nothing is signed. */
  readonly signingSecret: string | null;
}

/** Makes a key in the unit's scope and its entry in the index. Only the digest is kept. */
export async function issueKey(context: GatewayContext, unit: ScopedUnit, order: KeyOrder): Promise<IssuedKey> {
  const made = newApiKey('tenant', order.environment, context.random);
  const id = context.ids.next('apiKey');
  const scopes = [...order.scopes];
  const narrowedTo = [...order.narrowedTo];
  const allowedAddresses = [...order.allowedAddresses];
  const { signed } = order;
  const signing = signed === 'nothing' ? null : newSigningSecret(context.keys, context.random, order, id);
  const apiVersion = order.apiVersion ?? newestVersion(context.apiCalendar);
  await unit.apiKeys.insert({
    id,
    kid: made.kid,
    label: order.label,
    prefix: keyHint(made),
    last4: made.key.slice(-4),
    scopes,
    narrowedTo,
    allowedAddresses,
    signed,
    apiVersion,
    status: 'active',
    replacedBy: null,
    createdAt: unit.now,
    expiresAt: order.expiresAt,
    revokedAt: null,
    lastUsedAt: null,
  });
  await unit.keyIndex.insert({
    kid: made.kid,
    tenantId: order.tenantId,
    environment: order.environment,
    keyId: id,
    digest: Buffer.from(context.digest.digest(made.key)),
    pepper: context.digest.pepper,
    scopes,
    narrowedTo,
    allowedAddresses,
    signed,
    signingSecret: signing?.sealed ?? null,
    apiVersion,
    status: 'active',
    expiresAt: order.expiresAt,
    createdAt: unit.now,
  });
  return { id, secret: made.key, signingSecret: signing?.secret ?? null };
}
