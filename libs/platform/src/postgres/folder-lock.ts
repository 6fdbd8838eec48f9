import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { err, ok, type Result } from '@lockstep/kernel';
import { z } from 'zod';
import { processStamp } from './process-stamp';

/** Who holds a folder. */
export interface Holder {
  readonly pid: number;
  readonly since: string;
}

export interface FolderLock {
  release(): void;
}

const Content = z.object({ pid: z.number().int().positive(), stamp: z.string(), since: z.string() });
type Content = z.infer<typeof Content>;

const ATTEMPTS = 5;

/**
 * Takes a folder for this process by a file that names the process and when it began. A file left by a dead process, or by one whose
 * number was given to another program since, is taken over. The folder must exist.
 */
export function lockFolder(folder: string, nowMs: number): Result<FolderLock, Holder> {
  const path = join(folder, 'lock');
  const mine: Content = { pid: process.pid, stamp: processStamp(process.pid) ?? '', since: new Date(nowMs).toISOString() };
  const text = JSON.stringify(mine);
  let holder: Holder = { pid: 0, since: '' };
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (claim(path, text)) return ok({ release: () => release(path, text) });
    const found = readLock(path);
    if (found.state === 'gone') continue;
    if (found.content !== null && holds(found.content)) return err({ pid: found.content.pid, since: found.content.since });
    holder = { pid: found.content?.pid ?? 0, since: found.content?.since ?? '' };
    moveAside(path, found.text);
  }
  return err(holder);
}

/** A link is made whole or not at all, so nobody reads half a lock. */
function claim(path: string, text: string): boolean {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text, { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function readLock(path: string): { state: 'gone' } | { state: 'there'; text: string; content: Content | null } {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return { state: 'gone' };
  }
  try {
    return { state: 'there', text, content: Content.parse(JSON.parse(text)) };
  } catch {
    return { state: 'there', text, content: null };
  }
}

function holds(content: Content): boolean {
  const stamp = processStamp(content.pid);
  return stamp !== null && (stamp === content.stamp || stamp === '' || content.stamp === '');
}

/** Removes a dead lock. When another process took the folder between our look and our move, its lock is put back. */
function moveAside(path: string, dead: string): void {
  const aside = `${path}.dead.${process.pid}`;
  try {
    renameSync(path, aside);
    if (readFileSync(aside, 'utf8') !== dead) linkSync(aside, path);
  } catch {
    // Somebody else moved or replaced it first; the next attempt looks again.
  }
  rmSync(aside, { force: true });
}

function release(path: string, text: string): void {
  const found = readLock(path);
  if (found.state === 'there' && found.text === text) rmSync(path, { force: true });
}
