import { createHash } from 'node:crypto';
import { must } from '@lockstep/kernel';
import type { IdempotencyRefusal, IdempotentAnswer } from '@lockstep/storage';
import { Answer } from './answer';
import { ProblemException, type Refusal } from './problem-exception';

/** What of a request its Idempotency-Key stands for. */
export interface Repeatable {
  readonly requestId: string;
  /** Method and path. */
  readonly operation: string;
  readonly body: unknown;
  readonly idempotencyHeader: string | null;
}

/** Longest key taken; UUIDs have 36 characters. */
const KEY_MAX_CHARS = 255;

/** The key without the quotes of a structured field; null when none was sent. */
export function idempotencyKeyOf({ idempotencyHeader: text }: Repeatable): string | null {
  if (text === null) return null;
  const key = /^"([^"\\]*)"$/.exec(text.trim())?.[1] ?? text.trim();
  if (key.length > 0 && key.length <= KEY_MAX_CHARS && /^[!-~]+$/.test(key)) return key;
  throw new ProblemException('idempotency_key_invalid', { detail: `Send 1 to ${KEY_MAX_CHARS} visible ASCII characters, for example a UUID.` });
}

/** Digest of what the request asks: method, path and canonical body. */
export function fingerprintOf({ operation, body }: Repeatable): Buffer {
  must(operation !== '', 'a call names its operation');
  return createHash('sha256').update(operation).update('\n').update(canonical(body)).digest();
}

/** The answer under a key; one that was given before says so. */
export function keptAnswer<T>({ status, body, replayed, originalRequestId }: IdempotentAnswer): Answer<T> {
  return new Answer<T>(status, JSON.parse(body), replayed ? { 'Idempotency-Replayed': 'true', 'X-Original-Request-Id': originalRequestId } : {});
}

export const keyRefusal = (why: IdempotencyRefusal): Refusal => ({
  code: why === 'in_progress' ? 'idempotency_key_in_use' : 'idempotency_key_reused',
});

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`)
    .join(',')}}`;
}
