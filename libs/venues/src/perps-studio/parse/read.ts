import { err, ok, type Result } from '@lockstep/kernel';
import type { z } from 'zod';
import type { VenueReadError } from '../../port';
import type { RestOutcome } from '../transport/rest';
import { errorBody } from '../wire/error';

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads the answer to a GET: the domain value, or why there is none. */
export function readAnswer<T>(what: string, schema: z.ZodType<T>, outcome: RestOutcome): Result<T, VenueReadError> {
  if (outcome.kind === 'not_sent' && outcome.why === 'budget') return err({ code: 'rate_limited', detail: `${what}: ${outcome.detail}` });
  if (outcome.kind !== 'answer') return err({ code: 'unreachable', detail: `${what}: ${outcome.detail}` });
  if (outcome.status !== 200) {
    const refused = errorBody.safeParse(outcome.body);
    const detail = refused.success ? `${refused.data.error.code}: ${refused.data.error.message}` : `status ${outcome.status}`;
    return err({ code: outcome.status === 429 || outcome.status === 503 ? 'rate_limited' : 'unreachable', detail: `${what}: ${detail}` });
  }
  const parsed = schema.safeParse(outcome.body);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  return err({ code: 'unparseable', detail: `${[what, ...(issue?.path ?? []).map(String)].join('.')}: ${issue?.message ?? 'unreadable'}` });
}

/** The API no longer (or not yet) lists an order. */
export const isNotFound = ({ detail }: VenueReadError): boolean => detail.includes('ORDER_NOT_FOUND');
