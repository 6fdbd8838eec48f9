import { timeText, wireTime } from '@lockstep/delivery';
import type { OperatorKeyRow } from '@lockstep/storage';
import { OPERATOR_ROLES } from '@lockstep/tenancy';
import { z } from 'zod';
import { listOf, named } from '../http/documented';
import { timeOrNull } from '../http/fields';

export const roleField = z
  .enum(OPERATOR_ROLES)
  .describe('`admin`: everything. `risk`: read, engage and release kill switches, change limits. `support`: read.');

/** An operator's key without its secret. */
export const operatorKeySchema = named(
  'OperatorKey',
  z
    .object({
      kid: z.string().describe('Names the key; no secret.'),
      name: z.string(),
      role: roleField,
      status: z.enum(['active', 'revoked']),
      created_at: timeText,
      created_by: z.string().nullable().describe('`operator:` and the kid of the key that made it; null: made on the machine.'),
      expires_at: timeText.nullable().describe('First moment it is no longer good; null: never.'),
      revoked_at: timeText.nullable(),
      revoked_by: z.string().nullable(),
      last_used_at: timeText.nullable().describe('To the minute.'),
    })
    .describe('A key of the operator, without its secret.'),
);
export const operatorKeyListSchema = listOf('OperatorKeyList', operatorKeySchema);
export const newOperatorKeySchema = named(
  'NewOperatorKey',
  operatorKeySchema
    .extend({ key: z.string().describe('The whole key: shown this once and kept nowhere.') })
    .describe('A key of the operator with its secret.'),
);

export const operatorKeyBody = (row: OperatorKeyRow): z.output<typeof operatorKeySchema> => ({
  kid: row.kid,
  name: row.label,
  role: row.role,
  status: row.status,
  created_at: wireTime(row.createdAt),
  created_by: row.createdBy,
  expires_at: timeOrNull(row.expiresAt),
  revoked_at: timeOrNull(row.revokedAt),
  revoked_by: row.revokedBy,
  last_used_at: timeOrNull(row.lastUsedAt),
});
