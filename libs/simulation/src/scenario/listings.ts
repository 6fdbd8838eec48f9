import type { CopyPlan, ScenarioCopies } from './copies';
import { ExtraActs } from './extra-acts';
import type { Step } from './steps';

type Span = readonly [number, number];

/** Somebody takes what a copy of theirs hangs on out of use for a while, in a share of the seeds: through a calm too, where one comes meanwhile. */
const forAWhile = (
  seed: number,
  name: string,
  spans: { readonly waitMs: Span; readonly lastsMs: Span },
  copies: Pick<ScenarioCopies, 'living'>,
  step: (of: CopyPlan, at: number, begins: boolean) => Step,
): ExtraActs =>
  new ExtraActs(seed, name, spans.waitMs, (acts, at) => {
    const living = copies.living();
    if (living.length === 0) return [];
    const plan = acts.draw.pick(living);
    acts.soon(at, spans.lastsMs, (then) => [step(plan, then, false)]);
    return [step(plan, at, true)];
  });

/** Brands pause leaders. */
export const listingPauses = (seed: number, copies: Pick<ScenarioCopies, 'living'>): ExtraActs =>
  forAWhile(seed, 'listings', { waitMs: [5_000, 30_000], lastsMs: [1_500, 20_000] }, copies, ({ leader, follower: { tenant } }, at, begins) => ({
    at,
    kind: begins ? 'listing_pause' : 'listing_resume',
    tenant,
    leader,
  }));

/** The operator suspends brands. */
export const suspensions = (seed: number, copies: Pick<ScenarioCopies, 'living'>): ExtraActs =>
  forAWhile(seed, 'suspensions', { waitMs: [8_000, 60_000], lastsMs: [800, 15_000] }, copies, ({ follower: { tenant } }, at, begins) => ({
    at,
    kind: begins ? 'tenant_suspend' : 'tenant_release',
    tenant,
  }));
