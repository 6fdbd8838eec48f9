import { idText, livemode, timeText, wireTime } from '@lockstep/delivery';
import type { ExportRow } from '@lockstep/storage';
import { z } from 'zod';
import { listOf, named } from '../../http/documented';
import { livemodeField, sha256Field, timeOrNull } from '../../http/fields';

export const exportKindField = z.enum(['fills', 'fees']).describe('What the rows are: executions, or fee entries of the ledger.');
export const shownKindField = z
  .enum([...exportKindField.options, 'archive'])
  .describe(
    'What the rows are: executions, fee entries of the ledger, or (`archive`) a table of all that a tenant has, made where it is offboarded.',
  );

/** A file made in the background. */
export const exportSchema = named(
  'Export',
  z
    .object({
      id: idText('exp'),
      livemode: livemodeField,
      kind: shownKindField,
      status: z.enum(['queued', 'running', 'ready', 'failed']),
      error: z.string().nullable().describe('Why it failed.'),
      file_name: z.string().nullable(),
      row_count: z.int().min(0).nullable(),
      byte_count: z.int().min(0).nullable(),
      sha256: sha256Field.nullable().describe('Of the whole file.'),
      created_at: timeText,
      completed_at: timeText.nullable(),
    })
    .describe('A file made in the background.'),
);
export const exportListSchema = listOf('ExportList', exportSchema);

export const exportBody = (row: ExportRow): z.output<typeof exportSchema> => ({
  id: row.id,
  livemode: livemode(row.environment),
  kind: shownKindField.parse(row.kind),
  status: row.status,
  error: row.error,
  file_name: row.fileName,
  row_count: row.rowCount === null ? null : Number(row.rowCount),
  byte_count: row.byteCount === null ? null : Number(row.byteCount),
  sha256: row.sha256?.toString('hex') ?? null,
  created_at: wireTime(row.createdAt),
  completed_at: timeOrNull(row.completedAt),
});
