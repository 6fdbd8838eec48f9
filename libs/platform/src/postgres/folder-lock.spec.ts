import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockFolder } from './folder-lock';
import { isAlive, processStamp } from './process-stamp';

const NOW_MS = Date.UTC(2026, 10, 22);
/** Above the largest process number any system gives. */
const NO_PROCESS = 2 ** 22 + 1;

describe('the lock of a data folder', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lockstep-lock-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const leave = (content: unknown): void => writeFileSync(join(folder, 'lock'), typeof content === 'string' ? content : JSON.stringify(content));

  it('is held by one and names the holder to the next', () => {
    const first = lockFolder(folder, NOW_MS);
    expect(first.ok).toBe(true);
    expect(lockFolder(folder, NOW_MS + 1)).toEqual({ ok: false, error: { pid: process.pid, since: '2026-11-22T00:00:00.000Z' } });
    if (first.ok) first.value.release();
    expect(readdirSync(folder)).toEqual([]);
    expect(lockFolder(folder, NOW_MS).ok).toBe(true);
  });

  it.each([
    ['a process that is gone', { pid: NO_PROCESS, stamp: 'x', since: '' }],
    ['a process number that was given again', { pid: process.pid, stamp: 'an earlier start', since: '' }],
    ['nobody knows whom', 'half a lo'],
  ])('is taken over from %s', (_what, content) => {
    leave(content);
    expect(lockFolder(folder, NOW_MS).ok).toBe(true);
    expect(JSON.parse(readFileSync(join(folder, 'lock'), 'utf8'))).toMatchObject({ pid: process.pid });
    expect(readdirSync(folder)).toEqual(['lock']);
  });

  it('is not released by one who has lost it', () => {
    const first = lockFolder(folder, NOW_MS);
    leave({ pid: 1, stamp: processStamp(1) ?? '', since: 'later' });
    if (first.ok) first.value.release();
    expect(existsSync(join(folder, 'lock'))).toBe(true);
  });
});

describe('the stamp of a process', () => {
  it('stays the same while it runs and is null for none', () => {
    expect(processStamp(process.pid)).toBe(processStamp(process.pid));
    // The parent may have started in the same clock tick; the first process of the machine did not.
    expect(processStamp(1)).not.toBe(processStamp(process.pid));
    expect(processStamp(NO_PROCESS)).toBeNull();
    expect(isAlive(NO_PROCESS)).toBe(false);
  });
});
