/**
 * A PostgreSQL array literal. Built here because the driver's own walks and escapes every element, which costs more than the insert for large batches.
 * `quoted`: elements are text or JSON and are escaped; otherwise they are numbers, booleans, times or bytes, whose text needs no escaping.
 */
export function arrayLiteral(quoted: boolean, values: readonly unknown[]): string {
  const element = quoted ? quote : plain;
  let literal = '{';
  for (let index = 0; index < values.length; index += 1) literal += index === 0 ? element(values[index]) : `,${element(values[index])}`;
  return `${literal}}`;
}

const SPECIAL = /[\\"]/;

function quote(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return SPECIAL.test(text) ? `"${text.replace(/[\\"]/g, '\\$&')}"` : `"${text}"`;
}

function plain(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (value instanceof Date) return `"${value.toISOString()}"`;
  if (Buffer.isBuffer(value)) return `"\\\\x${value.toString('hex')}"`;
  return String(value);
}
