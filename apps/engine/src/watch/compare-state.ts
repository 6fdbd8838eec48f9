import { type Size, size } from '@lockstep/kernel';
import type { AccountState } from '@lockstep/venues/port';

/** Where a state differed from the fills told until then. */
export interface Difference {
  readonly coin: string;
  readonly known: Size;
  readonly found: Size;
}

/** Positions of account states by coin. */
export const positionsOf = (states: readonly AccountState[]): Map<string, Size> =>
  new Map(states.flatMap((state) => state.positions.map((position) => [position.coin, position.size] as const)));

/**
 * Compares known positions with the states that were read. A coin is compared only where its dex was read: there a missing position is a flat one.
 * Of a dex that was not read, and of a coin whose dex is not known (`dexOf` undefined), nothing is said.
 */
export function differencesOf(
  known: ReadonlyMap<string, Size>,
  states: readonly AccountState[],
  dexOf: (coin: string) => string | undefined,
): readonly Difference[] {
  const read = new Set<string | undefined>(states.map(({ dex }) => dex));
  const found = positionsOf(states);
  return [...known].flatMap(([coin, position]): Difference[] => {
    if (!read.has(dexOf(coin))) return [];
    const now = found.get(coin) ?? size(0n);
    return now === position ? [] : [{ coin, known: position, found: now }];
  });
}
