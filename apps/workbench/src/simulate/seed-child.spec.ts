import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SeedOutcome, SeedWork } from './outcome';
import { SeedProcess } from './seed-child';

const WORK: SeedWork = { seeds: [7], steps: 1, broken: null, store: 'memory', serverUrl: null, recorded: null, until: [] };

describe('the process a seed is played in', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'seed-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each<[string, string, number, string]>([
    ['hangs', 'process.on("message", () => undefined);', 300, 'it said nothing for 0.3 s, and was ended'],
    ['dies', 'process.on("message", () => { console.error("out of memory"); process.exit(1); });', 60_000, 'out of memory'],
    ['dies and says nothing', 'process.on("message", () => process.exit(1));', 60_000, 'without a word'],
  ])('that %s is the outcome of its seed, with the reason', async (_what, script, silentMs, why) => {
    const entry = join(folder, 'entry.js');
    writeFileSync(entry, script);
    const told: SeedOutcome[] = [];
    const child = new SeedProcess(true, { memory: silentMs, postgres: silentMs }, entry);
    await child.run(WORK, (outcome) => told.push(outcome));
    expect(told).toMatchObject([{ seed: 7, failure: `its process ended: ${why}` }]);
    expect(child.lives).toBe(false);
  });
});
