import { type EpochMs, type Size, size } from '@lockstep/kernel';
import type { AccountState, VenueFill } from '@lockstep/venues/port';

/** Where a state differed from the fills told until then. */
export interface Difference {
  readonly coin: string;
  readonly known: Size;
  readonly found: Size;
  /** Venue time of the state. */
  readonly stateTime: EpochMs;
}

/** Positions of account states by coin. */
export const positionsOf = (states: readonly AccountState[]): Map<string, Size> =>
  new Map(states.flatMap((state) => state.positions.map((position) => [position.coin, position.size] as const)));

/** Positions where states and the fills newer than the state of their dex lead: such a fill is not in the state. */
export function positionsAfter(
  states: readonly AccountState[],
  fills: readonly VenueFill[],
  dexOf: (coin: string) => string | undefined,
): Map<string, Size> {
  const positions = positionsOf(states);
  const readAt = new Map<string | undefined, EpochMs>(states.map(({ dex, time }) => [dex, time]));
  for (const { coin, side, size: traded, time, startPosition } of [...fills].sort((a, b) => a.time - b.time)) {
    const at = readAt.get(dexOf(coin));
    if (at !== undefined && time > at) positions.set(coin, size(startPosition + (side === 'buy' ? traded : -traded)));
  }
  return positions;
}

/**
 * Compares known positions with the states that were read. A coin is compared only where its dex was read: there a missing position is a flat one.
 * Of a dex that was not read, and of a coin whose dex is not known (`dexOf` undefined), nothing is said,
 * nor of a coin with a fill newer than its state (`newestFillAt`): that state was read before it.
 */
export function differencesOf(
  known: ReadonlyMap<string, Size>,
  states: readonly AccountState[],
  dexOf: (coin: string) => string | undefined,
  newestFillAt: (coin: string) => EpochMs,
): readonly Difference[] {
  const readAt = new Map<string | undefined, EpochMs>(states.map(({ dex, time }) => [dex, time]));
  const found = positionsOf(states);
  return [...known].flatMap(([coin, position]): Difference[] => {
    const stateTime = readAt.get(dexOf(coin));
    if (stateTime === undefined || newestFillAt(coin) > stateTime) return [];
    const now = found.get(coin) ?? size(0n);
    return now === position ? [] : [{ coin, known: position, found: now, stateTime }];
  });
}
