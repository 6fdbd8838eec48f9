import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { auditSettlement, booksOf, type DemoSettlement, fileOf, totalsByName } from './settle';

type Row = readonly [asset: string, account: string, net: string];

function settlement(rows: readonly Row[], manifest: Readonly<Record<string, unknown>> = {}): DemoSettlement {
  const csv = ['asset,account,copy_id,net', ...rows.map(([asset, account, net]) => `${asset},${account},,${net}`), ''].join('\r\n');
  return {
    id: 'stl_1',
    to: '2026-12-01T00:00:00.000Z',
    csv,
    rows: rows.length,
    manifest: {
      schema_version: 1,
      kind: 'settlement',
      file_name: 'stl_1.csv',
      tenant_id: 'ten_1',
      environment: 'test',
      period: { start: '2026-11-01T00:00:00.000Z', end: '2026-12-01T00:00:00.000Z' },
      as_of_sequence: '1',
      as_of_hash: '',
      row_count: rows.length,
      byte_count: csv.length,
      control_totals: [],
      sha256: createHash('sha256').update(csv).digest('hex'),
      previous_manifest_sha256: null,
      ...manifest,
    },
  };
}
const balanced: readonly Row[] = [
  ['USDC', 'venue_cash', '10'],
  ['USDC', 'realised_pnl', '-10'],
];
const rulesBroken = (closed: DemoSettlement): readonly string[] => auditSettlement({ name: 'Northwind' }, closed).map(({ rule }) => rule);

describe('auditing a settlement', () => {
  it.each<[string, DemoSettlement, readonly string[]]>([
    ['finds nothing where everything holds', settlement(balanced), []],
    ['sees accounts that do not sum to zero', settlement([...balanced, ['USDC', 'trading_fee', '0.00000001']]), ['the ledger sums to zero']],
    [
      'sees two assets whose errors cancel out',
      settlement([...balanced, ['USDC', 'trading_fee', '1'], ['USDH', 'trading_fee', '-1']]),
      ['the ledger sums to zero', 'the ledger sums to zero'],
    ],
    ['sees another file than the manifest’s', settlement(balanced, { sha256: 'a'.repeat(64) }), ['the manifest names the file’s SHA-256']],
    ['sees rows the manifest does not count', settlement(balanced, { row_count: 1 }), ['the manifest counts the rows']],
  ])('%s', (_name, closed, rules) => {
    expect(rulesBroken(closed)).toEqual(rules);
  });
});

describe('settlements that follow each other', () => {
  it('are one file with one header', () => {
    const [first, second, empty] = [settlement(balanced), settlement([['USDC', 'trading_fee', '1']]), settlement([])];
    expect(totalsByName(fileOf([first, empty, second]))).toEqual(
      new Map([
        ['venue_cash', 1_000_000_000n],
        ['realised_pnl', -1_000_000_000n],
        ['trading_fee', 100_000_000n],
      ]),
    );
    expect(booksOf(fileOf([first, empty, second])).rows).toHaveLength(3);
    expect(fileOf([first])).toBe(first.csv);
  });
});

describe('reading a settlement', () => {
  const csv = [
    'asset,account,copy_id,net',
    'USDC,copy:trading_fee,cpy_1,2',
    'USDH,copy:trading_fee,cpy_1,3',
    'USDH,copy:trading_fee,cpy_2,5',
    'USDH,tenant:markup_revenue,,-7',
    '',
  ].join('\r\n');
  const whole = (text: number): bigint => BigInt(text) * 100_000_000n;

  it('keeps copies and assets apart', () => {
    const { rows, byCopy } = booksOf(csv);
    expect(byCopy).toEqual(
      new Map([
        [
          'cpy_1',
          new Map([
            ['USDC', new Map([['trading_fee', whole(2)]])],
            ['USDH', new Map([['trading_fee', whole(3)]])],
          ]),
        ],
        ['cpy_2', new Map([['USDH', new Map([['trading_fee', whole(5)]])]])],
      ]),
    );
    expect(rows).toHaveLength(4);
    expect(rows[3]).toEqual({ asset: 'USDH', account: 'tenant:markup_revenue', net: whole(-7) });
  });

  it('adds up one asset, or all where there is one', () => {
    expect(totalsByName(csv, 'USDH')).toEqual(
      new Map([
        ['trading_fee', whole(8)],
        ['tenant:markup_revenue', whole(-7)],
      ]),
    );
    expect(totalsByName(csv).get('trading_fee')).toBe(whole(10));
  });
});
