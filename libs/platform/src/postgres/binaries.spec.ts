import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findBinaries, restoreLinks, systemBinaries } from './binaries';
import { canReach } from './server-user';

describe('finding PostgreSQL', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lockstep-bin-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const program = (...path: string[]): void => {
    mkdirSync(join(folder, ...path.slice(0, -1)), { recursive: true });
    writeFileSync(join(folder, ...path), '');
  };

  it('prefers what came with npm to what the system has', () => {
    expect(findBinaries()).toMatchObject({ origin: 'package' });
  });

  it('takes the newest complete version of the system', () => {
    for (const version of ['9', '15', '16']) program(version, 'bin', 'postgres');
    for (const version of ['9', '15']) program(version, 'bin', 'initdb');
    expect(systemBinaries(folder)).toMatchObject({ postgres: join(folder, '15', 'bin', 'postgres'), origin: 'system', root: null });
    expect(systemBinaries(join(folder, 'none'))).toBeNull();
  });

  it('makes the links a blocked install script left out, once, and none that leads elsewhere', () => {
    program('native', 'lib', 'libpq.so.5.18');
    writeFileSync(join(folder, 'native', 'lib', 'libpq.so.5.18'), 'library');
    const links = [
      { source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' },
      { source: 'native/lib/absent', target: 'native/lib/absent.so' },
      { source: 'native/lib/libpq.so.5.18', target: '../outside.so' },
    ];
    writeFileSync(join(folder, 'native', 'pg-symlinks.json'), JSON.stringify(links));
    expect(restoreLinks(join(folder, 'native'))).toBe(1);
    expect(readFileSync(join(folder, 'native', 'lib', 'libpq.so.5'), 'utf8')).toBe('library');
    expect(existsSync(join(folder, '..', 'outside.so'))).toBe(false);
    expect(restoreLinks(join(folder, 'native'))).toBe(0);
  });

  it('knows which folders another user may pass through', () => {
    const stranger = { uid: 64_001, gid: 64_001 };
    mkdirSync(join(folder, 'closed', 'open'), { recursive: true, mode: 0o755 });
    chmodSync(folder, 0o711);
    chmodSync(join(folder, 'closed'), 0o700);
    expect(canReach(stranger, join(folder, 'new'))).toBe(true);
    expect(canReach(stranger, join(folder, 'closed', 'x'))).toBe(false);
    expect(canReach(stranger, join(folder, 'closed', 'open', 'x'))).toBe(false);
    expect(canReach(null, join(folder, 'closed', 'x'))).toBe(true);
  });
});
