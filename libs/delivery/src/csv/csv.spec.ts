import { unwrap } from '@lockstep/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FILE_COLUMNS, fileName } from './files';
import { type Manifest, manifestHash, manifestText } from './manifest';
import { readCsv } from './reader';
import { CsvWriter } from './writer';

const writer = new CsvWriter({ name: 'text', amount: 'decimal', count: 'integer', at: 'time' } as const);
const row = (over: Partial<Record<'name' | 'amount' | 'count' | 'at', string | null>>) =>
  writer.row({ name: null, amount: null, count: null, at: null, ...over });

describe('CSV writer', () => {
  it('writes header and rows with CRLF, absent values as empty fields', () => {
    expect(writer.header()).toBe('name,amount,count,at\r\n');
    expect(row({})).toBe(',,,\r\n');
    expect(row({ name: 'a', amount: '-1.5', count: '3', at: '2026-01-02T03:04:05.678Z' })).toBe('a,-1.5,3,2026-01-02T03:04:05.678Z\r\n');
  });

  it.each([
    ['a,b', '"a,b"'],
    ['say "x"', '"say ""x"""'],
    ['two\r\nlines', '"two\r\nlines"'],
    [' spaced ', ' spaced '],
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@x', "'@x"],
    ['\tx', "'\tx"],
    ['\0x', "'\0x"],
    ['=a,b', '"\'=a,b"'],
    ['a=1', 'a=1'],
  ])('text %j becomes %j', (text, cell) => {
    expect(row({ name: text })).toBe(`${cell},,,\r\n`);
  });

  it('a negative number stays a number', () => {
    expect(row({ amount: '-12.50' })).toBe(',-12.50,,\r\n');
  });

  it.each([
    ['amount', '=1'],
    ['amount', '1e5'],
    ['amount', "'-1"],
    ['amount', '1,5'],
    ['amount', ''],
    ['amount', '.5'],
    ['count', '1.0'],
    ['at', '2026-01-02'],
  ] as const)('a %s of %j never leaves', (column, value) => {
    expect(() => row({ [column]: value })).toThrow(`column ${column} must hold`);
  });

  it('reads back what was written, text guarded', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', ' ', '=', 'é', '\t'), maxLength: 12 });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, fc.integer()), { maxLength: 8 }), (rows) => {
        const file = writer.header() + rows.map(([name, count]) => row({ name, count: String(count) })).join('');
        const read = unwrap(readCsv(file), 'own file');
        expect(read.map((one) => [one.name?.replace(/^'(?=[=+\-@\t\r\n\0])/, ''), Number(one.count)])).toEqual(rows);
      }),
    );
  });
});

describe('CSV reader', () => {
  it.each([
    ['', 'no_header'],
    ['a\r\n"x', 'unclosed_quote'],
    ['a\r\n"x"y', 'text_after_quote'],
    ['a\r\nx"y', 'quote_inside_field'],
    ['a,b\r\n1\r\n', 'uneven_rows'],
  ])('%j is refused: %s', (text, error) => {
    expect(readCsv(text)).toEqual({ ok: false, error });
  });
});

describe('files', () => {
  it('are named after what they hold, without characters of a path', () => {
    expect(fileName('settlement', '2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z')).toBe('settlement_2026-01-01_2026-02-01.csv');
    expect(fileName('fees', '2026-01-01T12:30:00.500Z', '2026-02-01T00:00:00.000Z')).toBe('fees_2026-01-01T123000500Z_2026-02-01.csv');
  });

  it('no column is called twice and amounts are decimals', () => {
    for (const columns of Object.values(FILE_COLUMNS)) expect(new CsvWriter(columns).header().split(',').length).toBe(Object.keys(columns).length);
    expect(FILE_COLUMNS.settlement.net).toBe('decimal');
  });
});

describe('manifest', () => {
  const manifest: Manifest = {
    schema_version: 1,
    kind: 'settlement',
    file_name: 'settlement_2026-01-01_2026-01-02.csv',
    tenant_id: 'ten_x',
    environment: 'test',
    period: { start: '2026-01-01T00:00:00.000Z', end: '2026-01-02T00:00:00.000Z' },
    as_of_sequence: '7',
    as_of_hash: 'a'.repeat(64),
    row_count: 1,
    byte_count: 10,
    control_totals: [{ asset: 'USDC', account: '*', debits: '1', credits: '1', closing: '0', entry_count: 2 }],
    sha256: 'b'.repeat(64),
    previous_manifest_sha256: null,
  };

  it('has the same bytes whatever the order its members were given in', () => {
    const { kind, ...rest } = manifest;
    expect(manifestText({ ...rest, kind })).toBe(manifestText(manifest));
    expect(manifestHash(manifest)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('another total or another predecessor is another hash', () => {
    expect(manifestHash({ ...manifest, row_count: 2 })).not.toBe(manifestHash(manifest));
    expect(manifestHash({ ...manifest, previous_manifest_sha256: 'c'.repeat(64) })).not.toBe(manifestHash(manifest));
  });
});
