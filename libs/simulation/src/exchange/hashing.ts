/** One round of a 32-bit avalanche mixer. Not cryptographic: it only has to be deterministic and well spread. */
function mix(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const low = (value: number): number => value >>> 0;
const high = (value: number): number => Math.floor(value / 4_294_967_296) >>> 0;

/** A trade id: 50 bits from the two order ids and the block. Unique only together with time and coin, as at the venue. */
export function tradeId(takerOid: number, makerOid: number, block: number, ordinal: number): number {
  let state = mix(low(takerOid) ^ 0x9e3779b9);
  state = mix(state ^ high(takerOid) ^ Math.imul(low(makerOid), 0x27d4eb2f));
  state = mix(state ^ high(makerOid) ^ Math.imul(block, 0x165667b1) ^ Math.imul(ordinal, 0x2c1b3c6d));
  const upper = mix(state ^ low(takerOid) ^ 0x68bc21eb) & 0x3ffff;
  return upper * 4_294_967_296 + state;
}

/** The hash of one action in a block: `0x` and 64 hex digits. */
export function actionHash(seed: number, block: number, index: number): string {
  let state = mix(seed ^ 0x51ed270b);
  state = mix(state ^ Math.imul(block, 0x9e3779b1));
  state = mix(state ^ Math.imul(index + 1, 0x85ebca77));
  let text = '0x';
  for (let word = 0; word < 8; word += 1) {
    state = mix(state ^ Math.imul(word + 1, 0xc2b2ae3d) ^ block);
    text += state.toString(16).padStart(8, '0');
  }
  return text;
}

/** The address of an account an action makes: a sub-account or a vault. */
export const derivedAddress = (seed: number, block: number, index: number): string => `0x${actionHash(seed ^ 0x3c6ef372, block, index).slice(-40)}`;

/** The hash of what no user sent (funding, TWAP slices). */
export const ZERO_HASH = `0x${'0'.repeat(64)}`;

/** 32 well spread bits of three numbers. */
export const blend = (first: number, second: number, third: number): number =>
  mix(mix(mix(first ^ 0x2545f491) ^ Math.imul(second, 0x9e3779b1)) ^ Math.imul(third, 0x85ebca77));
