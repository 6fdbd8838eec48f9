import { idText, livemode, timeText, wireTime } from '@lockstep/delivery';
import type { ApiKeyRow } from '@lockstep/storage';
import { API_SCOPES, isApiScope } from '@lockstep/tenancy';
import { z } from 'zod';
import { listOf, named } from '../../http/documented';
import { livemodeField, timeOrNull } from '../../http/fields';

const scopesSchema = z.array(z.enum(API_SCOPES));
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
export const newApiKeySchema = named('NewApiKey', apiKeySchema.extend({ key: secretField }).describe('An API key with its secret.'));
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
  api_version: row.apiVersion,
  status: row.status,
  replaced_by: row.replacedBy,
  created_at: wireTime(row.createdAt),
  expires_at: timeOrNull(row.expiresAt),
  revoked_at: timeOrNull(row.revokedAt),
  last_used_at: timeOrNull(row.lastUsedAt),
});
