import { createHash } from 'node:crypto';
import { type EpochMs, type Money, money } from '@lockstep/kernel';
import { type AccountCode, type ChainedTransaction, chain, firstBrokenLink, GENESIS_HASH, type LedgerTransaction } from '@lockstep/ledger';
import type { LedgerAccountRow, LedgerTransactionRow } from '../rows/money';
import * as tables from '../tables';
import { arrayLiteral } from '../unit/array-literal';
import type { ScopedSql } from '../unit/sql';
import { readTransaction, TRANSACTION_COLUMNS } from './transaction-row';

/** What a posting did. Sources known before are in `known` and were not booked again. */
export interface PostReport {
  readonly posted: number;
  readonly known: number;
  /** Sequence of the last transaction of the scope after the posting. */
  readonly topSeq: bigint;
}

/** Transactions of one statement. */
const STATEMENT_TRANSACTIONS_MAX = 10_000;

export const sha256Hex = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** A scope's books. Nothing posted is ever changed: the roles have no right to, and corrections are reversals. */
export class Ledger {
  constructor(private readonly unit: ScopedSql) {}

  /**
   * Posts transactions in order, each source once. The head's row lock is held to the end of the unit: it numbers and chains the transactions without gaps,
   * so post shortly before the end, after reads and other writes and before `appendEvents`. Unbalanced entries are refused by the database and throw.
   */
  async post(transactions: readonly LedgerTransaction[]): Promise<PostReport> {
    const head = await this.lockHead();
    const known = await this.postedSources(transactions.map((transaction) => transaction.source));
    const fresh = distinct(transactions, known);
    const linked = chain(head.hash, head.seq, fresh, sha256Hex);
    for (let from = 0; from < linked.length; from += STATEMENT_TRANSACTIONS_MAX) {
      await this.write(linked.slice(from, from + STATEMENT_TRANSACTIONS_MAX));
    }
    const last = linked.at(-1);
    if (last !== undefined) {
      await this.unit.execute('update ledger_heads set top_seq = $3, top_hash = $4 where tenant_id = $1 and environment = $2', [
        ...this.unit.scopeParameters,
        last.sequence.toString(),
        Buffer.from(last.hash, 'hex'),
      ]);
    }
    return { posted: fresh.length, known: transactions.length - fresh.length, topSeq: last?.sequence ?? head.seq };
  }

  /** Those of the sources that are posted already. */
  async postedSources(sources: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.unit.query(
      'select source from ledger_transactions where tenant_id = $1 and environment = $2 and source = any($3::text[])',
      [...this.unit.scopeParameters, [...sources]],
    );
    return new Set(rows.map((row) => String(row.source)));
  }

  /** Where the chain stands; sequence 0 and the genesis hash before the first posting. */
  async head(): Promise<{ readonly seq: bigint; readonly hash: string }> {
    return this.readHead('');
  }

  /** When the earliest of all transactions happened; null before the first posting. */
  async earliest(): Promise<EpochMs | null> {
    const [first] = await this.read('order by occurred_at, seq limit 1', []);
    return first?.transaction.occurredAtMs ?? null;
  }

  /** Transactions after a sequence number, oldest first, at most `limit` (10,000). */
  async after(seq: bigint, limit: number): Promise<readonly LedgerTransactionRow[]> {
    return this.read('and seq > $3 order by seq limit $4', [seq.toString(), Math.min(limit, STATEMENT_TRANSACTIONS_MAX)]);
  }

  /** Transactions of one copy after a sequence number, oldest first. */
  async ofCopy(copyId: string, afterSeq: bigint, limit: number): Promise<readonly LedgerTransactionRow[]> {
    return this.read('and copy_id = $3 and seq > $4 order by seq limit $5', [
      copyId,
      afterSeq.toString(),
      Math.min(limit, STATEMENT_TRANSACTIONS_MAX),
    ]);
  }

  /** Transactions that happened in [from, to), by sequence, after `afterSeq` and up to `throughSeq`: the rows of a settlement, page by page. */
  async inPeriod(
    period: { readonly from: EpochMs; readonly to: EpochMs; readonly throughSeq: bigint },
    afterSeq: bigint,
    limit: number,
  ): Promise<readonly LedgerTransactionRow[]> {
    return this.read('and occurred_at >= $3 and occurred_at < $4 and seq <= $5 and seq > $6 order by seq limit $7', [
      new Date(period.from),
      new Date(period.to),
      period.throughSeq.toString(),
      afterSeq.toString(),
      Math.min(limit, STATEMENT_TRANSACTIONS_MAX),
    ]);
  }

  /** Sum of every entry per account and asset up to a sequence number, read from the entries themselves. */
  async sums(
    throughSeq: bigint,
  ): Promise<readonly { readonly account: string; readonly asset: string; readonly sum: bigint; readonly entries: bigint }[]> {
    const rows = await this.unit.query(
      `select account, asset, sum(amount)::text as total, count(*)::text as entries from ledger_entries
       where tenant_id = $1 and environment = $2 and seq <= $3 group by account, asset order by account, asset`,
      [...this.unit.scopeParameters, throughSeq.toString()],
    );
    return rows.map((row) => ({
      account: String(row.account),
      asset: String(row.asset),
      sum: BigInt(String(row.total)),
      entries: BigInt(String(row.entries)),
    }));
  }

  /** Sum of a copy's entries on one account and asset, read from the entries themselves. */
  async sumOfCopy(copyId: string, account: AccountCode, asset: string): Promise<Money> {
    const [row] = await this.unit.query(
      `select coalesce(sum(amount), 0)::text as total from ledger_entries
       where tenant_id = $1 and environment = $2 and copy_id = $3 and account = $4 and asset = $5`,
      [...this.unit.scopeParameters, copyId, account, asset],
    );
    return money(BigInt(String(row?.total ?? 0)));
  }

  /** Folds entries posted since the last fold into balances and returns how many transactions that were; at most `limit`. Back office only. */
  async fold(limit: number): Promise<number> {
    const [head] = await this.unit.query('select folded_seq, top_seq from ledger_heads where tenant_id = $1 and environment = $2 for update', [
      ...this.unit.scopeParameters,
    ]);
    if (head === undefined) return 0;
    const from = BigInt(String(head.folded_seq));
    const top = BigInt(String(head.top_seq));
    const to = top - from > BigInt(limit) ? from + BigInt(limit) : top;
    if (to === from) return 0;
    await this.unit.execute(
      `insert into ledger_accounts (tenant_id, environment, code, asset, balance, entry_count, through_seq)
       select $1, $2, account, asset, sum(amount), count(*), $4 from ledger_entries
       where tenant_id = $1 and environment = $2 and seq > $3 and seq <= $4 group by account, asset
       on conflict (tenant_id, environment, code, asset) do update set balance = ledger_accounts.balance + excluded.balance,
         entry_count = ledger_accounts.entry_count + excluded.entry_count, through_seq = excluded.through_seq`,
      [...this.unit.scopeParameters, from.toString(), to.toString()],
    );
    await this.unit.execute('update ledger_heads set folded_seq = $3 where tenant_id = $1 and environment = $2', [
      ...this.unit.scopeParameters,
      to.toString(),
    ]);
    return Number(to - from);
  }

  /** Folded balances, by account and asset. They may be behind the entries by what `fold` has not taken yet. */
  async balances(): Promise<readonly LedgerAccountRow[]> {
    const rows = await this.unit.query(
      `select ${tables.ledgerAccounts.selectList()} from ledger_accounts where tenant_id = $1 and environment = $2 order by code, asset`,
      [...this.unit.scopeParameters],
    );
    return rows.map((row) => tables.ledgerAccounts.parse(row));
  }

  /** Re-hashes the chain from its beginning; the first sequence number that does not prove itself, null when all of it does. */
  async firstBrokenLink(): Promise<bigint | null> {
    let previous = GENESIS_HASH;
    let seq = 0n;
    for (;;) {
      const links = await this.after(seq, STATEMENT_TRANSACTIONS_MAX);
      const last = links.at(-1);
      if (last === undefined) return null;
      const broken = firstBrokenLink(previous, links, sha256Hex);
      if (broken !== null) return broken;
      previous = last.hash;
      seq = last.sequence;
    }
  }

  private async lockHead(): Promise<{ readonly seq: bigint; readonly hash: string }> {
    await this.unit.execute(
      'insert into ledger_heads (tenant_id, environment, top_seq, top_hash) values ($1, $2, 0, $3) on conflict (tenant_id, environment) do nothing',
      [...this.unit.scopeParameters, Buffer.from(GENESIS_HASH, 'hex')],
    );
    return this.readHead('for update');
  }

  private async readHead(lock: '' | 'for update'): Promise<{ readonly seq: bigint; readonly hash: string }> {
    const [row] = await this.unit.query(
      `select top_seq, encode(top_hash, 'hex') as hash from ledger_heads where tenant_id = $1 and environment = $2 ${lock}`,
      [...this.unit.scopeParameters],
    );
    return row === undefined ? { seq: 0n, hash: GENESIS_HASH } : { seq: BigInt(String(row.top_seq)), hash: String(row.hash) };
  }

  /** Entries travel as the text of an array each, because `unnest` would flatten arrays of arrays. */
  private async write(linked: readonly ChainedTransaction[]): Promise<void> {
    const texts = (of: (link: ChainedTransaction) => unknown): string => arrayLiteral(true, linked.map(of));
    const plain = (of: (link: ChainedTransaction) => unknown): string => arrayLiteral(false, linked.map(of));
    await this.unit.execute(
      `insert into ledger_transactions
         (tenant_id, environment, seq, source, kind, copy_id, occurred_at, posted_at, accounts, assets, amounts, memo, prev_hash, hash)
       select $1, $2, r.seq, r.source, r.kind, r.copy_id, r.occurred_at, $3, r.accounts::text[], r.assets::text[], r.amounts::bigint[], r.memo,
         decode(r.prev_hash, 'hex'), decode(r.hash, 'hex')
       from unnest($4::bigint[], $5::text[], $6::text[], $7::text[], $8::timestamptz[], $9::text[], $10::text[], $11::text[], $12::json[], $13::text[], $14::text[])
         as r(seq, source, kind, copy_id, occurred_at, accounts, assets, amounts, memo, prev_hash, hash)`,
      [
        ...this.unit.scopeParameters,
        new Date(this.unit.now),
        plain((link) => link.sequence.toString()),
        texts((link) => link.transaction.source),
        texts((link) => link.transaction.kind),
        texts((link) => link.transaction.copyId),
        plain((link) => new Date(link.transaction.occurredAtMs)),
        texts((link) =>
          arrayLiteral(
            true,
            link.transaction.entries.map((entry) => entry.account),
          ),
        ),
        texts((link) =>
          arrayLiteral(
            true,
            link.transaction.entries.map((entry) => entry.asset),
          ),
        ),
        texts((link) => `{${link.transaction.entries.map((entry) => entry.amount.toString()).join(',')}}`),
        texts((link) => JSON.stringify(link.transaction.memo)),
        plain((link) => link.previousHash),
        plain((link) => link.hash),
      ],
    );
  }

  private async read(tail: string, parameters: readonly unknown[]): Promise<readonly LedgerTransactionRow[]> {
    const rows = await this.unit.query(`select ${TRANSACTION_COLUMNS} from ledger_transactions where tenant_id = $1 and environment = $2 ${tail}`, [
      ...this.unit.scopeParameters,
      ...parameters,
    ]);
    return rows.map(readTransaction);
  }
}

/** The transactions to book: not known, and the first of each source inside the batch. */
function distinct(transactions: readonly LedgerTransaction[], known: ReadonlySet<string>): readonly LedgerTransaction[] {
  const seen = new Set(known);
  return transactions.filter((transaction) => {
    if (seen.has(transaction.source)) return false;
    seen.add(transaction.source);
    return true;
  });
}
