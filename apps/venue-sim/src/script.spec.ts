import { describe, expect, it } from 'vitest';
import { createScript, type Script, type ScriptEntry } from './script';

const BLOCK_MS = 25;

interface Stage {
  readonly script: Script;
  /** What was queued, with the time of the block that took it. */
  readonly log: string[];
  readonly entry: (name: string, failed?: boolean) => ScriptEntry;
}

function openStage(): Stage {
  const log: string[] = [];
  let time = 0;
  let waiting: string[] = [];
  const script = createScript({
    now: () => time,
    advanceTo: (to) => {
      for (; time + BLOCK_MS <= to; time += BLOCK_MS) {
        log.push(...waiting.map((name) => `${name}@${time + BLOCK_MS}`));
        waiting = [];
      }
    },
    blockMs: BLOCK_MS,
  });
  return { script, log, entry: (name, failed = false) => ({ queue: () => waiting.push(name), failed }) };
}

describe('a script', () => {
  it('plays one entry per block, and catches up with a clock that was held up', async () => {
    const { script, log, entry } = openStage();
    const played = script.play([entry('a'), entry('b'), entry('c')]);
    script.runUntil(BLOCK_MS - 1);
    expect(log).toEqual([]);
    script.runUntil(BLOCK_MS);
    expect(log).toEqual(['a@25']);
    script.runUntil(10 * BLOCK_MS);
    expect(log).toEqual(['a@25', 'b@50', 'c@75']);
    expect(await played).toBe(3);
  });

  it('plays nothing behind a failed entry, and the next script all the same', async () => {
    const { script, log, entry } = openStage();
    const first = script.play([entry('a'), entry('b', true), entry('c')]);
    const second = script.play([entry('d')]);
    script.runUntil(10 * BLOCK_MS);
    expect(log).toEqual(['a@25', 'b@50', 'd@75']);
    expect([await first, await second]).toEqual([2, 1]);
  });

  it('ends where it is when the world ends', async () => {
    const { script, log, entry } = openStage();
    const played = script.play([entry('a'), entry('b')]);
    script.runUntil(BLOCK_MS);
    script.end();
    script.runUntil(10 * BLOCK_MS);
    expect(log).toEqual(['a@25']);
    expect(await played).toBe(1);
    expect(await script.play([])).toBe(0);
  });
});
