import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(__dirname, '../../../..');
/** The processes of the platform; the simulated venue stands for somebody else's. */
const PROCESSES = ['gateway', 'engine', 'backoffice'];

describe('HTTP servers', () => {
  it.each(PROCESSES)('of the %s are made with their bounds, in one place', (process) => {
    const own = readdirSync(join(ROOT, 'apps', process, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts') && !name.includes('testing'))
      .filter((name) => /\bcreateServer\b/.test(readFileSync(join(ROOT, 'apps', process, 'src', name), 'utf8')));
    expect(own).toEqual([]);
  });
});
