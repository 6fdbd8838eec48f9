import { err, ok, type Result } from '@lockstep/kernel';
import type { z } from 'zod';
import type { VenueReadError } from '../../port';

/** Turns an answer into a domain value, or names the first path that is missing or wrong. Unknown fields are ignored. */
export function readWith<T>(what: string, schema: z.ZodType<T>, body: unknown): Result<T, VenueReadError> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  const path = [what, ...(issue?.path ?? []).map(String)].join('.');
  return err({ code: 'unparseable', detail: `${path}: ${issue?.message ?? 'unreadable'}` });
}

/** The dex of a perp's coin: `''` is the main one. */
export const dexOf = (coin: string): string => (coin.includes(':') ? (coin.split(':')[0] ?? '') : '');

/** True for a coin of a perp; spot pairs (`@7`, `A/B`) and outcome tokens (`#…`, `+…`) share the venue's lists. */
export const isPerpCoin = (coin: string): boolean => !/^[@#+]/.test(coin) && !coin.includes('/');
