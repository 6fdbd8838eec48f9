/** How much each key has used of what it may use in a window of time. */
export interface Window {
  /** Takes `amount` when it still fits under `most`, else takes nothing. */
  take(key: string, amount: number, nowMs: number): boolean;
  /** Uses `amount` whether it fits or not: what is found out only afterwards. Nothing more is taken until it has been worked off. */
  spend(key: string, amount: number, nowMs: number): void;
  used(key: string, nowMs: number): number;
}

/**
 * How the venue counts its minutes; its documents do not say. `sliding60`: the sum of the last 60 s. `leaky`: a bucket that holds a minute's allowance
 * and drains at a sixtieth of it every second.
 */
export const IP_WINDOWS = ['sliding60', 'leaky'] as const;
export type IpWindow = (typeof IP_WINDOWS)[number];

/** The window is cut into this many slices; a spend is forgotten between `windowMs` and one slice later. */
const SLICES = 60;
/** Keys kept before idle ones are swept. */
const KEYS_MAX = 10_000;

/** A window of the named kind that admits `most` in `windowMs`. */
export function createWindowOf(kind: IpWindow, most: number, windowMs: number): Window {
  return kind === 'leaky' ? createLeakyBucket(most, windowMs) : createWindow(most, windowMs);
}

interface Slices {
  readonly sums: number[];
  latest: number;
}

/** A sliding sum over the last `windowMs`. */
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
  const add = (key: string, slices: Slices, amount: number): void => {
    const at = slices.latest % SLICES;
    slices.sums[at] = (slices.sums[at] ?? 0) + amount;
    keys.set(key, slices);
  };

  return {
    take: (key, amount, nowMs) => {
      if (keys.size >= KEYS_MAX) sweep(nowMs);
      const slices = roll(key, nowMs);
      if (total(slices) + amount > most) return false;
      add(key, slices, amount);
      return true;
    },
    spend: (key, amount, nowMs) => add(key, roll(key, nowMs), amount),
    used: (key, nowMs) => total(roll(key, nowMs)),
  };
}

interface Bucket {
  level: number;
  at: number;
}

/** A bucket of size `most` that drains to nothing in `windowMs`. */
export function createLeakyBucket(most: number, windowMs: number): Window {
  const keys = new Map<string, Bucket>();
  const level = (bucket: Bucket | undefined, nowMs: number): number =>
    bucket === undefined ? 0 : Math.max(0, bucket.level - (Math.max(0, nowMs - bucket.at) * most) / windowMs);

  return {
    take: (key, amount, nowMs) => {
      if (keys.size >= KEYS_MAX) for (const [idle, bucket] of [...keys]) if (level(bucket, nowMs) === 0) keys.delete(idle);
      const before = level(keys.get(key), nowMs);
      if (before + amount > most) return false;
      keys.set(key, { level: before + amount, at: nowMs });
      return true;
    },
    spend: (key, amount, nowMs) => void keys.set(key, { level: level(keys.get(key), nowMs) + amount, at: nowMs }),
    used: (key, nowMs) => level(keys.get(key), nowMs),
  };
}
