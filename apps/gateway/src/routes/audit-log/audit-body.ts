import { idText, livemode, timeText, wireTime } from '@lockstep/delivery';
import type { AuditRow, LinkedLine } from '@lockstep/storage';
import { z } from 'zod';
import { listOf, named } from '../../http/documented';
import { livemodeField, sha256Field } from '../../http/fields';

const fieldsSchema = z.record(z.string(), z.unknown()).nullable();
const lineFields = {
  id: idText('aud'),
  no: z
    .string()
    .regex(/^[1-9]\d{0,17}$/)
    .describe('Its number in the chain: 1, 2, 3 … without holes.'),
  action: z.string().describe('What was done, e.g. `copy.stop`.'),
  target_id: z.string().nullable().describe('The object it was done to.'),
  request_id: z.string().nullable().describe('The `X-Request-Id` of the request.'),
  detail: z.record(z.string(), z.unknown()).describe('What was asked for, without secrets.'),
  before: fieldsSchema.describe('Changed fields as they stood; null: nothing stood, or the engine was asked for something.'),
  after: fieldsSchema.describe('The same fields as they stand since.'),
  previous_digest: sha256Field.describe('Digest of the line before; zeros before the first.'),
  digest: sha256Field.describe('Digest of this line and of the line before it.'),
  created_at: timeText,
};

/** Who did what. */
export const auditSchema = named(
  'AuditEntry',
  z
    .object({ ...lineFields, livemode: livemodeField, actor: z.string().describe('The API key’s id, or `operator:` and an operator key’s kid.') })
    .describe('A line of the audit log. Lines are never changed or removed.'),
);
export const auditListSchema = listOf('AuditLog', auditSchema);

/** What the operator did. */
export const operatorAuditSchema = named(
  'OperatorAuditEntry',
  z
    .object({ ...lineFields, actor: z.string().describe('`operator:` and the operator key’s kid, or `machine`.') })
    .describe('A line of the operator’s audit log. Lines are never changed or removed.'),
);
export const operatorAuditListSchema = listOf('OperatorAuditLog', operatorAuditSchema);

const detailSchema = z.record(z.string(), z.unknown()).catch({});
const changedSchema = z.record(z.string(), z.unknown()).nullable().catch(null);

export const operatorAuditBody = (row: LinkedLine): z.output<typeof operatorAuditSchema> => ({
  id: row.id,
  no: row.no.toString(),
  actor: row.actor,
  action: row.action,
  target_id: row.targetId,
  request_id: row.requestId,
  detail: detailSchema.parse(row.detail),
  before: changedSchema.parse(row.before),
  after: changedSchema.parse(row.after),
  previous_digest: row.previous.toString('hex'),
  digest: row.digest.toString('hex'),
  created_at: wireTime(row.createdAt),
});

export const auditBody = (row: AuditRow): z.output<typeof auditSchema> => ({ ...operatorAuditBody(row), livemode: livemode(row.environment) });
