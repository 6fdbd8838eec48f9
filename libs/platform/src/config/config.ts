import { err, ok, type Result } from '@lockstep/kernel';
import type { z } from 'zod';
import { nearest } from './nearest';
import { type ProcessName, VARIABLE_NAMES, VARIABLES, type VariableName } from './variables';

type Table = typeof VARIABLES;
type NamesOf<P extends ProcessName> = { [N in VariableName]: P extends Table[N]['usedBy'][number] ? N : never }[VariableName];
type ValueOf<N extends VariableName> = z.output<Table[N]['schema']> | (Table[N]['standard'] extends null ? null : never);

/** The parsed configuration of a process: one property per variable it uses; null where an optional one is unset. */
export type Config<P extends ProcessName> = { readonly [N in NamesOf<P> as Table[N]['property']]: ValueOf<N> };

/** The environment as the operating system gives it. */
export type Environ = Readonly<Record<string, string | undefined>>;

/** One thing wrong with the environment. Never holds a value, only names and what to do. */
export interface ConfigProblem {
  readonly variable: string;
  readonly kind: 'unknown' | 'missing' | 'invalid';
  readonly fix: string;
}

/**
 * Reads and checks the environment for one process. Every problem is found in one pass: names beginning with LOCKSTEP_
 * that nobody reads, values of the wrong form, and what the process cannot start without. An empty value counts as unset.
 */
export function loadConfig<P extends ProcessName>(process: P, environ: Environ = processEnvironment()): Result<Config<P>, readonly ConfigProblem[]> {
  const problems: ConfigProblem[] = unknownNames(environ);
  const values: Record<string, unknown> = {};
  for (const name of VARIABLE_NAMES) {
    const variable = VARIABLES[name];
    if (!(variable.usedBy as readonly ProcessName[]).includes(process)) continue;
    const text = environ[name] === undefined || environ[name] === '' ? variable.standard : environ[name];
    if (text === null) {
      values[variable.property] = null;
      continue;
    }
    const parsed = variable.schema.safeParse(text);
    if (parsed.success) values[variable.property] = parsed.data;
    else problems.push({ variable: name, kind: 'invalid', fix: parsed.error.issues.map((issue) => issue.message).join('; ') });
  }
  problems.push(...together(process, values));
  // The one cast of the configuration: the table above decides both the type and what was parsed.
  return problems.length === 0 ? ok(values as Config<P>) : err(problems);
}

/** A text for the terminal: one line per problem, without any value. */
export function describeProblems(process: ProcessName, problems: readonly ConfigProblem[]): string {
  const lines = problems.map((problem) => `  ${problem.variable}: ${problem.kind}; ${problem.fix}`);
  return [
    `The ${process} cannot start, its configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:`,
    ...lines,
  ].join('\n');
}

/** The environment of this process. Nothing else in Lockstep reads it. */
export function processEnvironment(): Environ {
  return process.env;
}

function unknownNames(environ: Environ): ConfigProblem[] {
  return Object.keys(environ)
    .filter((name) => name.startsWith('LOCKSTEP_') && !Object.hasOwn(VARIABLES, name))
    .sort()
    .map((name) => {
      const meant = nearest(name, VARIABLE_NAMES);
      return { variable: name, kind: 'unknown', fix: meant === null ? 'no such variable; remove it' : `did you mean ${meant}?` };
    });
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/** What no variable can decide alone. */
function together(process: ProcessName, values: Readonly<Record<string, unknown>>): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const database = { gateway: 'APP_DATABASE_URL', engine: 'ENGINE_DATABASE_URL', backoffice: 'BACKOFFICE_DATABASE_URL' } as const;
  if (process === 'gateway' || process === 'engine' || process === 'backoffice') {
    const own = VARIABLES[database[process]].property;
    if (values[own] === null && values.databaseUrl === null) {
      const fix = `set ${database[process]} or DATABASE_URL, or use \`npm start\`, which brings its own database`;
      problems.push({ variable: 'DATABASE_URL', kind: 'missing', fix });
    }
  }
  if ('simControlHost' in values && values.simControlKey === null && !LOOPBACK.has(String(values.simControlHost))) {
    const fix = 'set a key of at least 16 characters, or leave LOCKSTEP_SIM_CONTROL_HOST on loopback';
    problems.push({ variable: 'LOCKSTEP_SIM_CONTROL_KEY', kind: 'missing', fix });
  }
  return problems;
}
