import { idText, livemode, timeText, wireTime } from '@lockstep/delivery';
import type { ApiKeyRow } from '@lockstep/storage';
import { API_SCOPES, isApiScope, SIGNING_DEMANDS } from '@lockstep/tenancy';
import { z } from 'zod';
import { listOf, named } from '../../http/documented';
import { livemodeField, timeOrNull } from '../../http/fields';

const scopesSchema = z.array(z.enum(API_SCOPES));
export const signedSchema = z
  .enum(SIGNING_DEMANDS)
  .describe('Which of its requests have to be signed: `nothing`, `changes` (all but GET and HEAD) or `everything`.');
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
      allowed_addresses: z.array(z.string()).describe('Addresses and CIDR ranges it may be used from; none: anywhere.'),
      signed: signedSchema,
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
  allowed_addresses: row.allowedAddresses,
  signed: row.signed,
  status: row.status,
  replaced_by: row.replacedBy,
  created_at: wireTime(row.createdAt),
  expires_at: timeOrNull(row.expiresAt),
  revoked_at: timeOrNull(row.revokedAt),
  last_used_at: timeOrNull(row.lastUsedAt),
});
