import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unwrap } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { type ConfigProblem, describeProblems, type Environ, loadConfig } from './config';
import { renderConfigurationDocument } from './document';
import { nearest } from './nearest';
import { PROCESSES, type ProcessName, VARIABLE_NAMES, VARIABLES } from './variables';

const DATABASE = { DATABASE_URL: 'postgres://owner:hunter2@db:5432/lockstep' };

function problemsOf(process: ProcessName, environ: Environ): readonly ConfigProblem[] {
  const loaded = loadConfig(process, environ);
  return loaded.ok ? [] : loaded.error;
}

describe('configuration', () => {
  it('of each process loads from the database address alone, all else has a default', () => {
    for (const process of PROCESSES) expect(problemsOf(process, DATABASE)).toEqual([]);
  });

  it('is typed, parsed and holds secrets as secrets', () => {
    const config = unwrap(
      loadConfig('gateway', { ...DATABASE, LOCKSTEP_GATEWAY_PORT: '9000', LOCKSTEP_ALLOWED_ORIGINS: 'https://a.example/, https://b.example' }),
      'config',
    );
    expect(config.gatewayPort).toBe(9_000);
    expect(config.allowedOrigins).toEqual(['https://a.example', 'https://b.example']);
    expect(config.databaseUrl?.reveal()).toBe(DATABASE.DATABASE_URL);
    expect(config.redisUrl).toBeNull();
    expect(JSON.stringify(config)).not.toContain('hunter2');
  });

  it('treats an empty value as unset', () => {
    expect(unwrap(loadConfig('engine', { ...DATABASE, REDIS_URL: '', LOG_LEVEL: '' }), 'config')).toMatchObject({ redisUrl: null, logLevel: 'info' });
  });

  it.each<[ProcessName, Environ, string, ConfigProblem['kind'], string]>([
    ['gateway', { ...DATABASE, LOCKSTEP_GATEWAY_PROT: '1' }, 'LOCKSTEP_GATEWAY_PROT', 'unknown', 'did you mean LOCKSTEP_GATEWAY_PORT?'],
    ['gateway', { ...DATABASE, LOCKSTEP_QUITE_ELSEWHERE: '1' }, 'LOCKSTEP_QUITE_ELSEWHERE', 'unknown', 'remove it'],
    ['gateway', { ...DATABASE, LOCKSTEP_GATEWAY_PORT: '70000' }, 'LOCKSTEP_GATEWAY_PORT', 'invalid', 'from 0 to 65535'],
    ['gateway', { ...DATABASE, LOCKSTEP_GATEWAY_PORT: 'http' }, 'LOCKSTEP_GATEWAY_PORT', 'invalid', 'whole number'],
    ['gateway', {}, 'DATABASE_URL', 'missing', 'APP_DATABASE_URL'],
    ['engine', {}, 'DATABASE_URL', 'missing', 'ENGINE_DATABASE_URL'],
    ['backoffice', {}, 'DATABASE_URL', 'missing', 'BACKOFFICE_DATABASE_URL'],
    ['engine', { ENGINE_DATABASE_URL: 'mysql://db' }, 'ENGINE_DATABASE_URL', 'invalid', 'postgres://'],
    ['engine', { ...DATABASE, LOCKSTEP_HYPERLIQUID_NETWORK: 'fast' }, 'LOCKSTEP_HYPERLIQUID_NETWORK', 'invalid', 'mainnet, testnet'],
    ['engine', { ...DATABASE, LOG_LEVEL: 'loud' }, 'LOG_LEVEL', 'invalid', 'info'],
    ['engine', { ...DATABASE, REDIS_URL: 'localhost' }, 'REDIS_URL', 'invalid', 'redis://'],
    ['engine', { ...DATABASE, LOCKSTEP_ENGINE_SHARDS: '2' }, 'LOCKSTEP_ENGINE_SHARDS', 'unknown', 'no such variable; remove it'],
    ['gateway', { ...DATABASE, LOCKSTEP_KEY_PEPPER: 'short' }, 'LOCKSTEP_KEY_PEPPER', 'invalid', '32 random bytes'],
    ['venue-sim', { LOCKSTEP_SIM_CONTROL_HOST: '0.0.0.0' }, 'LOCKSTEP_SIM_CONTROL_KEY', 'missing', 'loopback'],
    ['venue-sim', { LOCKSTEP_SIM_VERIFY: 'sample:0' }, 'LOCKSTEP_SIM_VERIFY', 'invalid', 'sample:N'],
  ])('of the %s with %o is refused because of %s', (process, environ, variable, kind, fix) => {
    const problem = problemsOf(process, environ).find((found) => found.variable === variable);
    expect(problem?.kind).toBe(kind);
    expect(problem?.fix).toContain(fix);
  });

  it('names every problem at once and never prints a value', () => {
    const problems = problemsOf('engine', {
      DATABASE_URL: 'hunter2',
      REDIS_URL: 'hunter2',
      LOCKSTEP_X: 'hunter2',
      LOCKSTEP_HYPERLIQUID_NETWORK: 'hunter2',
      LOG_LEVEL: 'hunter2',
    });
    expect(problems.map((problem) => problem.variable).sort()).toEqual([
      'DATABASE_URL',
      'LOCKSTEP_HYPERLIQUID_NETWORK',
      'LOCKSTEP_X',
      'LOG_LEVEL',
      'REDIS_URL',
    ]);
    expect(describeProblems('engine', problems)).not.toContain('hunter2');
    expect(describeProblems('engine', problems)).toContain('5 problems');
  });

  it('accepts the variables of the other processes, which one machine shares', () => {
    expect(problemsOf('venue-sim', { ...DATABASE, LOCKSTEP_GATEWAY_PORT: '9000', LOCKSTEP_HYPERLIQUID_NETWORK: 'testnet' })).toEqual([]);
  });
});

const ROOT = join(__dirname, '../../../..');
const KEYS = readFileSync(join(__dirname, '../sealing/machine-keys.ts'), 'utf8');

/** The program of a process; where it hands its whole configuration to the keys of the machine, their file belongs to it. */
function programOf(process: ProcessName): string {
  const folder = join(ROOT, 'apps', process, 'src');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !/\.spec\.ts$|testing/.test(name),
  );
  const text = files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
  return /\b(gatewayKeys|enginePrivateKeys)\(config\)/.test(text) ? `${text}\n${KEYS}` : text;
}

/** Properties taken as `config.property`, or out of `config` by name. */
function readIn(program: string): ReadonlySet<string> {
  const named = [...program.matchAll(/\bconfig(?:\.value)?\.([A-Za-z]+)/g)].map(([, property]) => property ?? '');
  const taken = [...program.matchAll(/const \{([^}]*)\} = config(?:\.value)?;/g)].flatMap(([, list]) =>
    (list ?? '').split(',').map((name) => name.trim()),
  );
  return new Set([...named, ...taken]);
}

describe('the table of variables', () => {
  it.each(PROCESSES)('names nothing that the %s does not read', (process) => {
    const read = readIn(programOf(process));
    const promised = VARIABLE_NAMES.filter((name) => (VARIABLES[name].usedBy as readonly ProcessName[]).includes(process));
    expect(promised.filter((name) => !read.has(VARIABLES[name].property))).toEqual([]);
  });

  it('gives each property once and each default a valid value', () => {
    const properties = VARIABLE_NAMES.map((name) => VARIABLES[name].property);
    expect(new Set(properties).size).toBe(properties.length);
    for (const name of VARIABLE_NAMES) {
      const { standard, schema } = VARIABLES[name];
      if (standard !== null) expect(schema.safeParse(standard).success, name).toBe(true);
    }
  });

  it('is what docs/configuration.md says (after a change: `npx vitest run libs/platform/src/config -u`)', async () => {
    await expect(renderConfigurationDocument()).toMatchFileSnapshot(join(__dirname, '../../../../docs/configuration.md'));
  });
});

describe('nearest name', () => {
  it.each([
    ['SIGNR', 'SIGNER'],
    ['REDISURL', 'REDIS_URL'],
    ['ENTIRELY_DIFFERENT', null],
  ])('of %s is %s', (name, meant) => {
    expect(nearest(name, ['SIGNER', 'REDIS_URL'])).toBe(meant);
  });
});
