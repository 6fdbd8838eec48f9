import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { references, unscoped } from './testing/scope-predicate';

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'testing' ? [] : sources(path);
    return path.endsWith('.ts') && !path.endsWith('.spec.ts') ? [path] : [];
  });
}

/** String and template literals of a file, comments left out; a template's holes stay as they are. */
function literals(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  return [...code.matchAll(/`((?:[^`\\]|\\.)*)`|'((?:[^'\\\n]|\\.)*)'/g)].map((match) => match[1] ?? match[2] ?? '');
}

describe('every statement of this room', () => {
  it('names tenant and environment of every tenant table it reaches', () => {
    const found = sources(__dirname).flatMap((path) =>
      literals(readFileSync(path, 'utf8'))
        .filter((literal) => references(literal).length > 0)
        .map((literal) => ({ path: path.slice(__dirname.length + 1), why: unscoped(literal) })),
    );
    expect(found.length).toBeGreaterThan(40);
    expect(found.filter((statement) => statement.why !== null)).toEqual([]);
  });

  it.each([
    ['select * from copies where id = $1'],
    ['select * from copies where tenant_id = $1'],
    ['select * from copies c join leaders l on l.id = c.leader_id where c.tenant_id = $1 and c.environment = $2'],
    ['update orders set status = $1 where id = $2'],
    ['delete from jobs where environment = $1'],
    ['insert into followers (id, tenant_id) values ($1, $2)'],
  ])('would be caught in: %s', (sql) => {
    expect(unscoped(sql)).not.toBeNull();
  });
});
