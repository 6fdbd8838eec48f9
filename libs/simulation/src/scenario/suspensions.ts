import type { ScenarioCopies } from './copies';
import { ExtraActs } from './extra-acts';

const WAIT_MS = [8_000, 60_000] as const;
const SUSPENDED_MS = [800, 15_000] as const;

/** The operator suspends brands for a while, in a share of the seeds: through a calm too, where one comes meanwhile. */
export const suspensions = (seed: number, copies: Pick<ScenarioCopies, 'living'>): ExtraActs =>
  new ExtraActs(seed, 'suspensions', WAIT_MS, (acts, at) => {
    const living = copies.living();
    if (living.length === 0) return [];
    const { tenant } = acts.draw.pick(living).follower;
    acts.soon(at, SUSPENDED_MS, (then) => [{ at: then, kind: 'tenant_release', tenant }]);
    return [{ at, kind: 'tenant_suspend', tenant }];
  });
