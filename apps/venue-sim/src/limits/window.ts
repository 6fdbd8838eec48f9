/** A sliding sum over the last `windowMs`: how much each key has used. */
export interface Window {
  /** Takes `amount` when it still fits under `most`, else takes nothing. */
  take(key: string, amount: number, nowMs: number): boolean;
  used(key: string, nowMs: number): number;
}

/** The window is cut into this many slices; a spend is forgotten between `windowMs` and one slice later. */
const SLICES = 60;
/** Keys kept before idle ones are swept. */
const KEYS_MAX = 10_000;

interface Slices {
  readonly sums: number[];
  latest: number;
}

export function createWindow(most: number, windowMs: number): Window {
  const sliceMs = windowMs / SLICES;
  const keys = new Map<string, Slices>();

  const roll = (key: string, nowMs: number): Slices => {
    const slice = Math.floor(nowMs / sliceMs);
    const slices = keys.get(key) ?? { sums: new Array<number>(SLICES).fill(0), latest: slice };
    for (let passed = Math.max(slices.latest + 1, slice - SLICES + 1); passed <= slice; passed += 1) slices.sums[passed % SLICES] = 0;
    slices.latest = Math.max(slices.latest, slice);
    return slices;
  };
  const total = (slices: Slices): number => slices.sums.reduce((sum, part) => sum + part, 0);
  const sweep = (nowMs: number): void => {
    for (const key of [...keys.keys()]) if (total(roll(key, nowMs)) === 0) keys.delete(key);
  };

  return {
    take: (key, amount, nowMs) => {
      if (keys.size >= KEYS_MAX) sweep(nowMs);
      const slices = roll(key, nowMs);
      if (total(slices) + amount > most) return false;
      const at = slices.latest % SLICES;
      slices.sums[at] = (slices.sums[at] ?? 0) + amount;
      keys.set(key, slices);
      return true;
    },
    used: (key, nowMs) => total(roll(key, nowMs)),
  };
}
