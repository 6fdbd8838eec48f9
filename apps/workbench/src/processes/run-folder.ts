import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A data folder for one run alone, in the temporary directory. The database's own user must be able to enter it; what is secret in it has its own mode. */
export function makeRunFolder(run: string): string {
  const folder = mkdtempSync(join(tmpdir(), `lockstep-${run}-`));
  chmodSync(folder, 0o711);
  return folder;
}
