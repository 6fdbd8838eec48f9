import type { ScenarioCopies } from './copies';
import { ExtraActs } from './extra-acts';

const WAIT_MS = [800, 6_000] as const;

/** Followers give copies money, or take it from them, with effect at once, in a share of the seeds. */
export const moneyNow = (seed: number, copies: ScenarioCopies): ExtraActs =>
  new ExtraActs(seed, 'money now', WAIT_MS, ({ draw }, at) => {
    const living = copies.living();
    const step = living.length === 0 ? null : copies.reallocate(at, draw.pick(living), draw);
    return step === null ? [] : [{ ...step, applies: 'now' }];
  });
