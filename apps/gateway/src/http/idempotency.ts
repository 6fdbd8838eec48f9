import { createHash } from 'node:crypto';
import { must } from '@lockstep/kernel';
import type { IdempotencyRefusal, IdempotentAnswer } from '@lockstep/storage';
import { Answer } from './answer';
import { ProblemException, type Refusal } from './problem-exception';

/** What of a request its Idempotency-Key stands for. */
export interface Repeatable {
  readonly requestId: string;
  /** Method, path and query. */
  readonly operation: string;
  readonly apiVersion: string;
  readonly body: unknown;
  readonly idempotencyHeader: string | null;
}

/** Longest key taken; UUIDs have 36 characters. */
const KEY_MAX_CHARS = 255;

/** A structured field's String (RFC 8941) with its parameters, which say nothing here. */
const QUOTED_KEY =
  /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"(?: *; *[a-z*][a-z0-9_.*-]*(?:=(?:"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"|[A-Za-z0-9:?*./+=-]+))?)*$/;
/** As most clients send it. */
const BARE_KEY = /^[!#-~]+$/;

/** The key, of a structured field's String or bare: both name the same one. Null when none was sent. */
export function idempotencyKeyOf({ idempotencyHeader: text }: Pick<Repeatable, 'idempotencyHeader'>): string | null {
  if (text === null) return null;
  const field = text.trim();
  const quoted = QUOTED_KEY.exec(field)?.[1]?.replaceAll(/\\(["\\])/g, '$1');
  const key = quoted ?? (BARE_KEY.test(field) ? field : '');
  if (key.length > 0 && key.length <= KEY_MAX_CHARS) return key;
  throw new ProblemException('idempotency_key_invalid', {
    detail: `Send 1 to ${KEY_MAX_CHARS} printable ASCII characters in double quotes, or visible ones without, for example a UUID.`,
    errors: [{ pointer: 'header/idempotency-key', code: 'invalid', detail: 'a string of a structured field' }],
  });
}

/** Digest of what the request asks: version of the API, method, path, query and canonical body. Whose key it is stands in the key's own place. */
export function fingerprintOf({ apiVersion, operation, body }: Pick<Repeatable, 'apiVersion' | 'operation' | 'body'>): Buffer {
  must(operation !== '' && apiVersion !== '', 'a call names its operation and its version');
  return createHash('sha256').update(`${apiVersion}\n${operation}\n`).update(canonical(body)).digest();
}

const REPLAYED = 'Idempotency-Replayed';
/** Whether an answer was given before. */
export const isRepeated = ({ headers }: Pick<Answer<unknown>, 'headers'>): boolean => REPLAYED in headers;

/** The answer under a key; one that was given before says so. */
export function keptAnswer<T>({ status, headers, body, replayed, originalRequestId }: IdempotentAnswer): Answer<T> {
  const told = replayed ? { [REPLAYED]: 'true', 'X-Original-Request-Id': originalRequestId } : {};
  return new Answer<T>(status, JSON.parse(body), { ...headers, ...told });
}

/** How long a caller waits before it repeats a request whose first one still runs. */
const RETRY_AFTER_SECONDS = '1';

export const keyRefusal = (why: IdempotencyRefusal): Refusal =>
  why === 'in_progress' ? { code: 'idempotency_key_in_use', headers: { 'Retry-After': RETRY_AFTER_SECONDS } } : { code: 'idempotency_key_reused' };

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`)
    .join(',')}}`;
}
