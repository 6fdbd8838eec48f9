import { must } from '@lockstep/kernel';
import { OUTCOME } from '../port';
import type { PlainOutcome } from './orders';

const OUTCOME_NAMES = new Map(Object.entries(OUTCOME).map(([name, code]) => [Number(code), name]));

/** Demands an outcome kind, and for a refusal its code. */
export function mustBe(outcome: PlainOutcome, kind: keyof typeof OUTCOME, reject: PlainOutcome['reject'] = 'none'): void {
  const seen = `${OUTCOME_NAMES.get(outcome.outcome) ?? outcome.outcome}/${outcome.reject}`;
  must(outcome.outcome === OUTCOME[kind] && outcome.reject === reject, `expected ${kind}/${reject}, the venue gave ${seen}`);
}

/** Demands equality of two plain values. */
export function mustEqual(seen: unknown, wanted: unknown, what: string): void {
  must(seen === wanted, `${what}: expected ${String(wanted)}, got ${String(seen)}`);
}

/** Waits until `look` gives something else than null, looking every `everyMs`; throws naming `what` after `withinMs`. */
export async function eventually<T>(what: string, look: () => Promise<T | null> | T | null, withinMs = 15_000, everyMs = 25): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== null) return seen;
    must(performance.now() < deadline, `${what} within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
