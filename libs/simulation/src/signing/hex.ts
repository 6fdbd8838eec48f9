const DIGITS = /^0x[0-9a-fA-F]*$/;
const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const TEXT = new TextEncoder();

export const utf8 = (text: string): Uint8Array => TEXT.encode(text);

export const isAddress = (value: unknown): value is string => typeof value === 'string' && ADDRESS.test(value);

/**
 * Reads `0x` hex of at most `length` bytes into exactly `length` bytes, left-padded with zeros.
 * Null when it is not hex or too long: the venue takes minimal and padded forms alike.
 */
export function paddedBytes(hex: unknown, length: number): Uint8Array | null {
  if (typeof hex !== 'string' || hex.length < 3 || hex.length > 2 + 2 * length || !DIGITS.test(hex)) return null;
  return Uint8Array.from(Buffer.from(hex.slice(2).padStart(2 * length, '0'), 'hex'));
}

/** Reads `0x` hex of any whole number of bytes; null when it is not that. */
export function anyBytes(hex: unknown): Uint8Array | null {
  if (typeof hex !== 'string' || !DIGITS.test(hex) || hex.length % 2 !== 0) return null;
  return Uint8Array.from(Buffer.from(hex.slice(2), 'hex'));
}

export const toHex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`;

/** A whole number from 0 to 2^53 − 1 as 8 bytes, big-endian. */
export function uint64Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

/** A non-negative integer as a 32-byte EIP-712 word. */
export function uintWord(value: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex'));
}
