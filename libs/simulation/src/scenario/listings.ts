import type { ScenarioCopies } from './copies';
import { ExtraActs } from './extra-acts';

const WAIT_MS = [5_000, 30_000] as const;
const PAUSED_MS = [1_500, 20_000] as const;

/** Brands pause leaders for a while, in a share of the seeds: through a calm too, where one comes meanwhile. */
export const listingPauses = (seed: number, copies: Pick<ScenarioCopies, 'living'>): ExtraActs =>
  new ExtraActs(seed, 'listings', WAIT_MS, (acts, at) => {
    const living = copies.living();
    if (living.length === 0) return [];
    const { leader, follower } = acts.draw.pick(living);
    const { tenant } = follower;
    acts.soon(at, PAUSED_MS, (then) => [{ at: then, kind: 'listing_resume', tenant, leader }]);
    return [{ at, kind: 'listing_pause', tenant, leader }];
  });
