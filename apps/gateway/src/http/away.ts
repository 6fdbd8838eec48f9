import type { Random } from '@lockstep/kernel';
import { CommitUnknownError, isDatabaseAway } from '@lockstep/storage';
import type { Refusal } from './problem-exception';

const RETRY_AFTER_LEAST_S = 1;
/** So many different waits, so that callers do not return together. */
const RETRY_AFTER_SPREAD_S = 3;
const UNKNOWN = 'Whether the change was made is not known. Repeat it under the same Idempotency-Key, or look for it.';

/** What a request is refused with that failed because the database was away or could not; null: it failed for another reason. */
export function awayRefusal(failure: unknown, random: Random): Refusal | null {
  const isUnknown = failure instanceof CommitUnknownError;
  if (!isUnknown && !isDatabaseAway(failure)) return null;
  const headers = { 'Retry-After': String(RETRY_AFTER_LEAST_S + random.below(RETRY_AFTER_SPREAD_S)) };
  return { code: 'unavailable', headers, ...(isUnknown && { detail: UNKNOWN }) };
}
