import { err, ok, type Result } from '@lockstep/kernel';

/**
 * How much of the traffic is recovered. `all`: every action, before it may enter a block; claims are ignored.
 * `sample`: of the requests that claim a signer, one in `every` is recovered; `off`: none. A request without a claim is recovered in every mode,
 * so the weaker modes only ever trust a client that asks for it (the bench), and a sampled claim that is false acts as the address it recovers to.
 */
export type VerifyMode = { readonly kind: 'all' } | { readonly kind: 'sample'; readonly every: number } | { readonly kind: 'off' };

const SAMPLE = /^sample:([1-9]\d{0,6})$/;

/** Reads `all`, `off` or `sample:N` (N from 1 to 9,999,999); the error is a sentence naming what is accepted. */
export function parseVerifyMode(text: string): Result<VerifyMode, string> {
  if (text === 'all' || text === 'off') return ok({ kind: text });
  const every = SAMPLE.exec(text)?.[1];
  return every === undefined ? err(`takes all, off or sample:N, not "${text}"`) : ok({ kind: 'sample', every: Number(every) });
}

export const formatVerifyMode = (mode: VerifyMode): string => (mode.kind === 'sample' ? `sample:${mode.every}` : mode.kind);
