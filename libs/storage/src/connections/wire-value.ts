/** A parameter in PostgreSQL's text form; bytes as they are, null for null. Objects travel as JSON, lists as array literals. */
export function wireValue(value: unknown): string | Buffer | null {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return null;
  if (typeof value !== 'object') return String(value);
  if (Buffer.isBuffer(value)) return value;
  if (value instanceof Date) return value.toISOString();
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return Array.isArray(value) ? listText(value) : JSON.stringify(value);
}

const SPECIAL = /[\\"]/g;

function listText(list: readonly unknown[]): string {
  return `{${list.map(elementText).join(',')}}`;
}

function elementText(element: unknown): string {
  if (Array.isArray(element)) return listText(element);
  const value = wireValue(element);
  if (value === null) return 'NULL';
  return Buffer.isBuffer(value) ? `"\\\\x${value.toString('hex')}"` : `"${value.replace(SPECIAL, '\\$&')}"`;
}
