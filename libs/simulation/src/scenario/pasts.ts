import type { ScenarioLeader } from './cast';
import { draws } from './draws';

/** In one world in so many leaders have a past, so that copies can be sized by their volatility (`risk_normalised`). */
const WORLDS_ONE_IN = 3;

/** Whether a seed's leaders have a past. */
export const hasPasts = (seed: number): boolean => draws(seed, 'pasts: whether').oneIn(WORLDS_ONE_IN);

/**
 * The leaders with how much they gained and lost each day: about what copies aim at, or far less or more than that, so that their corridors hold them. Drawn from
 * a stream of its own: a world without it is what it was.
 */
export function withPasts(leaders: readonly ScenarioLeader[], seed: number): readonly ScenarioLeader[] {
  if (!hasPasts(seed)) return leaders;
  const draw = draws(seed, 'pasts');
  return leaders.map((leader) => {
    const dailySwingPpm = draw.weighted([
      [40, draw.between(500, 6_000)],
      [30, draw.between(15_000, 60_000)],
      [30, draw.between(100_000, 400_000)],
    ]);
    return { ...leader, dailySwingPpm };
  });
}
