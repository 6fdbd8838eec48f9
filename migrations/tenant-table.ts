import type { QueryRunner } from 'typeorm';

/** Who may reach a table. `app` is the gateway's role. */
export type ProcessRole = 'app' | 'engine' | 'backoffice';
export const PROCESS_ROLES: readonly ProcessRole[] = ['app', 'engine', 'backoffice'];
export const groupRole = (role: ProcessRole): string => `lockstep_${role}`;
export const GROUP_ROLES: readonly string[] = PROCESS_ROLES.map(groupRole);

/** Letters of select, insert, update, delete; an absent role gets nothing. */
export type Grants = Partial<Record<ProcessRole, string>>;

const PRIVILEGES: Readonly<Record<string, string>> = { S: 'select', I: 'insert', U: 'update', D: 'delete' };

/** Text that sorts by bytes: ids and codes compare as JavaScript compares them, and by the cheapest operator. */
export const TEXT = 'text collate "C"';
/** The two columns every tenant table begins with. */
export const SCOPE = `tenant_id ${TEXT} not null references tenants (id), environment ${TEXT} not null check (environment in ('live', 'test'))`;
/** As SCOPE without the foreign key, for rows written in thousands: their parents hold it. */
export const BULK_SCOPE = `tenant_id ${TEXT} not null, environment ${TEXT} not null check (environment in ('live', 'test'))`;
/** Public times: milliseconds, so that a cursor built from a value read back compares equal. */
export const TIME = 'timestamptz(3)';

/** Read once per statement (sub-select) and null when unset, so that no scope means no rows. */
const INSIDE_SCOPE = `tenant_id = (select nullif(current_setting('app.tenant_id', true), ''))
    and environment = (select nullif(current_setting('app.environment', true), ''))`;

/** Gives each role its listed privileges on a table. */
export async function grant(runner: QueryRunner, table: string, grants: Grants): Promise<void> {
  for (const role of PROCESS_ROLES) {
    const privileges = [...(grants[role] ?? '')].map((letter) => PRIVILEGES[letter] ?? letter);
    if (privileges.length > 0) await runner.query(`grant ${privileges.join(', ')} on ${table} to ${groupRole(role)}`);
  }
}

/** Forces row-level security on a table, gives each listed role its own policy on (tenant, environment) and its privileges. */
export async function guardTenantTable(runner: QueryRunner, table: string, grants: Grants): Promise<void> {
  await runner.query(`alter table ${table} enable row level security`);
  await runner.query(`alter table ${table} force row level security`);
  for (const role of PROCESS_ROLES) {
    if (grants[role] === undefined) continue;
    await runner.query(
      `create policy ${table}_${role} on ${table} for all to ${groupRole(role)} using (${INSIDE_SCOPE}) with check (${INSIDE_SCOPE})`,
    );
  }
  await grant(runner, table, grants);
}

/** Lets one more role reach a guarded table, inside its scope, with these privileges. */
export async function admit(runner: QueryRunner, table: string, role: ProcessRole, privileges: string): Promise<void> {
  await runner.query(`create policy ${table}_${role} on ${table} for all to ${groupRole(role)} using (${INSIDE_SCOPE}) with check (${INSIDE_SCOPE})`);
  await grant(runner, table, { [role]: privileges });
}

/** Takes back what `admit` gave. */
export async function dismiss(runner: QueryRunner, table: string, role: ProcessRole): Promise<void> {
  await runner.query(`revoke all on ${table} from ${groupRole(role)}`);
  await runner.query(`drop policy ${table}_${role} on ${table}`);
}

/** Drops tables in the given order. */
export async function dropTables(runner: QueryRunner, tables: readonly string[]): Promise<void> {
  for (const table of tables) await runner.query(`drop table ${table}`);
}
