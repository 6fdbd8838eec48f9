import type { Draws } from './draws';
import { ExtraActs } from './extra-acts';
import { WAVE_WRITTEN } from './steps';

const WAIT_MS = [6_000, 60_000] as const;
/** How long a named point is waited for. */
const POINT_WAIT_MS = [1_000, 12_000] as const;
const WAVE_WAIT_MS = [10_000, 45_000] as const;
const NTH_MOST = 3;
/** An engine goes by its lock for so long after it was confirmed last (`HELD_LOCK_LEASE_MS`), and what is to end it then may come late. */
const LEASE_MS = 10_000;
const LATE_MS = 4_000;
const NEXT_IN_MS = [1, 2_500] as const;
const OFFSETS_MS = [0, -40, 40, -150, 150, -400, 400] as const;
const SLOW_MS = [0, 0, 300, 1_200, 2_500, 5_000, 9_000] as const;
const ANSWERS_MS = [0, 400, 900, 1_600, 2_600, 4_000, 7_000] as const;

/** Engines lose their lock and live on beside the next one, in a share of the seeds. */
export const lockLosses = (seed: number, points: readonly string[]): ExtraActs =>
  new ExtraActs(seed, 'lock losses', WAIT_MS, ({ draw }, at) => {
    const point = pointOf(draw, points);
    const [least, most] = point === WAVE_WRITTEN ? WAVE_WAIT_MS : POINT_WAIT_MS;
    const certainMs = draw.oneIn(3) ? draw.skewed(0, LEASE_MS) : draw.between(LEASE_MS / 5, LEASE_MS);
    return [
      {
        at,
        kind: 'lock_lost',
        point,
        nth: draw.skewed(1, NTH_MOST),
        latestMs: point === null ? 0 : draw.between(least, most),
        certainMs,
        livesMs: certainMs + draw.skewed(1, LATE_MS),
        storage: draw.weighted([
          [4, 'reachable'],
          [3, 'refused'],
          [3, 'silent'],
        ] as const),
        slowMs: draw.pick(SLOW_MS),
        answersMs: draw.pick(ANSWERS_MS),
        nextInMs: draw.skewed(...NEXT_IN_MS),
        nextOffsetMs: draw.pick(OFFSETS_MS),
      },
    ];
  });

/** Most at the moment from which what is written may be sent: there both have most to do with each other. */
function pointOf(draw: Draws, points: readonly string[]): string | null {
  const where = draw.below(6);
  if (where < 3) return WAVE_WRITTEN;
  return where < 5 && points.length > 0 ? draw.pick(points) : null;
}
