/**
 * The order of a wave (product §2.8): every copy gets a rank from a keyed hash of the daily seed, the wave and the copy number; no weight
 * for tenant or tier. The seed's commitment is published before the day and the seed after it, so anybody can check every rank from
 * the copy number alone.
 */

/** Key words of one wave, drawn from the seed and the wave number. */
export interface WaveKey {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

/** Mixes the 32 seed bytes and the wave number into four words. Any length of seed is accepted; missing bytes count as zero. */
export function waveKey(seed: Uint8Array, wave: number): WaveKey {
  const words = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344];
  const absorb = (word: number): void => {
    for (let lane = 0; lane < 4; lane += 1) words[lane] = mix((words[lane] ?? 0) ^ (words[(lane + 1) & 3] ?? 0) ^ Math.imul(word + lane, 0x9e3779b1));
  };
  for (let index = 0; index < Math.max(32, seed.length); index += 4) absorb(littleEndian(seed, index));
  absorb(wave % 0x1_0000_0000);
  absorb(Math.floor(wave / 0x1_0000_0000));
  absorb(seed.length);
  return { a: words[0] ?? 0, b: words[1] ?? 0, c: words[2] ?? 0, d: words[3] ?? 0 };
}

/** 32 bits that rank a copy in the wave: copies leave in ascending order of it inside their class. */
export function copyRank(key: WaveKey, copyNo: number): number {
  const low = copyNo | 0;
  const high = (copyNo / 0x1_0000_0000) | 0;
  let word = mix(low ^ key.a);
  word = mix(word + Math.imul(high ^ key.b, 0x85ebca6b));
  word = mix(word ^ key.c);
  return mix(word + key.d) >>> 0;
}

/** Ranks are sorted by so many of their bits at a time, the lowest first. */
const DIGIT_BITS = 11;
const DIGITS = Math.ceil(32 / DIGIT_BITS);
const DIGIT_SPAN = 1 << DIGIT_BITS;

/** Indexes 0 … count − 1 in ascending rank; `copyNo[i]` is the copy of index i. Equal ranks (one pair in 2^32) fall back to the index. */
export function rankedOrder(key: WaveKey, copyNo: Float64Array, count: number): Int32Array {
  const ranks = new Int32Array(count);
  for (let index = 0; index < count; index += 1) ranks[index] = copyRank(key, copyNo[index] ?? 0);
  let [order, sorted] = [new Int32Array(count), new Int32Array(count)];
  for (let index = 0; index < count; index += 1) order[index] = index;
  for (let digit = 0; digit < DIGITS; digit += 1) {
    sortByDigit(ranks, digit * DIGIT_BITS, order, sorted);
    [order, sorted] = [sorted, order];
  }
  return order;
}

/** Brings `order` into `sorted` by one digit of the ranks; what is equal in it keeps its order. */
function sortByDigit(ranks: Int32Array, shift: number, order: Int32Array, sorted: Int32Array): void {
  const places = new Int32Array(DIGIT_SPAN + 1);
  for (let index = 0; index < ranks.length; index += 1) {
    const next = (((ranks[index] ?? 0) >>> shift) & (DIGIT_SPAN - 1)) + 1;
    places[next] = (places[next] ?? 0) + 1;
  }
  for (let digit = 1; digit < DIGIT_SPAN; digit += 1) places[digit] = (places[digit] ?? 0) + (places[digit - 1] ?? 0);
  for (let at = 0; at < order.length; at += 1) {
    const index = order[at] ?? 0;
    const digit = ((ranks[index] ?? 0) >>> shift) & (DIGIT_SPAN - 1);
    const place = places[digit] ?? 0;
    sorted[place] = index;
    places[digit] = place + 1;
  }
}

function mix(value: number): number {
  let word = value | 0;
  word = Math.imul(word ^ (word >>> 16), 0x7feb352d);
  word = Math.imul(word ^ (word >>> 15), 0x846ca68b);
  return word ^ (word >>> 16);
}

function littleEndian(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}
