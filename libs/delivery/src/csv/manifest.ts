import { createHash } from 'node:crypto';
import { z } from 'zod';
import { decimalText, timeText } from '../wire';

/** Changes when a file's columns or the manifest's members do. */
export const FILE_SCHEMA_VERSION = 1;

const hexDigest = z.string().regex(/^[0-9a-f]{64}$/);
export const controlTotalSchema = z.object({
  asset: z.string(),
  /** Ledger account name without the copy's id; `*` is the whole asset. */
  account: z.string(),
  debits: decimalText,
  credits: decimalText,
  closing: decimalText,
  entry_count: z.int().min(0),
});

/** What a file holds and how to prove it: published beside every file. */
export const manifestSchema = z
  .object({
    schema_version: z.literal(FILE_SCHEMA_VERSION),
    kind: z.enum(['settlement', 'fills', 'fees', 'archive']),
    file_name: z.string(),
    tenant_id: z.string(),
    environment: z.enum(['live', 'test']),
    period: z.object({ start: timeText, end: timeText }),
    /** Last ledger transaction that was seen; every later one belongs to a later period. */
    as_of_sequence: z.string().regex(/^\d+$/),
    /** Hash of that transaction in the tenant's ledger chain; empty before the first. */
    as_of_hash: z.string().regex(/^([0-9a-f]{64})?$/),
    row_count: z.int().min(0),
    byte_count: z.int().min(0),
    control_totals: z.array(controlTotalSchema),
    sha256: hexDigest,
    /** Settlements are chained: hash of the manifest of the settlement before; null for the first and for other files. */
    previous_manifest_sha256: hexDigest.nullable(),
  })
  .meta({ id: 'Manifest' });

export type Manifest = z.infer<typeof manifestSchema>;
export type WireControlTotal = z.infer<typeof controlTotalSchema>;

/** The manifest's bytes: members in the schema's order, no spaces, so that the same manifest always has the same hash. */
export const manifestText = (manifest: Manifest): string => JSON.stringify(manifestSchema.parse(manifest));

/** SHA-256 of the manifest's text, lower-case hexadecimal: what the next manifest carries. */
export const manifestHash = (manifest: Manifest): string => createHash('sha256').update(manifestText(manifest), 'utf8').digest('hex');
