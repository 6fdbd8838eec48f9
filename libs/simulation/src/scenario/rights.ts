import type { CopyPlan, ScenarioCopies } from './copies';
import type { Draws } from './draws';
import { ExtraActs } from './extra-acts';
import type { RightsStep, Step } from './steps';

/** One seed in so many has brands that grant their leaders and publish terms. */
const SEEDS_ONE_IN = 5;
const WAIT_MS = [3_000, 14_000] as const;
/** A grant that ends does after so long. */
const GRANTED_MS = [800, 30_000] as const;
/** A leader is for those alone who were granted him for so long. */
const RESTRICTED_MS = [4_000, 45_000] as const;
/** Notice of terms; the gateway takes a minute and more for terms that only bind later. */
const NOTICE_MS = [1_000, 20_000] as const;
const LONG_NOTICE_MS = [60_000, 90_000] as const;
/** Followers consent within so long, one in so many never. */
const CONSENT_MS = [200, 25_000] as const;
const NEVER_ONE_IN = 6;

/** Brands let their leaders be copied by those alone whom they granted it, for a while; they grant it, renew it, let it end and take it back, and publish terms to which followers consent, late or never. */
export const rights = (seed: number, copies: Pick<ScenarioCopies, 'living'>): ExtraActs => {
  const restricted = new Set<string>();
  return new ExtraActs(
    seed,
    'rights',
    WAIT_MS,
    (acts, at) => {
      const living = copies.living();
      if (living.length === 0) return [];
      const bound = living.filter((each) => restricted.has(keyOf(each)));
      if (bound.length > 0 && acts.draw.oneIn(2)) {
        const plan = acts.draw.pick(bound);
        return [acts.draw.oneIn(2) ? revoke(plan, at) : grant(acts.draw, plan, at)];
      }
      const plan = acts.draw.pick(living);
      const key = keyOf(plan);
      const alike = living.filter((other) => keyOf(other) === key);
      if (restricted.has(key) || acts.draw.oneIn(3)) return publish(acts, plan, alike, at);
      restricted.add(key);
      acts.soon(at, RESTRICTED_MS, (then) => {
        restricted.delete(key);
        return [access(plan, then, 'everyone')];
      });
      const granted = alike.filter(() => !acts.draw.oneIn(3)).map((other) => grant(acts.draw, other, at));
      return [...granted, access(plan, at, 'granted')];
    },
    SEEDS_ONE_IN,
  );
};

const keyOf = ({ follower: { tenant }, leader }: CopyPlan): string => `${tenant} ${leader}`;

const access = ({ follower: { tenant }, leader }: CopyPlan, at: number, to: 'everyone' | 'granted'): RightsStep => ({
  at,
  kind: 'leader_access',
  tenant,
  leader,
  access: to,
});

const grant = (draw: Draws, { follower: { follower }, leader }: CopyPlan, at: number): RightsStep => ({
  at,
  kind: 'entitlement_grant',
  follower,
  leader,
  forMs: draw.oneIn(3) ? null : draw.between(...GRANTED_MS),
});

const revoke = ({ follower: { follower }, leader }: CopyPlan, at: number): RightsStep => ({ at, kind: 'entitlement_revoke', follower, leader });

function publish(acts: ExtraActs, { follower: { tenant }, leader }: CopyPlan, alike: readonly CopyPlan[], at: number): readonly Step[] {
  const { draw } = acts;
  const inMs = draw.weighted([
    [45, 0],
    [40, draw.between(...NOTICE_MS)],
    [15, draw.between(...LONG_NOTICE_MS)],
  ]);
  for (const { copy } of alike) if (!draw.oneIn(NEVER_ONE_IN)) acts.soon(at, CONSENT_MS, (then) => [{ at: then, kind: 'copy_consent', copy }]);
  return [{ at, kind: 'terms_publish', tenant, leader, inMs }];
}
