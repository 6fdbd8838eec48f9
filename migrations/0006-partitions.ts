import type { MigrationInterface, QueryRunner } from 'typeorm';
import { groupRole, PROCESS_ROLES } from './tenant-table';

const PARTITIONED = ['orders', 'fills', 'events'];

/**
 * Makes the monthly partition of `target` that holds `at`, unless it stands. Rows that fell into the default partition in the meantime are moved.
 * Partitions get forced row-level security without policies and no grants: they are reached through their parent only.
 * Runs as the owner, because making tables is the owner's right; the list of tables it accepts is closed.
 */
const MAKE_ONE = `
create function make_month_partition(target text, at timestamptz) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  first_day timestamptz := date_trunc('month', at at time zone 'UTC') at time zone 'UTC';
  next_day timestamptz := (date_trunc('month', at at time zone 'UTC') + interval '1 month') at time zone 'UTC';
  part text := target || '_' || to_char(at at time zone 'UTC', 'YYYYMM');
begin
  if target not in ('orders', 'fills', 'events') then
    raise exception 'table % has no partitions', target;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('lockstep.partition.' || part, 0));
  if to_regclass('public.' || part) is not null then
    return false;
  end if;
  execute format('create table public.%I (like public.%I including defaults including constraints including generated)', part, target);
  execute format('with moved as (delete from public.%I where created_at >= %L and created_at < %L returning *) insert into public.%I select * from moved',
    target || '_default', first_day, next_day, part);
  execute format('alter table public.%I attach partition public.%I for values from (%L) to (%L)', target, part, first_day, next_day);
  execute format('alter table public.%I enable row level security', part);
  execute format('alter table public.%I force row level security', part);
  return true;
end $$`;

const MAKE_AHEAD = `
create function make_partitions(at timestamptz, months_ahead integer) returns integer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  made integer := 0;
  target text;
begin
  if months_ahead not between 0 and 24 then
    raise exception 'months_ahead must be 0 to 24';
  end if;
  foreach target in array array['orders', 'fills', 'events'] loop
    for ahead in 0..months_ahead loop
      if make_month_partition(target, at + make_interval(months => ahead)) then
        made := made + 1;
      end if;
    end loop;
  end loop;
  return made;
end $$`;

/** Rows that no month took: above zero means that partitions were not made in time. Counts at most \`10000\` per table. */
const IN_DEFAULT = `
create function rows_in_default_partitions() returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  select (select count(*) from (select 1 from public.orders_default limit 10000) o)
       + (select count(*) from (select 1 from public.fills_default limit 10000) f)
       + (select count(*) from (select 1 from public.events_default limit 10000) e)
$$`;

/** Default partitions and the functions the back office calls to make months ahead of time. */
export class Partitions implements MigrationInterface {
  readonly name = 'Partitions0000000000006';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of PARTITIONED) {
      await runner.query(`create table ${table}_default partition of ${table} default`);
      await runner.query(`alter table ${table}_default enable row level security`);
      await runner.query(`alter table ${table}_default force row level security`);
      // The functions below run as the owner, who is bound by forced row-level security as well: this one policy lets it move stray rows out.
      await runner.query(`create policy ${table}_default_keeper on ${table}_default for all to current_user using (true) with check (true)`);
    }
    for (const sql of [MAKE_ONE, MAKE_AHEAD, IN_DEFAULT]) await runner.query(sql);
    await runner.query('revoke all on function make_month_partition(text, timestamptz) from public');
    await runner.query('revoke all on function make_partitions(timestamptz, integer) from public');
    await runner.query('revoke all on function rows_in_default_partitions() from public');
    for (const role of PROCESS_ROLES) await runner.query(`grant execute on function rows_in_default_partitions() to ${groupRole(role)}`);
    await runner.query(`grant execute on function make_partitions(timestamptz, integer) to ${groupRole('backoffice')}`);
    await runner.query('select make_partitions(now(), 2)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function rows_in_default_partitions()');
    await runner.query('drop function make_partitions(timestamptz, integer)');
    await runner.query('drop function make_month_partition(text, timestamptz)');
    for (const table of PARTITIONED) {
      const parts: { name: string }[] = await runner.query(
        `select inhrelid::regclass::text as name from pg_inherits where inhparent = '${table}'::regclass`,
      );
      for (const part of parts) await runner.query(`drop table ${part.name}`);
    }
  }
}
