import { createHmac } from 'node:crypto';
import { must } from '@lockstep/kernel';
import type { Curve, DigestSigner } from './ecdsa';

/** Fills a buffer of this many bytes from the system's cryptographic source. */
export type Entropy = (bytes: number) => Uint8Array;

/** Order n of secp256k1 (SEC 2, §2.4.1). */
const ORDER = 0xffffffff_ffffffff_ffffffff_fffffffe_baaedce6_af48a03b_bfd25e8c_d0364141n;
const HALF_ORDER = ORDER >> 1n;
const WORD_BYTES = 32;

/** What of a signature depends on neither message nor key: r = (k·G).x, 1/k mod n, and the recovery id of (r, s) before s is made low. */
interface Presignature {
  readonly r: bigint;
  readonly rBytes: Uint8Array;
  readonly inverse: bigint;
  readonly recoveryId: 0 | 1;
}

/**
 * Signs with nonces prepared while nothing was to be signed: s = k⁻¹·(z + r·d) mod n is all that is left to do, some two microseconds instead of
 * fifty. When the pool is empty it signs by `fallback` (RFC 6979) at once, never waiting for a refill.
 *
 * Two messages under one k give the key away, and so does k itself beside a signature. Therefore:
 *  - a presignature leaves the pool before it is used and never comes back, whatever happens then;
 *  - it lives in this object's memory only: nothing of it is returned, logged, stored or sent to another thread;
 *  - each k is drawn for itself, as HMAC(secret of this pool, counter ‖ 32 fresh random bytes), so that neither a repeated state of the random
 *    source nor a guessed one repeats or tells a k; no k follows from another.
 * Like every signer in JavaScript it does not run in constant time; keys that sign here are agents, which can trade but not withdraw.
 */
export class PresignaturePool implements DigestSigner {
  private readonly ready: Presignature[] = [];
  private readonly secret: Uint8Array;
  private counter = 0n;

  constructor(
    private readonly curve: Curve,
    private readonly entropy: Entropy,
    private readonly fallback: DigestSigner,
    private readonly capacity: number,
  ) {
    this.secret = entropy(WORD_BYTES);
  }

  /** Presignatures at hand. */
  get size(): number {
    return this.ready.length;
  }

  /** How many more it would hold. */
  get room(): number {
    return this.capacity - this.ready.length;
  }

  /** Prepares up to `count` more, as far as there is room: about 35 microseconds each with the native curve. */
  refill(count: number): void {
    const drawn = this.draw(Math.min(count, this.room));
    const inverses = invertAll(drawn.map(({ k }) => k));
    for (const [index, { k, point }] of drawn.entries()) {
      const inverse = inverses[index] ?? 0n;
      // A wrong inverse would not betray a key, but every order signed with it would be refused.
      must((k * inverse) % ORDER === 1n, 'a nonce times its inverse is one');
      const rBytes = Uint8Array.from(point.subarray(1, 1 + WORD_BYTES));
      const odd = (point[2 * WORD_BYTES] ?? 0) & 1;
      this.ready.push({ r: numberOf(rBytes), rBytes, inverse, recoveryId: odd === 1 ? 1 : 0 });
    }
  }

  sign(digest: Uint8Array, privateKey: Uint8Array, out: Uint8Array): number {
    const taken = this.ready.pop();
    if (taken === undefined) return this.fallback.sign(digest, privateKey, out);
    const key = numberOf(privateKey);
    must(key > 0n && key < ORDER, 'a loaded signing key is a valid private key');
    const s = (taken.inverse * ((numberOf(digest) + taken.r * key) % ORDER)) % ORDER;
    // One message in 2^256 has no signature under this k.
    if (s === 0n) return this.fallback.sign(digest, privateKey, out);
    const high = s > HALF_ORDER;
    out.set(taken.rBytes, 0);
    writeNumber(high ? ORDER - s : s, out, WORD_BYTES);
    return high ? 1 - taken.recoveryId : taken.recoveryId;
  }

  /** Forgets what is prepared. */
  clear(): void {
    this.ready.length = 0;
    this.secret.fill(0);
  }

  private draw(count: number): { readonly k: bigint; readonly point: Uint8Array }[] {
    const drawn: { k: bigint; point: Uint8Array }[] = [];
    while (drawn.length < count) {
      const bytes = this.nonce();
      if (!this.curve.isPrivateKey(bytes)) continue;
      const point = this.curve.publicKey(bytes);
      const k = numberOf(bytes);
      bytes.fill(0);
      // Where x is not below n the recovery id would need a third bit, which the venue's v has not: one k in 2^128.
      if (numberOf(point.subarray(1, 1 + WORD_BYTES)) < ORDER) drawn.push({ k, point });
    }
    return drawn;
  }

  private nonce(): Uint8Array {
    this.counter += 1n;
    const count = Buffer.alloc(8);
    count.writeBigUInt64BE(this.counter);
    return createHmac('sha256', this.secret).update(count).update(this.entropy(WORD_BYTES)).digest();
  }
}

/** Inverses mod n of numbers that are not multiples of n, with one inversion for all (Montgomery's trick). */
function invertAll(values: readonly bigint[]): bigint[] {
  const products: bigint[] = [];
  let product = 1n;
  for (const value of values) {
    products.push(product);
    product = (product * value) % ORDER;
  }
  let inverse = invert(product);
  const inverses: bigint[] = [];
  for (let index = values.length - 1; index >= 0; index -= 1) {
    inverses[index] = (inverse * (products[index] ?? 1n)) % ORDER;
    inverse = (inverse * (values[index] ?? 1n)) % ORDER;
  }
  return inverses;
}

/** The inverse mod n by Euclid's extended algorithm. */
function invert(value: bigint): bigint {
  let [rest, next] = [ORDER, value % ORDER];
  let [factor, nextFactor] = [0n, 1n];
  while (next !== 0n) {
    const quotient = rest / next;
    [rest, next] = [next, rest - quotient * next];
    [factor, nextFactor] = [nextFactor, factor - quotient * nextFactor];
  }
  must(rest === 1n, 'a number that is no multiple of a prime has an inverse');
  return factor < 0n ? factor + ORDER : factor;
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`);
}

function writeNumber(value: bigint, out: Uint8Array, offset: number): void {
  Buffer.from(out.buffer, out.byteOffset, out.length).write(value.toString(16).padStart(2 * WORD_BYTES, '0'), offset, WORD_BYTES, 'hex');
}
