import type { EpochMs, Price } from '@lockstep/kernel';
import type { World } from '../exchange/port';
import type { PricePath } from './price-path';

/** How often the venue moves its oracle. */
export const ORACLE_STEP_MS = 3_000;

/** Keeps the books of a world alive: moves oracle, mark and the makers' ladders along each coin's path, in step with the blocks. */
export interface MakerDriver {
  /** Executes the world's blocks up to `time`, moving prices at every step on the way. */
  advanceTo(time: EpochMs): void;
  /** The price was moved by hand: the coin's path goes on from there. */
  moved(coin: string, to: Price): void;
  /** Holds the prices where they are, or lets them walk again. */
  setWalking(walking: boolean): void;
  /** False also where no coin has a path. */
  readonly walking: boolean;
}

export interface MakerOrder {
  readonly world: World;
  /** Coins without a path stay where they are. */
  readonly paths: ReadonlyMap<string, PricePath>;
  readonly stepMs?: number;
}

/** Steps fall on whole multiples of `stepMs` of venue time, so that a world's prices depend on its seed and blocks alone. */
export function driveMakers({ world, paths, stepMs = ORACLE_STEP_MS }: MakerOrder): MakerDriver {
  let walking = true;
  let nextStep = (Math.floor(world.now() / stepMs) + 1) * stepMs;
  const step = (time: EpochMs): void => {
    if (!walking) return;
    for (const [coin, path] of paths) {
      const moved = path.priceAt(time);
      if (moved !== null) world.control.movePrice(coin, moved);
    }
  };
  return {
    get walking() {
      return walking && paths.size > 0;
    },
    advanceTo: (time) => {
      for (; nextStep <= time; nextStep += stepMs) {
        world.advanceTo(nextStep - 1);
        step(nextStep);
      }
      world.advanceTo(time);
    },
    moved: (coin, to) => paths.get(coin)?.movedTo(to),
    setWalking: (next) => {
      walking = next;
    },
  };
}
