import type { MigrationInterface, QueryRunner } from 'typeorm';
import { BULK_SCOPE, dropTables, type Grants, grant, guardTenantTable, SCOPE, TEXT, TIME } from './tenant-table';

/**
 * True when the three arrays are of one length of at least two, hold no null, and the amounts of every asset sum to zero.
 * A transaction is one row with its entries as arrays, so the rule is a CHECK: nothing unbalanced can be written, not even for the length of a transaction.
 */
const BALANCED = `
create function ledger_is_balanced(accounts text[], assets text[], amounts bigint[]) returns boolean
language plpgsql immutable strict parallel safe set search_path = pg_catalog as $$
declare
  total numeric := 0;
  amount bigint;
begin
  if cardinality(accounts) < 2 or cardinality(accounts) <> cardinality(assets) or cardinality(accounts) <> cardinality(amounts)
    or array_position(accounts, null) is not null or array_position(assets, null) is not null or array_position(amounts, null) is not null then
    return false;
  end if;
  if assets[1] = all (assets) then
    foreach amount in array amounts loop
      total := total + amount;
    end loop;
    return total = 0;
  end if;
  return not exists (select 1 from unnest(assets, amounts) as entry (asset, value) group by entry.asset having sum(entry.value) <> 0);
end $$`;

const TABLES: readonly { readonly name: string; readonly sql: readonly string[]; readonly grants: Grants }[] = [
  {
    name: 'ledger_heads',
    sql: [
      `create table ledger_heads (
        ${SCOPE},
        top_seq bigint not null,
        top_hash bytea not null,
        folded_seq bigint not null default 0,
        primary key (tenant_id, environment)
      )`,
    ],
    grants: { app: 'S', engine: 'SIU', backoffice: 'SIU' },
  },
  {
    name: 'ledger_transactions',
    sql: [
      `create table ledger_transactions (
        ${BULK_SCOPE},
        seq bigint not null check (seq > 0),
        source ${TEXT} not null,
        kind ${TEXT} not null,
        copy_id ${TEXT},
        occurred_at ${TIME} not null,
        posted_at ${TIME} not null,
        accounts text[] collate "C" not null,
        assets text[] collate "C" not null,
        amounts bigint[] not null,
        memo json not null,
        prev_hash bytea not null,
        hash bytea not null,
        primary key (tenant_id, environment, seq),
        unique (tenant_id, environment, source),
        constraint ledger_transactions_balanced check (ledger_is_balanced(accounts, assets, amounts))
      )`,
      'create index ledger_transactions_copy on ledger_transactions (tenant_id, environment, copy_id, seq) where copy_id is not null',
      'create index ledger_transactions_time on ledger_transactions (tenant_id, environment, occurred_at, seq)',
    ],
    // No role may change or remove what was posted.
    grants: { app: 'S', engine: 'SI', backoffice: 'SI' },
  },
  {
    name: 'ledger_accounts',
    sql: [
      // Balances folded from the entries behind the writers: a hot fee account is never a row everyone waits for.
      `create table ledger_accounts (
        ${SCOPE},
        code ${TEXT} not null,
        asset ${TEXT} not null,
        balance numeric(38, 0) not null,
        entry_count bigint not null,
        through_seq bigint not null,
        primary key (tenant_id, environment, code, asset)
      )`,
    ],
    grants: { app: 'S', engine: 'S', backoffice: 'SIU' },
  },
];

const ENTRIES = `
create view ledger_entries with (security_invoker = true) as
select t.tenant_id, t.environment, t.seq, e.line::integer as line, e.account, e.asset, e.amount,
       t.source, t.kind, t.copy_id, t.occurred_at, t.posted_at
from ledger_transactions t
cross join lateral unnest(t.accounts, t.assets, t.amounts) with ordinality as e (account, asset, amount, line)`;

/** Double entry, append-only, balanced per asset by a CHECK, chained by hashes per scope. */
export class Ledger implements MigrationInterface {
  readonly name = 'Ledger0000000000007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(BALANCED);
    for (const table of TABLES) {
      for (const sql of table.sql) await runner.query(sql);
      await guardTenantTable(runner, table.name, table.grants);
    }
    await runner.query(ENTRIES);
    await grant(runner, 'ledger_entries', { app: 'S', engine: 'S', backoffice: 'S' });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop view ledger_entries');
    await dropTables(
      runner,
      [...TABLES].reverse().map((table) => table.name),
    );
    await runner.query('drop function ledger_is_balanced(text[], text[], bigint[])');
  }
}
