import { randomBytes, randomInt } from 'node:crypto';
import { must, type Random } from '@lockstep/kernel';

/** The largest range `below` accepts: what the operating system's generator gives without bias. */
export const MAX_RANDOM_RANGE = 2 ** 48 - 1;

/** Cryptographic random bytes and unbiased numbers from the operating system. */
export const systemRandom: Random = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
  below: (below) => {
    must(Number.isInteger(below) && below >= 1 && below <= MAX_RANDOM_RANGE, `random below ${below}: the range is 1 to 2^48 − 1`);
    return below === 1 ? 0 : randomInt(below);
  },
};
