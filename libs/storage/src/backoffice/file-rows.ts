import { type EpochMs, type Money, money } from '@lockstep/kernel';
import type { AccountCode } from '@lockstep/ledger';
import type { FillRow } from '../rows/trading';
import * as tables from '../tables';
import type { ScopedSql } from '../unit/sql';
import { streamRows } from './cursor';
import type { ExportParams } from './job-kinds';

/** Fills of a time range, oldest first: the rows of a fills file. */
export async function* fillRowsOf(unit: ScopedSql, range: ExportParams): AsyncGenerator<FillRow> {
  const statement = `select ${tables.fills.selectList()} from fills
    where tenant_id = $1 and environment = $2 and created_at >= $3 and created_at < $4 order by created_at, id`;
  for await (const found of streamRows(unit, statement, [new Date(range.fromMs), new Date(range.toMs)])) yield tables.fills.parse(found);
}

/** One ledger entry of a fee account. */
export interface FeeLine {
  readonly seq: bigint;
  readonly occurredAt: EpochMs;
  readonly source: string;
  readonly kind: string;
  readonly account: AccountCode;
  readonly copyId: string | null;
  readonly coin: string | null;
  readonly notional: Money | null;
  readonly asset: string;
  readonly amount: Money;
}

/** Names of ledger accounts whose entries stand in a fees file. */
const FEE_ACCOUNTS = ['trading_fee', 'builder_fee', 'funding', 'markup_cost', 'markup_receivable', 'markup_payable', 'markup_revenue', 'rounding'];

/** Entries of fee accounts of a time range, in the order they were posted. */
export async function* feeLinesOf(unit: ScopedSql, range: ExportParams): AsyncGenerator<FeeLine> {
  const statement = `select e.seq::text as seq, e.occurred_at, e.source, e.kind, e.account, e.copy_id, t.memo ->> 'coin' as coin,
      t.memo ->> 'notional' as notional, e.asset, e.amount::text as amount
    from ledger_entries e
    join ledger_transactions t on t.tenant_id = $1 and t.environment = $2 and t.seq = e.seq
    where e.tenant_id = $1 and e.environment = $2 and e.occurred_at >= $3 and e.occurred_at < $4 and split_part(e.account, ':', -1) = any($5::text[])
    order by e.seq, e.account, e.asset`;
  const rows = streamRows(unit, statement, [new Date(range.fromMs), new Date(range.toMs), FEE_ACCOUNTS]);
  for await (const found of rows) {
    const textOf = (name: string): string | null => (typeof found[name] === 'string' ? found[name] : null);
    const notional = textOf('notional');
    yield {
      seq: BigInt(String(found['seq'])),
      occurredAt: found['occurred_at'] instanceof Date ? found['occurred_at'].getTime() : 0,
      source: String(found['source']),
      kind: String(found['kind']),
      account: String(found['account']) as AccountCode,
      copyId: textOf('copy_id'),
      coin: textOf('coin'),
      notional: notional === null ? null : money(BigInt(notional)),
      asset: String(found['asset']),
      amount: money(BigInt(String(found['amount']))),
    };
  }
}
