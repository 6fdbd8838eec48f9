import { createHash } from 'node:crypto';
import { type Id, isId, makeId, must } from '@lockstep/kernel';

/** What an order id is made of. */
export interface OrderParts {
  /** Wave number, below 2^48. */
  readonly moveId: bigint;
  /** Below 2^40. */
  readonly copyNo: bigint;
  /** Below 2^16. */
  readonly instance: number;
  /** Below 2^8. */
  readonly leg: number;
  /** Below 2^16. */
  readonly attempt: number;
}

/**
 * The id of an order: the wave number where other ids carry their time, then copy, instance, leg and attempt.
 * Injective, and rising with the wave, so that a list by id is a list by time and writing a wave's rows again meets the same keys.
 */
export function orderIdOf(parts: OrderParts): Id<'order'> {
  must(parts.moveId >= 0n && parts.moveId < 1n << 48n, 'a wave number has 48 bits');
  must(parts.copyNo >= 0n && parts.copyNo < 1n << 40n, 'a copy number has 40 bits');
  must(inBits(parts.instance, 16) && inBits(parts.leg, 8) && inBits(parts.attempt, 16), 'instance, leg and attempt have 16, 8 and 16 bits');
  const tail = Buffer.alloc(10);
  tail.writeUIntBE(Number(parts.copyNo >> 8n), 0, 4);
  tail.writeUInt8(Number(parts.copyNo & 255n), 4);
  tail.writeUInt16BE(parts.instance, 5);
  tail.writeUInt8(parts.leg, 7);
  tail.writeUInt16BE(parts.attempt, 8);
  return makeId('order', Number(parts.moveId), tail);
}

/** The parts of an order id; null when the text is no order id. */
export function orderPartsOf(id: string): OrderParts | null {
  if (!isId('order', id)) return null;
  let bits = 0n;
  for (const character of id.slice(4)) bits = (bits << 5n) | BigInt(ALPHABET.indexOf(character));
  const take = (width: bigint): bigint => {
    const part = bits & ((1n << width) - 1n);
    bits >>= width;
    return part;
  };
  const attempt = Number(take(16n));
  const leg = Number(take(8n));
  const instance = Number(take(16n));
  const copyNo = take(40n);
  return { moveId: bits, copyNo, instance, leg, attempt };
}

/** In the place of the venue's order id on fills that copies of one account made with each other: no order left, and the venue knows nothing of them. */
export const INTERNAL_ORDER = 'internal';

/** The venue's identity of a fill, and the copy it is attributed to (0: the follower's own). */
export interface FillKey {
  readonly venueAccountNo: bigint;
  readonly coin: string;
  readonly timeMs: number;
  readonly tradeId: string;
  readonly venueOrderId: string;
  readonly copyNo: bigint;
}

/** The id of a fill: the venue's time and 80 bits of a hash of its key, so that a fill adopted twice meets the same key. */
export function fillIdOf(key: FillKey): Id<'fill'> {
  const text = [key.venueAccountNo, key.coin, key.timeMs, key.tradeId, key.venueOrderId, key.copyNo].join('\u0000');
  return makeId('fill', key.timeMs, createHash('sha256').update(text).digest().subarray(0, 10));
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const inBits = (value: number, bits: number): boolean => Number.isInteger(value) && value >= 0 && value < 2 ** bits;
