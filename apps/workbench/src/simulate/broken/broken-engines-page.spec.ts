import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BROKEN_ENGINES, brokenEngine } from './broken-engines';
import { CAUGHT_IN } from './caught-in';

const PAGE = readFileSync(`${__dirname}/../../../../../docs/broken-engines.md`, 'utf8');
const named = (cell: string | undefined): readonly string[] => [...(cell ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name ?? '');

/** Rows of the page's tables: rule, broken engines, kinds. */
const rows = PAGE.split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| ---') && !line.includes('| broken engine |'))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, rule, engines, kinds]) => [rule ?? '', named(engines), named(kinds)] as const);

describe('the page of broken engines', () => {
  it('names each of them once', () => {
    const names = rows.flatMap(([, engines]) => engines);
    expect([...names].sort()).toEqual(BROKEN_ENGINES.map(({ name }) => name).sort());
  });

  it.each(rows)('%s: names what its engines are to be caught by', (_, engines, kinds) => {
    const asked = new Set(engines.flatMap((name) => brokenEngine(name).caughtBy));
    expect([...kinds].sort()).toEqual([...asked].sort());
  });
});

describe('the seeds they are known to be caught in', () => {
  it('are of broken engines there are', () => {
    const names = BROKEN_ENGINES.map(({ name }) => name);
    expect(Object.keys(CAUGHT_IN).filter((name) => !names.includes(name))).toEqual([]);
  });

  it('are within those it is looked for in', () => {
    for (const [name, seed] of Object.entries(CAUGHT_IN)) expect(seed > 0 && seed <= 50, name).toBe(true);
  });
});
