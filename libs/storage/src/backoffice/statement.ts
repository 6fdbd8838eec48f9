import { money } from '@lockstep/kernel';
import { type AccountCode, row, type SettlementMark, type StatementRow } from '@lockstep/ledger';
import type { ScopedSql } from '../unit/sql';
import { streamRows } from './cursor';

/**
 * A settlement's rows from the ledger's entries alone, sorted by account and asset. Which entries count is decided by the two marks and
 * therefore never changes: whatever is posted later lies outside both. Accounts without balance and movement are left out.
 */
export async function* statementRowsOf(unit: ScopedSql, mark: SettlementMark, previous: SettlementMark): AsyncGenerator<StatementRow> {
  const rows = streamRows(unit, STATEMENT, [
    mark.asOfSequence.toString(),
    new Date(mark.endMs),
    previous.asOfSequence.toString(),
    new Date(previous.endMs),
  ]);
  for await (const found of rows) {
    const amount = (name: string) => money(BigInt(String(found[name])));
    const account = String(found['account']) as AccountCode;
    yield row(account, String(found['asset']), amount('opening'), amount('debits'), amount('credits'), Number(found['entries']));
  }
}

/** `settled` repeats `isCovered` of the ledger room for the settlement before; a test compares both. */
const STATEMENT = `
  select account, asset,
    coalesce(sum(amount) filter (where settled), 0)::text as opening,
    coalesce(sum(amount) filter (where not settled and amount > 0), 0)::text as debits,
    coalesce(-sum(amount) filter (where not settled and amount < 0), 0)::text as credits,
    (count(*) filter (where not settled))::text as entries
  from (select account, asset, amount, seq <= $5 and occurred_at < $6 as settled from ledger_entries
        where tenant_id = $1 and environment = $2 and seq <= $3 and occurred_at < $4) as covered
  group by account, asset
  having sum(amount) filter (where settled) <> 0 or count(*) filter (where not settled) > 0
  order by account, asset`;
