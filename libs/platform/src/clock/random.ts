import { randomBytes, randomFillSync, randomInt } from 'node:crypto';
import { must, type Random } from '@lockstep/kernel';

/** The largest range `below` accepts: what the operating system's generator gives without bias. */
export const MAX_RANDOM_RANGE = 2 ** 48 - 1;

/** What an id is made of at most; keys and secrets are longer. */
const SHORT_BYTES = 16;
const POOL_BYTES = 4_096;
const pool = new Uint8Array(POOL_BYTES);
let used = POOL_BYTES;

/** Short ones are cut from a pool, because a call of the operating system takes longer than everything else about an id. What is given is taken out of the pool. */
function shortBytes(length: number): Uint8Array {
  must(Number.isInteger(length) && length >= 0, `${length} random bytes`);
  if (used + length > POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  const given = pool.slice(used, used + length);
  pool.fill(0, used, used + length);
  used += length;
  return given;
}

/** Cryptographic random bytes and unbiased numbers from the operating system. */
export const systemRandom: Random = {
  bytes: (length) => (length > SHORT_BYTES ? new Uint8Array(randomBytes(length)) : shortBytes(length)),
  below: (below) => {
    must(Number.isInteger(below) && below >= 1 && below <= MAX_RANDOM_RANGE, `random below ${below}: the range is 1 to 2^48 − 1`);
    return below === 1 ? 0 : randomInt(below);
  },
};
