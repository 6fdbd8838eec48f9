import { must } from '@lockstep/kernel';
import type { DataSource } from 'typeorm';
import { groupRole, type ProcessRole } from '../../../migrations';

/** Throws unless the connected role is bound by row-level security: no superuser, no BYPASSRLS, owner of nothing, member of its own group alone. */
export async function assertRole(source: DataSource, role: ProcessRole): Promise<void> {
  const [facts]: Record<string, unknown>[] = await source.query(
    `select current_user as name, r.rolsuper as superuser, r.rolbypassrls as bypasses,
       (select count(*) from pg_class c where c.relowner = r.oid and c.relnamespace = 'public'::regnamespace)::int as owned,
       (select datdba = r.oid from pg_database where datname = current_database()) as owns_database,
       exists (select 1 from pg_roles g where g.rolname = $1 and pg_has_role(r.oid, g.oid, 'usage')) as member,
       exists (select 1 from pg_roles g where g.rolname = any ($2) and pg_has_role(r.oid, g.oid, 'member')) as stranger,
       exists (select 1 from pg_roles o where (o.rolsuper or o.rolbypassrls or o.oid in (select relowner from pg_class where relname = 'tenants'))
               and o.oid <> r.oid and pg_has_role(r.oid, o.oid, 'member')) as may_become_owner
     from pg_roles r where r.rolname = current_user`,
    [groupRole(role), (['app', 'engine', 'backoffice'] as const).filter((other) => other !== role).map(groupRole)],
  );
  const name = String(facts?.name);
  const refuse = (why: string): string => `database role "${name}" may not serve the ${role} process: ${why}`;
  must(facts?.superuser === false, refuse('it is a superuser, which row-level security does not bind'));
  must(facts.bypasses === false, refuse('it has BYPASSRLS'));
  must(facts.owned === 0 && facts.owns_database === false, refuse('it owns tables or the database; only the migrating owner may'));
  must(facts.may_become_owner === false, refuse('it is a member of a role that owns tables or is not bound by row-level security'));
  must(facts.member === true, refuse(`it is not a member of ${groupRole(role)}; run the migrations with its URL`));
  must(facts.stranger === false, refuse("it is a member of another process's group"));
}
