import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { METRICS } from './names';

const ROOT = join(__dirname, '../../../..');

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts') && !name.endsWith(join('metrics', 'names.ts')))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}

describe('every metric', () => {
  it('is fed by some process: one that never moves tells an operator what is not so', () => {
    const sources = [...sourcesBelow(join(ROOT, 'apps')), ...sourcesBelow(join(ROOT, 'libs'))].join('\n');
    expect(Object.keys(METRICS).filter((name) => !sources.includes(`'${name}'`))).toEqual([]);
  });

  it('is named in the documents, and so is every kind of alarm with what to look at', () => {
    const documents = ['api.md', 'operations.md'].map((name) => readFileSync(join(ROOT, 'docs', name), 'utf8')).join('\n');
    expect(Object.keys(METRICS).filter((name) => !documents.includes(`\`${name}\``))).toEqual([]);
    expect(METRICS.lockstep_alarms_total.labels.kind.filter((kind) => !documents.includes(`\n| \`${kind}\` | `))).toEqual([]);
  });
});
