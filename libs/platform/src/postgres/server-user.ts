import { execFileSync } from 'node:child_process';
import { type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** The operating system's user a server runs as. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * PostgreSQL refuses to run as root. For root this gives the user `postgres`, made when missing; for everyone else null: the server runs as the caller.
 * Throws when root has no such user and cannot make one.
 */
export function serverUser(): ServerUser | null {
  if (process.getuid?.() !== 0) return null;
  const found = lookUp();
  if (found !== null) return found;
  try {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres'], { stdio: 'ignore' });
  } catch {
    throw new Error('PostgreSQL does not run as root, and no user "postgres" could be made. Make one, start as another user, or set DATABASE_URL.');
  }
  const made = lookUp();
  if (made === null) throw new Error('The user "postgres" was made but is not found. Start as another user, or set DATABASE_URL.');
  return made;
}

function lookUp(): ServerUser | null {
  const number = (flag: '-u' | '-g'): number =>
    Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: number('-u'), gid: number('-g') };
  } catch {
    return null;
  }
}

/** True when the user may pass through every folder above `path`; the path itself need not exist. */
export function canReach(user: ServerUser | null, path: string): boolean {
  if (user === null) return true;
  const above = dirname(path);
  if (above === path) return true;
  if (!canReach(user, above)) return false;
  const stats = statSync(above, { throwIfNoEntry: false });
  return stats === undefined || mayEnter(user, stats);
}

function mayEnter(user: ServerUser, stats: Stats): boolean {
  if (stats.uid === user.uid) return (stats.mode & 0o100) !== 0;
  if (stats.gid === user.gid) return (stats.mode & 0o010) !== 0;
  return (stats.mode & 0o001) !== 0;
}
