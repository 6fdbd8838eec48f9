import { idText, livemode, manifestSchema, timeText, wireTime } from '@lockstep/delivery';
import type { SettlementRow } from '@lockstep/storage';
import { z } from 'zod';
import { listOf, named } from '../../http/documented';
import { livemodeField, sha256Field, timeOrNull } from '../../http/fields';

/** A period of a tenant's ledger, closed once. */
export const settlementSchema = named(
  'Settlement',
  z
    .object({
      id: idText('stl'),
      livemode: livemodeField,
      from: timeText,
      to: timeText.describe('First moment after the period.'),
      status: z.enum(['closing', 'closed']),
      through_sequence: z.string().nullable().describe('Last ledger transaction it covers; later ones belong to the next.'),
      manifest: manifestSchema.nullable().describe('Null while it is closing.'),
      manifest_sha256: sha256Field.nullable(),
      previous_manifest_sha256: sha256Field.nullable().describe('Settlements are chained; null for the first.'),
      created_at: timeText,
      closed_at: timeText.nullable(),
    })
    .describe('A closed period, or one that is being closed.'),
);
export const settlementListSchema = listOf('SettlementList', settlementSchema);

export const settlementBody = (row: SettlementRow): z.output<typeof settlementSchema> => ({
  id: row.id,
  livemode: livemode(row.environment),
  from: wireTime(row.periodStart),
  to: wireTime(row.periodEnd),
  status: row.status,
  through_sequence: row.throughSeq?.toString() ?? null,
  manifest: row.manifest === null ? null : manifestSchema.parse(row.manifest),
  manifest_sha256: row.manifestHash?.toString('hex') ?? null,
  previous_manifest_sha256: row.prevManifestHash?.toString('hex') ?? null,
  created_at: wireTime(row.createdAt),
  closed_at: timeOrNull(row.closedAt),
});
