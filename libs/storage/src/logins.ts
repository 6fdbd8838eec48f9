import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { must } from '@lockstep/kernel';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { groupRole, PROCESS_ROLES, type ProcessRole } from '../../../migrations';

export type { ProcessRole } from '../../../migrations';

/** How one process logs in. `managed`: we made the role and keep its password; otherwise the deployment did and we only admit it. */
export interface RoleUrl {
  readonly url: string;
  readonly managed: boolean;
}
export type RoleUrls = Readonly<Record<ProcessRole, RoleUrl>>;

/** URLs given by the deployment; an absent one is derived from the owner's. */
export type GivenUrls = Partial<Record<ProcessRole, string>>;

/**
 * The three login URLs. A role without its own URL gets `lockstep_<role>_login` (or `names(role)`) and a password derived from the owner's by HMAC,
 * so that every process of one machine finds the same one without a further secret. Throws when the owner's URL has no password to derive from.
 */
export function resolveRoleUrls(
  ownerUrl: string,
  given: GivenUrls = {},
  names: (role: ProcessRole) => string = (role) => `${groupRole(role)}_login`,
): RoleUrls {
  return { app: resolve('app'), engine: resolve('engine'), backoffice: resolve('backoffice') };

  function resolve(role: ProcessRole): RoleUrl {
    const own = given[role];
    if (own !== undefined) return { url: own, managed: false };
    const url = new URL(ownerUrl);
    must(url.password !== '', `DATABASE_URL carries no password, so the ${role} role's cannot be derived: give ${role.toUpperCase()}_DATABASE_URL`);
    const name = names(role);
    url.password = createHmac('sha256', decodeURIComponent(url.password)).update(`lockstep.role.${name}`).digest('hex');
    url.username = name;
    return { url: url.toString(), managed: true };
  }
}

/**
 * Makes missing login roles, keeps managed passwords, puts each into its group and lets them alone connect to this database.
 * A role that can log in already is left as it is, so that two databases of one server do not rewrite each other's roles.
 */
export async function ensureLogins(source: DataSource, roles: RoleUrls): Promise<void> {
  await source.query(`do $$ begin execute format('revoke all on database %I from public', current_database()); end $$`);
  for (const role of PROCESS_ROLES) {
    const { url, managed } = roles[role];
    const { username, password } = new URL(url);
    const name = identifier(decodeURIComponent(username));
    const found: unknown[] = await source.query('select 1 from pg_roles where rolname = $1', [decodeURIComponent(username)]);
    if (found.length === 0) {
      await source.query(`do $$ begin create role ${name} login inherit nosuperuser nobypassrls nocreatedb nocreaterole noreplication;
        exception when duplicate_object or unique_violation then null; end $$`);
    }
    await source.query(`grant ${groupRole(role)} to ${name}`);
    await source.query(`do $$ begin execute format('grant connect on database %I to ${name}', current_database()); end $$`);
    if ((found.length === 0 || managed) && !(await canLogIn(url))) {
      await source.query(`alter role ${name} login password '${scramVerifier(decodeURIComponent(password))}'`);
    }
  }
}

async function canLogIn(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: LOGIN_PROBE_TIMEOUT_MS });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}

/** Role names come from configuration, not from requests; the grammar keeps quoting trivial. */
function identifier(name: string): string {
  must(/^[a-z_][a-z0-9_]{0,62}$/.test(name), `database role name "${name}" must be lower-case letters, digits and underscores`);
  return `"${name}"`;
}

const LOGIN_PROBE_TIMEOUT_MS = 5_000;
const SCRAM_ITERATIONS = 4096;

/** What PostgreSQL stores of a password (RFC 5803), made here so that the password itself never reaches a server log or an error text. */
function scramVerifier(password: string): string {
  must(password !== '', 'a database login needs a password in its URL');
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, SCRAM_ITERATIONS, 32, 'sha256');
  const key = (label: string): Buffer => createHmac('sha256', salted).update(label).digest();
  const stored = createHash('sha256').update(key('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${SCRAM_ITERATIONS}:${salt.toString('base64')}$${stored}:${key('Server Key').toString('base64')}`;
}
