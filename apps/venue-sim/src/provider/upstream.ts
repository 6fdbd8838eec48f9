import type { Json } from '@lockstep/simulation';
import { type IpLimits, infoWeight } from '@lockstep/simulation';
import type { z } from 'zod';
import type { Hall } from '../halls';
import type { Reply } from '../reply';
import { parseJson } from '../request-body';
import { chargeRows } from '../row-charge';
import { answerInfo } from '../venue-request';
import { type ProviderAnswer, refusal } from './errors';

/** The address under which the Provider API spends the exchange's limits: one budget for all its customers (facts §3). */
export const UPSTREAM_IP = 'provider-api';

/** What a read of the exchange gave. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly answer: ProviderAnswer };

/** The exchange behind the Provider API. */
export interface Upstream {
  readonly hall: Hall;
  readonly limits: IpLimits;
}

/** Asks the exchange; its limits and faults become the Provider API's errors. A request it refuses (422) is the caller's fault: `INVALID_PARAMS`. */
export async function ask<T>({ hall, limits }: Upstream, request: { readonly [key: string]: Json }, schema: z.ZodType<T>): Promise<Read<T>> {
  if (!limits.takeWeight(UPSTREAM_IP, infoWeight(request))) return { ok: false, answer: UPSTREAM_BUSY };
  const text = JSON.stringify(request);
  const reply = await new Promise<Reply>((resolve) => answerInfo({ hall, body: request, text, form: 'body' }, resolve));
  chargeRows(limits, UPSTREAM_IP, request, reply);
  const failed = failureOf(reply);
  if (failed !== null) return { ok: false, answer: failed };
  const parsed = schema.safeParse(reply.kind === 'answer' ? parseJson(reply.body) : undefined);
  if (parsed.success) return { ok: true, value: parsed.data };
  return { ok: false, answer: refusal('PROVIDER_ERROR', `unexpected upstream answer at ${parsed.error.issues[0]?.path.join('.') ?? ''}`) };
}

/** Reads what the API keeps in memory of the exchange (markets, agents): no budget is spent and no fault strikes. */
export function kept<T>(hall: Hall, request: { readonly [key: string]: Json }, schema: z.ZodType<T>): Read<T> {
  const answer = hall.world.info(request);
  const parsed = schema.safeParse(answer.status === 200 ? answer.body : undefined);
  return parsed.success
    ? { ok: true, value: parsed.data }
    : { ok: false, answer: refusal('INVALID_PARAMS', 'the exchange does not know this request') };
}

export const UPSTREAM_BUSY = refusal('PROVIDER_UNAVAILABLE', 'Upstream rate limit reached');

/** What a reply that is no verdict becomes; null for a verdict. */
export function failureOf(reply: Reply): ProviderAnswer | null {
  if (reply.kind !== 'answer') return reply;
  if (reply.status === 200) return null;
  if (reply.status === 422) return refusal('INVALID_PARAMS', 'the exchange does not know this request');
  if (reply.status === 429) return UPSTREAM_BUSY;
  if (reply.status === 503) return refusal('PROVIDER_UNAVAILABLE', 'Upstream is unavailable');
  return refusal('PROVIDER_ERROR', `Upstream answered ${reply.status}`);
}
