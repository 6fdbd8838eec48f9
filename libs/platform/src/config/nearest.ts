/** A name further away than this many edits is no suggestion. */
const MAX_EDITS = 4;

/** The candidate with the fewest single-character edits from `name`, or null when none is near. */
export function nearest<T extends string>(name: string, candidates: readonly T[]): T | null {
  let best: T | null = null;
  let fewest = MAX_EDITS + 1;
  for (const candidate of candidates) {
    const distance = edits(name, candidate);
    if (distance < fewest) {
      fewest = distance;
      best = candidate;
    }
  }
  return best;
}

/** Levenshtein distance: insertions, deletions and substitutions that turn one text into the other. */
function edits(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const substituted = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(substituted, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
}
