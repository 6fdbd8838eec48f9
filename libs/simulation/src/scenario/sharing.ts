import type { ScenarioFollower } from './cast';
import { draws } from './draws';

/** One world in so many has followers who copy several leaders through one venue account. */
const WORLDS_ONE_IN = 3;
const SLOTS_MOST = 4;

/**
 * Which followers copy several leaders through one venue account, and which of those leave the account to their copies. Drawn from a stream of their own: what is
 * drawn of a world without them is what it was.
 */
export function withSharing(followers: readonly ScenarioFollower[], leaders: number, seed: number): readonly ScenarioFollower[] {
  const draw = draws(seed, 'sharing');
  if (!draw.oneIn(WORLDS_ONE_IN)) return followers;
  const most = Math.min(leaders, SLOTS_MOST);
  return followers.map((follower) => {
    const slots = draw.oneIn(4) ? 1 : draw.between(2, most);
    return { ...follower, slots, handsOff: slots > 1 && !draw.oneIn(4) };
  });
}
