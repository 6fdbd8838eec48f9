import { err, ok, type Result } from '@lockstep/kernel';

/** Why a text is not RFC 4180 with a header. */
export type CsvError = 'unclosed_quote' | 'text_after_quote' | 'quote_inside_field' | 'uneven_rows' | 'no_header';

/** Reads a whole CSV text into rows by column name. For checks of our own files: it holds everything in memory. */
export function readCsv(text: string): Result<Record<string, string>[], CsvError> {
  const rows = readRows(text);
  if (!rows.ok) return rows;
  const [header, ...body] = rows.value;
  if (header === undefined) return err('no_header');
  if (body.some((row) => row.length !== header.length)) return err('uneven_rows');
  return ok(body.map((row) => Object.fromEntries(header.map((name, index) => [name, row[index] ?? '']))));
}

function readRows(text: string): Result<string[][], CsvError> {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    const field = text[at] === '"' ? quoted(text, at) : plain(text, at);
    if (!field.ok) return field;
    row.push(field.value.text);
    at = field.value.end;
    if (text[at] === ',') {
      at += 1;
      // A comma at the very end leaves one empty field behind it.
      if (at === text.length) row.push('');
      continue;
    }
    at += text.startsWith('\r\n', at) ? 2 : 1;
    rows.push(row);
    row = [];
  }
  if (row.length > 0) rows.push(row);
  return ok(rows);
}

interface Field {
  readonly text: string;
  readonly end: number;
}

function quoted(text: string, start: number): Result<Field, CsvError> {
  let value = '';
  let at = start + 1;
  for (;;) {
    const close = text.indexOf('"', at);
    if (close < 0) return err('unclosed_quote');
    value += text.slice(at, close);
    if (text[close + 1] !== '"') {
      const next = text[close + 1];
      return next === undefined || next === ',' || next === '\r' || next === '\n' ? ok({ text: value, end: close + 1 }) : err('text_after_quote');
    }
    value += '"';
    at = close + 2;
  }
}

function plain(text: string, start: number): Result<Field, CsvError> {
  let end = start;
  while (end < text.length && text[end] !== ',' && text[end] !== '\r' && text[end] !== '\n') end += 1;
  const value = text.slice(start, end);
  return value.includes('"') ? err('quote_inside_field') : ok({ text: value, end });
}
