import type { MigrationInterface, QueryRunner } from 'typeorm';
import { grant, groupRole, TEXT } from './tenant-table';

const ALL = ['reads', 'writes', 'orders', 'exports'];

/** Limits in the form the operator's API has them. */
const limits = (perMinute: number, burst: number, concurrency: number, quotas: Readonly<Record<string, number>>): string =>
  JSON.stringify({
    requests: [
      { name: 'minute', per: 'key', classes: ALL, quota: perMinute, window_ms: 60_000 },
      { name: 'burst', per: 'key', classes: ALL, quota: burst, window_ms: 1_000 },
      { name: 'tenant', per: 'tenant', classes: ALL, quota: perMinute * 2, window_ms: 60_000 },
      { name: 'writes', per: 'tenant', classes: ['writes'], quota: perMinute, window_ms: 60_000 },
      { name: 'orders', per: 'tenant', classes: ['orders'], quota: perMinute / 2, window_ms: 60_000 },
      { name: 'exports', per: 'tenant', classes: ['exports'], quota: perMinute / 10, window_ms: 60_000 },
    ],
    concurrency,
    quotas,
  });

const TIERS: readonly (readonly [name: string, limits: string])[] = [
  ['starter', limits(600, 50, 25, { api_keys: 5, stream_connections: 5, leaders: 20, followers: 1_000, active_copies: 2_000, export_jobs: 2 })],
  [
    'growth',
    limits(3_000, 200, 100, { api_keys: 20, stream_connections: 50, leaders: 200, followers: 20_000, active_copies: 50_000, export_jobs: 5 }),
  ],
  [
    'scale',
    limits(30_000, 1_000, 400, {
      api_keys: 100,
      stream_connections: 500,
      leaders: 2_000,
      followers: 200_000,
      active_copies: 500_000,
      export_jobs: 20,
    }),
  ],
];

/**
 * Tiers become the operator's data: until now the rows were copies of constants, which nobody read. Counted requests are kept by class, and by the
 * process that counted them: each writes its own sums, so that a write that is repeated, because its answer was lost, adds nothing.
 */
export class TiersAndUsage implements MigrationInterface {
  readonly name = 'TiersAndUsage0000000000130';

  async up(runner: QueryRunner): Promise<void> {
    await grant(runner, 'tiers', { app: 'D' });
    for (const [name, of] of TIERS)
      await runner.query(
        'insert into tiers (name, limits, created_at) values ($1, $2, now()) on conflict (name) do update set limits = excluded.limits',
        [name, of],
      );
    await runner.query(`alter table request_counts
      add column class ${TEXT} not null default 'unclassed',
      add column counter ${TEXT} not null default 'before',
      drop constraint request_counts_pkey,
      add primary key (tenant_id, environment, day, key_id, class, counter)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    // No policy admits the owner: it sees the rows of all tenants while they are not forced on it.
    await runner.query('alter table request_counts no force row level security');
    await runner.query(`create temporary table summed on commit drop as
      select tenant_id, environment, day, key_id, sum(requests)::bigint as requests from request_counts group by tenant_id, environment, day, key_id`);
    await runner.query('delete from request_counts');
    await runner.query(`alter table request_counts
      drop constraint request_counts_pkey,
      drop column class,
      drop column counter,
      add primary key (tenant_id, environment, day, key_id)`);
    await runner.query('insert into request_counts (tenant_id, environment, day, key_id, requests) select * from summed');
    await runner.query('alter table request_counts force row level security');
    await runner.query(`revoke delete on tiers from ${groupRole('app')}`);
  }
}
