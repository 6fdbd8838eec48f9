import { HIDDEN, Secret } from './secret';

/** Nothing deeper than this is logged. */
const MAX_DEPTH = 6;
/** Nothing longer than this many array items or object keys is logged. */
const MAX_ITEMS = 50;
/** No text longer than this many characters is logged. */
const MAX_TEXT_CHARS = 4_000;

/** Keys whose value is never logged, compared without case, `_` and `-`. */
const SECRET_KEYS = new Set([
  'apikey',
  'agentkey',
  'authorization',
  'cookie',
  'credential',
  'credentials',
  'cursorsecret',
  'databaseurl',
  'ownerurl',
  'passphrase',
  'password',
  'pepper',
  'privatekey',
  'privatekeys',
  'proxyauthorization',
  'redisurl',
  'secret',
  'setcookie',
  'signature',
  'ticket',
  'token',
]);

/** Verdicts on keys that were met: log lines have few and the same. */
const VERDICTS_MAX = 1_000;
const verdicts = new Map<string, boolean>();

function isSecretKey(key: string): boolean {
  const known = verdicts.get(key);
  if (known !== undefined) return known;
  const verdict = SECRET_KEYS.has(key.toLowerCase().replaceAll(/[_-]/g, ''));
  if (verdicts.size < VERDICTS_MAX) verdicts.set(key, verdict);
  return verdict;
}

/** Passwords inside addresses, API keys in our format, bearer tokens: hidden wherever they stand in a text. */
const SECRET_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/([a-z][a-z0-9+.-]{0,20}:\/\/[^\s:/@]{0,200}):[^\s@]{1,500}@/gi, `$1:${HIDDEN}@`],
  [/\b([a-z]{2,12}_(?:live|test)_)[0-9A-Za-z_]{16,200}/g, `$1${HIDDEN}`],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,2000}/gi, `$1 ${HIDDEN}`],
];

/** What every one of them holds: a text without any of it, as nearly all are, is looked through once. */
const MAY_HOLD_SECRET = /:\/\/|_(?:live|test)_|bearer|basic/i;

/** A text without the secrets that can be recognised by their form, cut to a bounded length. */
export function redactText(text: string): string {
  const cut = text.length > MAX_TEXT_CHARS ? `${text.slice(0, MAX_TEXT_CHARS)}… (${text.length} characters)` : text;
  if (!MAY_HOLD_SECRET.test(cut)) return cut;
  return SECRET_TEXTS.reduce((clean, [pattern, replacement]) => clean.replace(pattern, replacement), cut);
}

/** A value ready for a JSON log line: secrets hidden by key, type and form, big integers as text, everything bounded. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Secret) return HIDDEN;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  if (depth >= MAX_DEPTH) return '[deeper]';
  if (value instanceof Error) return redactError(value, depth);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return redactList(value, depth);
  if (value instanceof Map)
    return redactEntries(
      [...value.entries()].map(([key, inner]) => [String(key), inner]),
      depth,
    );
  if (value instanceof Set) return redactList([...value], depth);
  return redactEntries(Object.entries(value), depth);
}

function redactList(list: readonly unknown[], depth: number): unknown[] {
  const kept = list.slice(0, MAX_ITEMS).map((inner) => redact(inner, depth + 1));
  return list.length > MAX_ITEMS ? [...kept, `… ${list.length - MAX_ITEMS} more`] : kept;
}

function redactEntries(entries: readonly (readonly [string, unknown])[], depth: number): Record<string, unknown> {
  const clean: Record<string, unknown> = {};
  for (const [key, inner] of entries.slice(0, MAX_ITEMS)) clean[key] = isSecretKey(key) ? HIDDEN : redact(inner, depth + 1);
  if (entries.length > MAX_ITEMS) clean['…'] = `${entries.length - MAX_ITEMS} more`;
  return clean;
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  const own = Object.entries(error).filter(([key]) => key !== 'name' && key !== 'message' && key !== 'stack' && key !== 'cause');
  return {
    type: error.name,
    message: redactText(error.message),
    ...(error.stack === undefined ? {} : { stack: redactText(error.stack) }),
    ...(error.cause === undefined ? {} : { cause: redact(error.cause, depth + 1) }),
    ...redactEntries(own, depth),
  };
}
