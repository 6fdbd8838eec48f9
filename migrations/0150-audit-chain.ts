import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropTables, grant, guardTenantTable, SCOPE, TEXT, TIME } from './tenant-table';

/** Digest of nothing: what the first line of a chain follows on. */
const GENESIS = `decode(repeat('00', 32), 'hex')`;

/**
 * One field in a digest: its length in bytes, its bytes; `-` where it is null. So no two lines have one text. `libs/storage/src/tenancy/audit-chain.ts`
 * says the same again, independently: what proves a chain is not what wrote it.
 */
const FIELD = `create function audit_field(value text) returns text language sql immutable as
  $$ select coalesce(octet_length(value)::text || ':' || value, '-') || ',' $$`;

const DIGEST = `create function audit_digest(chain text, no bigint, previous bytea, id text, actor text, action text, target_id text, request_id text,
    created_at timestamptz, detail json, before json, after json) returns bytea language sql immutable as
  $$ select sha256(convert_to(audit_field(chain) || audit_field(no::text) || audit_field(encode(previous, 'hex')) || audit_field(id) || audit_field(actor)
    || audit_field(action) || audit_field(target_id) || audit_field(request_id) || audit_field((extract(epoch from created_at) * 1000)::bigint::text)
    || audit_field(detail::text) || audit_field(before::text) || audit_field(after::text), 'UTF8')) $$`;

/** The digest of a row under the given name (`new`, or a record). */
const digestOf = (row: string, chain: string): string =>
  `audit_digest(${chain}, ${row}.no, ${row}.previous, ${row}.id, ${row}.actor, ${row}.action, ${row}.target_id, ${row}.request_id, ${row}.created_at,
    ${row}.detail, ${row}.before, ${row}.after)`;

const scopeChain = (row: string): string => `${row}.tenant_id || '/' || ${row}.environment`;

/** Numbers and links a line as it is written. The head's row lock is held to the commit: numbers have no holes, and a scope's lines follow each other. */
const LINK_SCOPED = `create function audit_link() returns trigger language plpgsql as $$
  begin
    loop
      select top_no + 1, top_digest into new.no, new.previous from audit_heads
        where tenant_id = new.tenant_id and environment = new.environment for update;
      exit when found;
      insert into audit_heads (tenant_id, environment, top_no, top_digest) values (new.tenant_id, new.environment, 0, ${GENESIS})
        on conflict (tenant_id, environment) do nothing;
    end loop;
    new.digest := ${digestOf('new', scopeChain('new'))};
    update audit_heads set top_no = new.no, top_digest = new.digest where tenant_id = new.tenant_id and environment = new.environment;
    return new;
  end $$`;

const LINK_PLATFORM = `create function platform_audit_link() returns trigger language plpgsql as $$
  begin
    select top_no + 1, top_digest into new.no, new.previous from platform_audit_head for update;
    new.digest := ${digestOf('new', `'platform'`)};
    update platform_audit_head set top_no = new.no, top_digest = new.digest;
    return new;
  end $$`;

/** Lines of before, in the order of their times. */
const LINK_EARLIER = `do $$
  declare line record; top audit_heads;
  begin
    for line in select * from audit_log order by tenant_id, environment, created_at, id loop
      if top is null or top.tenant_id <> line.tenant_id or top.environment <> line.environment then
        if top is not null then insert into audit_heads select top.*; end if;
        top := row(line.tenant_id, line.environment, 0, ${GENESIS})::audit_heads;
      end if;
      line.no := top.top_no + 1;
      line.previous := top.top_digest;
      top.top_no := line.no;
      top.top_digest := ${digestOf('line', scopeChain('line'))};
      update audit_log set no = line.no, previous = line.previous, digest = top.top_digest
        where tenant_id = line.tenant_id and environment = line.environment and id = line.id;
    end loop;
    if top is not null then insert into audit_heads select top.*; end if;
  end $$`;

const LINE = `no bigint not null,
  id ${TEXT} not null,
  actor ${TEXT} not null,
  action ${TEXT} not null,
  target_id ${TEXT},
  request_id ${TEXT},
  detail json not null,
  before json,
  after json,
  created_at ${TIME} not null,
  previous bytea not null,
  digest bytea not null`;

/**
 * The audit log is chained: a line holds its number and the digest of the line before it, one chain per tenant and environment and one for the operator.
 * The database links the lines, so that no process can write one that stands in no chain.
 */
export class AuditChain implements MigrationInterface {
  readonly name = 'AuditChain0000000000150';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(FIELD);
    await runner.query(DIGEST);
    await runner.query(
      `create table audit_heads (${SCOPE}, top_no bigint not null, top_digest bytea not null, primary key (tenant_id, environment))`,
    );
    // No policy admits the owner: it sees the rows of all tenants while they are not forced on it.
    await runner.query('alter table audit_log no force row level security');
    await runner.query(
      'alter table audit_log add column no bigint, add column before json, add column after json, add column previous bytea, add column digest bytea',
    );
    await runner.query(LINK_EARLIER);
    for (const column of ['no', 'previous', 'digest']) await runner.query(`alter table audit_log alter column ${column} set not null`);
    await runner.query('alter table audit_log force row level security');
    await runner.query('create unique index audit_log_no on audit_log (tenant_id, environment, no)');
    await runner.query('create index audit_log_target on audit_log (tenant_id, environment, target_id, created_at, id)');
    await guardTenantTable(runner, 'audit_heads', { app: 'SIU', engine: 'SIU', backoffice: 'SIU' });
    await runner.query(LINK_SCOPED);
    await runner.query('create trigger audit_link before insert on audit_log for each row execute function audit_link()');
    await runner.query(`create table platform_audit_log (${LINE}, primary key (no))`);
    await runner.query(
      'create table platform_audit_head (single boolean primary key default true check (single), top_no bigint not null, top_digest bytea not null)',
    );
    await runner.query(`insert into platform_audit_head (top_no, top_digest) values (0, ${GENESIS})`);
    await grant(runner, 'platform_audit_log', { app: 'SI', backoffice: 'S' });
    await grant(runner, 'platform_audit_head', { app: 'SU', backoffice: 'S' });
    await runner.query(LINK_PLATFORM);
    await runner.query('create trigger platform_audit_link before insert on platform_audit_log for each row execute function platform_audit_link()');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop trigger audit_link on audit_log');
    await dropTables(runner, ['platform_audit_log', 'platform_audit_head', 'audit_heads']);
    await runner.query('drop index audit_log_target');
    await runner.query('alter table audit_log drop column no, drop column before, drop column after, drop column previous, drop column digest');
    for (const made of ['platform_audit_link()', 'audit_link()']) await runner.query(`drop function ${made}`);
    await runner.query('drop function audit_digest(text, bigint, bytea, text, text, text, text, text, timestamptz, json, json, json)');
    await runner.query('drop function audit_field(text)');
  }
}
