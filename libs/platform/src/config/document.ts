import { VARIABLE_NAMES, VARIABLES } from './variables';

/** The text of docs/configuration.md: every variable with its meaning, default and the processes that read it. */
export function renderConfigurationDocument(): string {
  const rows = VARIABLE_NAMES.map((name) => {
    const variable = VARIABLES[name];
    const usedBy: readonly string[] = variable.usedBy;
    const readers = usedBy.length === 0 ? 'tests' : usedBy.join(', ');
    return `| \`${name}\` | ${variable.meaning} | ${variable.standard === null ? '' : `\`${variable.standard}\``} | ${readers} |`;
  });
  return [
    '# Configuration',
    '',
    'Every process reads its settings from the environment when it starts, checks them all, and names each problem before it ends.',
    'A name that begins with `LOCKSTEP_` and is not listed here is an error. An empty value counts as unset.',
    'This page is made from the table in `libs/platform/src/config/variables.ts`; a test compares the two.',
    '',
    'The owner in `DATABASE_URL` need not be a superuser: it owns the database and may make roles (`create role lockstep_owner login createrole`,',
    '`create database lockstep owner lockstep_owner`). Migrations make three groups without login (`lockstep_app`, `lockstep_engine`, `lockstep_backoffice`) and',
    'the login roles that are missing. The groups belong to the whole server: a second deployment there with another owner needs them granted `with admin option`.',
    '',
    '| variable | meaning | default | read by |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
