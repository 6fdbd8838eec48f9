import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const TABLE = readFileSync('docs/security.md', 'utf8');
/** A row's first word and its last column. */
const ROWS = [...TABLE.matchAll(/^\| (API\d+) [^|]*\|[^|]*\|([^|]*)\|$/gm)].map(([, risk = '', held = '']) => ({ risk, held }));

describe('the table of risks', () => {
  it('has every row of the ten', () => {
    expect(ROWS.map(({ risk }) => risk)).toEqual(Array.from({ length: 10 }, (_, index) => `API${index + 1}`));
  });

  it.each(ROWS.map(({ risk, held }) => [risk, held]))('%s names tests that there are', (_risk, held) => {
    const named = [...held.matchAll(/`([^`]+\.spec\.ts)`(?: \*([^*]+)\*)?/g)].map(([, file = '', title]) => ({ file, title }));
    expect(named.length).toBeGreaterThan(0);
    for (const { file, title } of named) {
      const text = readFileSync(file, 'utf8');
      const titles = [...text.matchAll(/describe(?:\.\w+\([^'`]*\))?\(\s*['`]([^'`]+)/g)].map(([, found]) => found ?? '');
      if (title !== undefined) expect([file, title, titles.filter((found) => found.startsWith(title)).length]).toEqual([file, title, 1]);
    }
  });
});
