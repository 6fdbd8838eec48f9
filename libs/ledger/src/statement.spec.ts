import { type CopyId, makeId, money } from '@lockstep/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accountCode, copyAccount, houseAccount, natureOf, parseAccountCode } from './accounts';
import { chain, chainInput, firstBrokenLink, GENESIS_HASH } from './chain';
import { postAllocation, postFunding } from './post';
import { belongsTo, checkPeriod, NOTHING_SETTLED, type SettlementMark } from './settlement-period';
import { ControlTotals, statementRows } from './statement';
import type { LedgerTransaction } from './transaction';

const copy = (no: number): CopyId => makeId('copy', no, new Uint8Array(10));
/** Stands in for SHA-256: any injective-enough text function shows the chain's structure. */
const toyHash = (text: string): string => {
  let hash = 7n;
  for (const character of text) hash = (hash * 1_000_003n + BigInt(character.charCodeAt(0))) % 2n ** 256n;
  return hash.toString(16).padStart(64, '0');
};
const funding = (no: number, amount: bigint): LedgerTransaction => {
  const posted = postFunding({ source: `f${no}:${amount}`, copyId: copy(no), occurredAtMs: no, coin: 'BTC', asset: 'USDC', amount: money(amount) });
  if (posted === null) throw new Error('empty');
  return posted;
};

describe('chart of accounts', () => {
  it.each([copyAccount(copy(1), 'venue_cash'), houseAccount('tenant', 'markup_payable'), houseAccount('platform', 'rounding')])(
    '%s reads back',
    (code) => {
      const parsed = parseAccountCode(code);
      expect(parsed.ok && accountCode(parsed.value)).toBe(code);
      expect(parsed.ok && typeof natureOf(parsed.value)).toBe('string');
    },
  );
  it.each([
    '',
    'tenant:toString',
    'tenant:venue_cash',
    'copy:x:venue_cash',
    `copy:${copy(1)}:rounding`,
    `copy:${copy(1)}:funding:x`,
    'platform:rounding:x',
  ])('%j is unknown', (text) => {
    expect(parseAccountCode(text)).toEqual({ ok: false, error: 'unknown_ledger_account' });
  });
});

describe('hash chain', () => {
  const transactions = [funding(1, 5n), funding(2, -7n), funding(3, 9n)];

  it('links, and proves itself', () => {
    const links = chain(GENESIS_HASH, 0n, transactions, toyHash);
    expect(links.map((link) => link.sequence)).toEqual([1n, 2n, 3n]);
    expect(links[1]?.previousHash).toBe(links[0]?.hash);
    expect(firstBrokenLink(GENESIS_HASH, links, toyHash)).toBeNull();
    const [first, ...rest] = links;
    expect(chain(first?.hash ?? '', 1n, transactions.slice(1), toyHash)).toEqual(rest);
  });

  it('breaks where a transaction is changed, dropped or reordered', () => {
    const links = chain(GENESIS_HASH, 0n, transactions, toyHash);
    const [first, second, third] = links;
    if (first === undefined || second === undefined || third === undefined) throw new Error('three links');
    const changed = { ...second, transaction: { ...second.transaction, memo: { coin: 'ETH' } } };
    expect(firstBrokenLink(GENESIS_HASH, [first, changed, third], toyHash)).toBe(2n);
    expect(firstBrokenLink(GENESIS_HASH, [first, third], toyHash)).toBe(3n);
    expect(firstBrokenLink(GENESIS_HASH, [second, first, third], toyHash)).toBe(2n);
  });

  it('the canonical text ignores the order of memo keys and entries, and nothing else', () => {
    const one = funding(1, 5n);
    const shuffled = { ...one, memo: { ...one.memo }, entries: [...one.entries].reverse() };
    expect(chainInput('x', 1n, shuffled)).toBe(chainInput('x', 1n, one));
    for (const other of [
      { ...one, source: 'g' },
      { ...one, occurredAtMs: 2 },
      { ...one, copyId: null },
      { ...one, entries: one.entries.slice(1) },
    ]) {
      expect(chainInput('x', 1n, other)).not.toBe(chainInput('x', 1n, one));
    }
  });
});

describe('statement', () => {
  const entriesOf = (transactions: readonly LedgerTransaction[]) => transactions.flatMap((one) => one.entries);

  it('opens with what was before, adds both sides and closes', () => {
    const rows = statementRows(entriesOf([funding(1, 5n)]), entriesOf([funding(1, -3n), funding(1, 4n), funding(2, 1n)]));
    expect(rows.map((row) => [row.account.replace(/^copy:cpy_0*/, ''), row.opening, row.debits, row.credits, row.closing, row.entryCount])).toEqual([
      [expect.stringMatching(/funding$/), -5n, 3n, 4n, -6n, 2],
      [expect.stringMatching(/venue_cash$/), 5n, 4n, 3n, 6n, 2],
      [expect.stringMatching(/funding$/), 0n, 0n, 1n, -1n, 1],
      [expect.stringMatching(/venue_cash$/), 0n, 1n, 0n, 1n, 1],
    ]);
  });

  it('control totals are per account name and asset; a whole asset balances', () => {
    const totals = new ControlTotals();
    for (const row of statementRows([], entriesOf([funding(1, 5n), funding(2, -2n)]))) totals.add(row);
    expect(totals.unbalancedAssets()).toEqual([]);
    expect(totals.list()).toEqual([
      { asset: 'USDC', account: '*', debits: 7n, credits: 7n, closing: 0n, entryCount: 4 },
      { asset: 'USDC', account: 'copy:funding', debits: 2n, credits: 5n, closing: -3n, entryCount: 2 },
      { asset: 'USDC', account: 'copy:venue_cash', debits: 5n, credits: 2n, closing: 3n, entryCount: 2 },
    ]);
  });

  it('a lost entry is noticed', () => {
    const totals = new ControlTotals();
    for (const row of statementRows([], entriesOf([funding(1, 5n)]).slice(1))) totals.add(row);
    expect(totals.unbalancedAssets()).toEqual(['USDC']);
  });
});

describe('settlement periods', () => {
  const mark = (endMs: number, asOf: number): SettlementMark => ({ endMs, asOfSequence: BigInt(asOf) });

  it.each([
    ['over and next', 10, 20, mark(10, 1), 20, null],
    ['the first may begin anywhere', 10, 20, NOTHING_SETTLED, 25, null],
    ['empty', 10, 10, NOTHING_SETTLED, 25, 'period_empty'],
    ['not over', 10, 20, NOTHING_SETTLED, 19, 'period_not_over'],
    ['overlapping', 9, 20, mark(10, 1), 25, 'period_overlaps'],
    ['a gap', 11, 20, mark(10, 1), 25, 'period_gap'],
  ])('%s', (_name, start, end, last, now, error) => {
    expect(checkPeriod(start, end, last, now)).toEqual(error === null ? { ok: true, value: true } : { ok: false, error });
  });

  it('every transaction up to the last mark belongs to exactly one settlement, late ones included', () => {
    const posted = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(posted, fc.array(fc.tuple(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 0, max: 10 })), { maxLength: 6 }), (times, steps) => {
        const marks: SettlementMark[] = [NOTHING_SETTLED];
        for (const [length, posts] of steps) {
          const last = marks.at(-1) ?? NOTHING_SETTLED;
          marks.push(mark(last.endMs + length, Number(last.asOfSequence) + posts));
        }
        const end = marks.at(-1) ?? NOTHING_SETTLED;
        times.forEach((time, index) => {
          const sequence = BigInt(index + 1);
          const covering = marks.slice(1).filter((one, at) => belongsTo(one, marks[at] ?? NOTHING_SETTLED, time, sequence));
          expect(covering.length).toBe(time < end.endMs && sequence <= end.asOfSequence ? 1 : 0);
        });
      }),
    );
  });

  it('an allocation is a transaction like any other', () => {
    expect(postAllocation('c1:1', copy(1), 1, 'USDC', money(100n))?.entries).toHaveLength(2);
  });
});
