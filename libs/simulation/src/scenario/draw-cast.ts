import { must } from '@lockstep/kernel';
import type { ScenarioCoin, ScenarioFollower, ScenarioLeader, ScenarioTenant } from './cast';
import { LEADER_STYLES } from './cast';
import { inCents, ppmOf } from './coins';
import type { Draws } from './draws';
import { drawStyles } from './leaders';
import type { ScenarioSize } from './scenario';

const USD = 100_000_000n;
const ADDRESS_DIGITS = 40;
const DAY_MINUTES = 1_440;

/** The address of a number in one of the two crowds; crowds never meet. */
export const addressOf = (crowd: 'a' | 'f', number: number): string => `0x${crowd}${(number + 1).toString(16).padStart(ADDRESS_DIGITS - 1, '0')}`;

export const drawTenants = (draw: Draws): readonly ScenarioTenant[] =>
  Array.from({ length: draw.between(2, 3) }, (_, tenant) => ({ tenant, dayBeginsMin: draw.pick([0, draw.below(DAY_MINUTES)]) }));

/** Two to six leaders, the first of which are copied most; a replayed one only where there is something to replay. */
export function drawLeaders(coins: readonly ScenarioCoin[], hasRecording: boolean, draw: Draws): readonly ScenarioLeader[] {
  const styles = LEADER_STYLES.filter((style) => style !== 'replayed' || hasRecording);
  return drawStyles(draw.between(2, 6), draw, styles).map((style, leader) => {
    const traded = draw.shuffled(coins).slice(0, draw.between(2, 3));
    const names = traded.map(({ coin }) => coin);
    const main = BigInt(draw.skewed(20_000, 800_000)) * USD;
    const cash: Record<string, bigint> = { '': main };
    for (const { dex } of traded) if (dex !== '') cash[dex] = inCents(ppmOf(main, draw.between(300_000, 900_000)));
    return { leader, address: addressOf('a', leader), style, coins: names, cash };
  });
}

/** One standard seed in so many has a crowd of this size whatever else it has. */
const CROWD_ONE_IN = 50;
const CROWD = [150, 400] as const;

/** Followers by size of scenario: a dozen or two in most, hundreds in some. What hundreds cost is better spent on more seeds: few meet what many meet, in other ways each time. */
function crowd(size: ScenarioSize, draw: Draws, large: Draws): number {
  const usual = usualCrowd(size, draw);
  return size === 'standard' && large.oneIn(CROWD_ONE_IN) ? large.between(...CROWD) : usual;
}

function usualCrowd(size: ScenarioSize, draw: Draws): number {
  if (size === 'small') return draw.between(8, 20);
  if (size === 'large') return draw.between(180, 250);
  return draw.weighted([
    [60, draw.between(6, 12)],
    [30, draw.between(12, 24)],
    [10, draw.between(24, 48)],
  ]);
}

export function drawFollowers(
  tenants: readonly ScenarioTenant[],
  coins: readonly ScenarioCoin[],
  size: ScenarioSize,
  draw: Draws,
  large: Draws,
): readonly ScenarioFollower[] {
  return followersOf(crowd(size, draw, large), tenants, coins, draw);
}

export function followersOf(
  count: number,
  tenants: readonly ScenarioTenant[],
  coins: readonly ScenarioCoin[],
  draw: Draws,
): readonly ScenarioFollower[] {
  const builderDex = coins.find(({ dex }) => dex !== '')?.dex;
  must(builderDex !== undefined, 'a scenario has a coin of a builder dex');
  return Array.from({ length: count }, (_, follower) => {
    const main =
      BigInt(
        draw.weighted([
          [15, draw.between(150, 500)],
          [45, draw.between(500, 5_000)],
          [30, draw.between(5_000, 30_000)],
          [10, draw.between(30_000, 150_000)],
        ]),
      ) * USD;
    const isEverywhere = !draw.oneIn(3);
    const cash = isEverywhere ? { '': main, [builderDex]: inCents(ppmOf(main, draw.between(300_000, 1_000_000))) } : { '': main };
    return {
      follower,
      tenant: draw.pick(tenants).tenant,
      address: addressOf('f', follower),
      cash,
      builderApproved: draw.oneIn(2),
      slots: 1,
      handsOff: false,
    };
  });
}
