import { idText, livemode, timeText, wireTime } from '@lockstep/delivery';
import type { AuditRow } from '@lockstep/storage';
import { z } from 'zod';
import { listOf, named } from '../../http/documented';
import { livemodeField } from '../../http/fields';

/** Who did what. */
export const auditSchema = named(
  'AuditEntry',
  z
    .object({
      id: idText('aud'),
      livemode: livemodeField,
      actor: z.string().describe('The API key’s id, or `operator:` and an operator key’s kid.'),
      action: z.string().describe('What was done, e.g. `copy.stop`.'),
      target_id: z.string().nullable().describe('The object it was done to.'),
      request_id: z.string().nullable().describe('The `X-Request-Id` of the request.'),
      detail: z.record(z.string(), z.unknown()).describe('What was asked for, without secrets.'),
      created_at: timeText,
    })
    .describe('A line of the audit log. Lines are never changed or removed.'),
);
export const auditListSchema = listOf('AuditLog', auditSchema);

const detailSchema = z.record(z.string(), z.unknown()).catch({});

export const auditBody = (row: AuditRow): z.output<typeof auditSchema> => ({
  id: row.id,
  livemode: livemode(row.environment),
  actor: row.actor,
  action: row.action,
  target_id: row.targetId,
  request_id: row.requestId,
  detail: detailSchema.parse(row.detail),
  created_at: wireTime(row.createdAt),
});
