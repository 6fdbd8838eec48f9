/** Whole numbers from a seed, the same on every machine: for price paths and faults, never for keys. */
export interface Chance {
  /** From 0 to `below` − 1; `below` at most 2^32. */
  below(below: number): number;
}

/** A generator with 32 bits of state (mulberry32), started from a seed and a label, so that every coin walks on its own. */
export function seededChance(seed: number, label: string): Chance {
  let state = (seed ^ hashLabel(label)) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return { below: (below) => Math.floor((next() / 4_294_967_296) * below) };
}

/** FNV-1a over the UTF-16 units. */
function hashLabel(label: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < label.length; index += 1) hash = Math.imul(hash ^ label.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
