import { type CopyId, money, must } from '@lockstep/kernel';
import type { AccountCode, LedgerTransaction } from '@lockstep/ledger';
import type { LedgerTransactionRow } from '../rows/money';
import { big, json, orNull, text, texts, time } from '../unit/codec';
import type { SqlRow } from '../unit/table';

export const TRANSACTION_COLUMNS = `seq, source, kind, copy_id, occurred_at, posted_at, accounts, assets, amounts, memo,
  encode(prev_hash, 'hex') as prev_hash, encode(hash, 'hex') as hash`;

const copyId = orNull(text<CopyId>('copy_id'));
const kind = text<LedgerTransaction['kind']>('kind');

/** A row of `TRANSACTION_COLUMNS` as a chained transaction. */
export function readTransaction(row: SqlRow): LedgerTransactionRow {
  const accounts = texts('accounts').read(row.accounts);
  const assets = texts('assets').read(row.assets);
  const amounts = texts('amounts').read(row.amounts);
  must(accounts.length === assets.length && accounts.length === amounts.length, 'a ledger transaction has one asset and amount per account');
  return {
    sequence: big('seq').read(row.seq),
    previousHash: text('prev_hash').read(row.prev_hash),
    hash: text('hash').read(row.hash),
    postedAt: time('posted_at').read(row.posted_at),
    transaction: {
      source: text('source').read(row.source),
      kind: kind.read(row.kind),
      copyId: copyId.read(row.copy_id),
      occurredAtMs: time('occurred_at').read(row.occurred_at),
      memo: readMemo(row.memo),
      entries: accounts.map((account, index) => ({
        account: account as AccountCode,
        asset: assets[index] ?? '',
        amount: money(BigInt(amounts[index] ?? '0')),
      })),
    },
  };
}

function readMemo(value: unknown): Readonly<Record<string, string>> {
  const memo = json('memo').read(value);
  return Object.fromEntries(Object.entries(memo ?? {}).map(([name, fact]) => [name, String(fact)]));
}
