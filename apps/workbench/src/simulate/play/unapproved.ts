import type { ScenarioFollower, ScenarioStep } from '@lockstep/simulation';
import { deniesUnapproved } from './platform-actor';

/**
 * Accounts for which nothing is entered, because they approved no builder fee where their brand wants one. In a calm every approval that was taken back is given
 * again, but the engine asks for approvals in turns, a few a minute over all accounts: one it knew to be taken back counts as that until its books say otherwise.
 * `played`: what of the script was played so far. `booked`: accounts without an approval by the engine's books.
 */
export function unapprovedOf(
  followers: readonly Pick<ScenarioFollower, 'address' | 'tenant' | 'builderApproved'>[],
  played: readonly ScenarioStep[],
  booked: readonly string[],
): readonly string[] {
  const withdrawn = new Set(played.flatMap((step) => (step.kind === 'builder_withdrawn' ? [step.follower] : [])));
  return followers
    .filter(({ tenant, builderApproved, address }, index) => {
      const unknown = withdrawn.has(index) && booked.includes(address);
      return deniesUnapproved(tenant) && (!builderApproved || unknown);
    })
    .map(({ address }) => address);
}
