import { idText, livemode, timeText, wireTime } from '@lockstep/delivery';
import type { ApiKeyRow } from '@lockstep/storage';
import { API_SCOPES, isApiScope, NARROWED_MAX, narrowingOf, SIGNING_DEMANDS } from '@lockstep/tenancy';
import { z } from 'zod';
import { listOf, named } from '../../http/documented';
import { livemodeField, timeOrNull } from '../../http/fields';

const scopesSchema = z.array(z.enum(API_SCOPES));
export const signedSchema = z
  .enum(SIGNING_DEMANDS)
  .describe('Which of its requests have to be signed: `nothing`, `changes` (all but GET and HEAD) or `everything`.');
const ids = (prefix: string) => z.array(idText(prefix)).min(1).max(NARROWED_MAX);
export const narrowedSchema = z
  .union([z.strictObject({ leaders: ids('ldr') }), z.strictObject({ followers: ids('flw') }), z.strictObject({ copies: ids('cpy') })])
  .describe('The only leaders, followers or copies it reaches, and what belongs to them. Null: everything.');
export type NarrowedBody = z.output<typeof narrowedSchema>;

export const narrowedIds = (body: NarrowedBody): string[] => [
  ...new Set('leaders' in body ? body.leaders : 'followers' in body ? body.followers : body.copies),
];
function narrowedBody(stored: readonly string[]): NarrowedBody | null {
  const narrowing = narrowingOf(stored);
  if (narrowing === null) return null;
  const list = [...narrowing.ids];
  return narrowing.kind === 'leader' ? { leaders: list } : narrowing.kind === 'follower' ? { followers: list } : { copies: list };
}
const signingSecretField = z.string().nullable().describe('What its requests are signed with: shown this once. Null where nothing is signed.');
const secretField = z.string().describe('The whole key: shown this once and kept nowhere.');

/** A key without its secret. */
export const apiKeySchema = named(
  'ApiKey',
  z
    .object({
      id: idText('key'),
      livemode: livemodeField,
      name: z.string(),
      hint: z.string().describe('What may be shown of the key.'),
      scopes: scopesSchema,
      narrowed_to: narrowedSchema.nullable(),
      allowed_addresses: z.array(z.string()).describe('Addresses and CIDR ranges it may be used from; none: anywhere.'),
      signed: signedSchema,
      api_version: z.string().describe('Version of the API that serves its requests, unless one names another in `Api-Version`.'),
      status: z.enum(['active', 'revoked']),
      replaced_by: idText('key').nullable().describe('The key it was rotated to.'),
      created_at: timeText,
      expires_at: timeText.nullable().describe('First moment it is no longer good; null: never.'),
      revoked_at: timeText.nullable(),
      last_used_at: timeText.nullable().describe('To the minute.'),
    })
    .describe('An API key, without its secret.'),
);
export const apiKeyListSchema = listOf('ApiKeyList', apiKeySchema);
export const newApiKeySchema = named(
  'NewApiKey',
  apiKeySchema.extend({ key: secretField, signing_secret: signingSecretField }).describe('An API key with its secrets.'),
);
export const signingKeySchema = named(
  'SigningApiKey',
  apiKeySchema.extend({ signing_secret: signingSecretField }).describe('An API key with what its requests are signed with.'),
);
export const tenantKeySchema = named(
  'TenantApiKey',
  z
    .object({ id: idText('key'), tenant_id: idText('ten'), livemode: livemodeField, name: z.string(), scopes: scopesSchema, key: secretField })
    .describe('A tenant’s key with its secret.'),
);

export const apiKeyBody = (row: ApiKeyRow): z.output<typeof apiKeySchema> => ({
  id: row.id,
  livemode: livemode(row.environment),
  name: row.label,
  hint: row.prefix,
  scopes: row.scopes.filter(isApiScope),
  narrowed_to: narrowedBody(row.narrowedTo),
  allowed_addresses: row.allowedAddresses,
  signed: row.signed,
  api_version: row.apiVersion,
  status: row.status,
  replaced_by: row.replacedBy,
  created_at: wireTime(row.createdAt),
  expires_at: timeOrNull(row.expiresAt),
  revoked_at: timeOrNull(row.revokedAt),
  last_used_at: timeOrNull(row.lastUsedAt),
});
