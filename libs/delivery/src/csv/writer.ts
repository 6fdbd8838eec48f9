import { must } from '@lockstep/kernel';
import { DECIMAL_PATTERN, TIME_PATTERN } from '../wire';

/**
 * CSV by RFC 4180: CRLF after every row, header first, quotes doubled, a field quoted only when it must be, so that equal rows give equal bytes.
 * Text columns are guarded against formula injection (ASVS 1.2.10); numeric columns follow a strict grammar and are never touched:
 * a settlement file is full of negative numbers.
 */
export type ColumnKind = 'text' | 'decimal' | 'integer' | 'time';
export type Columns = Readonly<Record<string, ColumnKind>>;
/** A row names every column; an absent value is null and becomes an empty field. */
export type CsvRow<C extends Columns> = Readonly<Record<keyof C, string | null>>;

const FORMULA_START = /^[=+\-@\t\r\n\0]/;
const NEEDS_QUOTES = /[",\r\n]/;
const INTEGER_PATTERN = /^-?\d{1,38}$/;

export class CsvWriter<C extends Columns> {
  private readonly names: readonly string[];

  constructor(private readonly columns: C) {
    this.names = Object.keys(columns);
  }

  /** The header row. */
  header(): string {
    return `${this.names.map(quote).join(',')}\r\n`;
  }

  /** One row; throws `AssertionFailure` when a value breaks its column's grammar: such a file must not leave. */
  row(values: CsvRow<C>): string {
    const cells = this.names.map((name) => this.cell(name, values[name] ?? null));
    return `${cells.join(',')}\r\n`;
  }

  private cell(name: string, value: string | null): string {
    if (value === null) return '';
    const kind = this.columns[name] ?? 'text';
    if (kind === 'text') return quote(guardFormula(value));
    must(matches(kind, value), `column ${name} must hold a ${kind}`);
    return value;
  }
}

/** Puts `'` before a text a spreadsheet would run. */
export const guardFormula = (text: string): string => (FORMULA_START.test(text) ? `'${text}` : text);

function matches(kind: Exclude<ColumnKind, 'text'>, value: string): boolean {
  if (kind === 'decimal') return DECIMAL_PATTERN.test(value);
  return (kind === 'integer' ? INTEGER_PATTERN : TIME_PATTERN).test(value);
}

const quote = (text: string): string => (NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
