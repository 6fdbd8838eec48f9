import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropTables, grant, TEXT, TIME } from './tenant-table';

const TABLES = [
  `create table tiers (
    name ${TEXT} primary key,
    limits json not null,
    created_at ${TIME} not null
  )`,
  `create table tenants (
    id ${TEXT} primary key,
    name text not null,
    host ${TEXT} unique,
    branding json not null,
    tier ${TEXT} not null references tiers (name),
    status ${TEXT} not null check (status in ('active', 'suspended', 'closed')),
    time_zone text not null,
    created_at ${TIME} not null,
    updated_at ${TIME} not null
  )`,
  `create table operator_keys (
    kid ${TEXT} primary key,
    digest bytea not null,
    label text not null,
    scopes text[] not null,
    status ${TEXT} not null check (status in ('active', 'revoked')),
    created_at ${TIME} not null,
    expires_at ${TIME},
    last_used_at ${TIME}
  )`,
  // The one place that leads from a presented key to its scope; it is read before a scope is known, hence without row-level security.
  `create table key_index (
    kid ${TEXT} primary key,
    tenant_id ${TEXT} not null references tenants (id),
    environment ${TEXT} not null check (environment in ('live', 'test')),
    key_id ${TEXT} not null,
    digest bytea not null,
    scopes text[] not null,
    status ${TEXT} not null check (status in ('active', 'revoked')),
    expires_at ${TIME},
    created_at ${TIME} not null
  )`,
  `create table venue_networks (
    venue ${TEXT} not null,
    network ${TEXT} not null,
    environment ${TEXT} not null check (environment in ('live', 'test')),
    url text not null,
    created_at ${TIME} not null,
    primary key (venue, network)
  )`,
  `create table instruments (
    venue ${TEXT} not null,
    network ${TEXT} not null,
    coin ${TEXT} not null,
    dex ${TEXT} not null,
    asset_id bigint not null,
    sz_decimals smallint not null check (sz_decimals between 0 and 8),
    max_leverage integer not null,
    only_isolated boolean not null,
    delisted boolean not null,
    collateral ${TEXT} not null,
    updated_at ${TIME} not null,
    primary key (venue, network, coin)
  )`,
  `create table watched_accounts (
    no bigint generated always as identity primary key,
    venue ${TEXT} not null,
    network ${TEXT} not null,
    address ${TEXT} not null check (address = lower(address)),
    top_move_seq bigint not null default 0,
    created_at ${TIME} not null,
    unique (venue, network, address)
  )`,
  `create table moves (
    id bigint generated always as identity primary key,
    watched_no bigint not null references watched_accounts (no),
    seq bigint not null,
    coin ${TEXT} not null,
    venue_key ${TEXT} not null,
    position_before bigint not null,
    position_after bigint not null,
    vwap bigint not null,
    first_fill_ms bigint not null,
    last_fill_ms bigint not null,
    leader_equity bigint,
    received_at double precision not null,
    status ${TEXT} not null check (status in ('recorded', 'planned', 'superseded', 'done', 'given_up')),
    detail json,
    created_at ${TIME} not null,
    unique (watched_no, seq),
    unique (watched_no, coin, venue_key)
  )`,
  `create index moves_open on moves (watched_no, seq) where status in ('recorded', 'planned')`,
  `create table leader_fills (
    watched_no bigint not null references watched_accounts (no),
    coin ${TEXT} not null,
    time_ms bigint not null,
    tid ${TEXT} not null,
    oid ${TEXT} not null,
    side ${TEXT} not null check (side in ('buy', 'sell')),
    price bigint not null,
    size bigint not null,
    start_position bigint not null,
    closed_pnl bigint not null,
    fee bigint not null,
    fee_asset ${TEXT} not null,
    builder_fee bigint not null,
    crossed boolean not null,
    liquidation boolean not null,
    cloid ${TEXT},
    twap_id ${TEXT},
    received_at double precision not null,
    move_id bigint references moves (id),
    primary key (watched_no, coin, time_ms, tid, oid)
  )`,
  `create table engine_instances (
    no integer primary key check (no between 1 and 65535),
    label text not null,
    started_at ${TIME} not null,
    heartbeat_at ${TIME} not null,
    stopped_at ${TIME}
  )`,
  `create table daily_seeds (
    day ${TEXT} primary key check (day ~ '^\\d{4}-\\d{2}-\\d{2}$'),
    commitment bytea not null,
    seed bytea not null,
    revealed_at ${TIME}
  )`,
  `create table platform_flags (
    name ${TEXT} primary key,
    active boolean not null,
    reason text,
    updated_at ${TIME} not null
  )`,
  `create table platform_jobs (
    id ${TEXT} primary key,
    kind ${TEXT} not null,
    unique_key ${TEXT} unique,
    payload json not null,
    status ${TEXT} not null check (status in ('queued', 'running', 'done', 'failed')),
    run_at ${TIME} not null,
    attempts integer not null default 0,
    attempts_max integer not null,
    locked_until ${TIME},
    error text,
    result json,
    created_at ${TIME} not null,
    finished_at ${TIME}
  )`,
  `create index platform_jobs_due on platform_jobs (run_at, id) where status in ('queued', 'running')`,
];

/** Platform tables: the closed list without tenant rows of their own (`PLATFORM_TABLES` in storage repeats it for the catalogue test). */
export class Platform implements MigrationInterface {
  readonly name = 'Platform0000000000002';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of TABLES) await runner.query(sql);
    await grant(runner, 'tiers', { app: 'SIU', engine: 'S', backoffice: 'S' });
    await grant(runner, 'tenants', { app: 'SIU', engine: 'S', backoffice: 'S' });
    await grant(runner, 'operator_keys', { app: 'SIU' });
    await grant(runner, 'key_index', { app: 'SIU' });
    await grant(runner, 'venue_networks', { app: 'S', engine: 'SIU', backoffice: 'S' });
    await grant(runner, 'instruments', { app: 'S', engine: 'SIU', backoffice: 'S' });
    await grant(runner, 'watched_accounts', { app: 'SI', engine: 'SIU', backoffice: 'S' });
    await grant(runner, 'moves', { app: 'S', engine: 'SIU', backoffice: 'S' });
    await grant(runner, 'leader_fills', { app: 'S', engine: 'SIU', backoffice: 'SD' });
    await grant(runner, 'engine_instances', { app: 'S', engine: 'SIU', backoffice: 'S' });
    await grant(runner, 'daily_seeds', { app: 'S', engine: 'SI', backoffice: 'SU' });
    await grant(runner, 'platform_flags', { app: 'SIU', engine: 'SIU', backoffice: 'S' });
    await grant(runner, 'platform_jobs', { app: 'SI', engine: 'SI', backoffice: 'SIUD' });
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, [
      'platform_jobs',
      'platform_flags',
      'daily_seeds',
      'engine_instances',
      'leader_fills',
      'moves',
      'watched_accounts',
      'instruments',
      'venue_networks',
      'key_index',
      'operator_keys',
      'tenants',
      'tiers',
    ]);
  }
}
