import { createHash } from 'node:crypto';
import { FILE_SCHEMA_VERSION, type Manifest, manifestHash } from '@lockstep/delivery';
import { type Id, present } from '@lockstep/kernel';
import { closeSettlement, keepFile, keepManifest, publishExport } from '@lockstep/storage';
import type { GatewayRig, RigTenant } from './rig';

const CHUNK_BYTES = 1_000;

export const FILE = Buffer.from(`account,net\r\n${Array.from({ length: 400 }, (_, no) => `row-${no},1\r\n`).join('')}`);
export const FILE_SHA256 = createHash('sha256').update(FILE).digest();

/** The manifest of the file above. */
export const manifestOf = (tenant: RigTenant, kind: Manifest['kind'], fileName: string): Manifest => ({
  schema_version: FILE_SCHEMA_VERSION,
  kind,
  file_name: fileName,
  tenant_id: tenant.id,
  environment: 'test',
  period: { start: '2026-01-01T00:00:00.000Z', end: '2026-01-02T00:00:00.000Z' },
  as_of_sequence: '0',
  as_of_hash: '',
  row_count: 400,
  byte_count: FILE.length,
  control_totals: [],
  sha256: FILE_SHA256.toString('hex'),
  previous_manifest_sha256: null,
});

/** Renders an export as the back office does: the file in chunks, then its manifest. */
export async function renderAsBackoffice(rig: GatewayRig, tenant: RigTenant, id: Id<'export'>, manifest: Manifest): Promise<void> {
  await rig.backoffice.scoped(tenant.scope, async (unit) => {
    for (let no = 0; no * CHUNK_BYTES < FILE.length; no += 1)
      await unit.exports.addChunk(id, no, BigInt(no * CHUNK_BYTES), FILE.subarray(no * CHUNK_BYTES, (no + 1) * CHUNK_BYTES));
    await keepFile(unit, id, { fileName: manifest.file_name, rowCount: 400n, byteCount: BigInt(FILE.length), sha256: FILE_SHA256, manifest });
    await publishExport(unit, id);
  });
}

/** Renders a settlement's file and closes it. */
export async function closeAsBackoffice(rig: GatewayRig, tenant: RigTenant, id: Id<'settlement'>): Promise<Manifest> {
  const manifest = manifestOf(tenant, 'settlement', 'settlement_x.csv');
  const row = await rig.backoffice.scoped(tenant.scope, (unit) => unit.settlements.findOne({ id }));
  const file = present(present(row, 'the settlement').exportId, 'its export');
  await renderAsBackoffice(rig, tenant, file, manifest);
  await rig.backoffice.scoped(tenant.scope, async (unit) => {
    await keepManifest(unit, id, { manifest, manifestHash: Buffer.from(manifestHash(manifest), 'hex'), previousManifestHash: null });
    await closeSettlement(unit, id);
  });
  return manifest;
}
