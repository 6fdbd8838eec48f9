import type { WatchedAccount } from '../state/registry';
import type { WaveLanes } from '../wave/wave-lanes';

/**
 * Runs `work` while no wave, repair or comparison of any of these instruments of a leader runs. Lanes are taken one inside the other in the order of their
 * names. Whoever else holds several (comparisons and crosses of shared accounts) takes them only where all stand idle and waits for none, and for the books
 * both wait alike; so nobody waits for another in a circle.
 */
export async function aloneInAll(
  lanes: Pick<WaveLanes, 'alone'>,
  watched: WatchedAccount,
  coins: readonly string[],
  work: () => Promise<void>,
): Promise<void> {
  const [first, ...rest] = [...coins].sort();
  if (first === undefined) return work();
  await lanes.alone(watched, first, () => aloneInAll(lanes, watched, rest, work));
}
