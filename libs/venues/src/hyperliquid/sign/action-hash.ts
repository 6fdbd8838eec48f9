import { must } from '@lockstep/kernel';
import { encode } from '@msgpack/msgpack';
import type { Keccak } from './keccak';

/** An action as the venue hashes it: key order is part of the signature. No undefined values, no floats, no integer-like keys. */
export type L1Action = Readonly<Record<string, unknown>>;

/** The connection id of an action: keccak of msgpack ‖ nonce ‖ vault marker ‖ expiry (facts §5.1). `expiresAfter` 0 is none. */
export function connectionId(keccak: Keccak, action: L1Action, nonce: number, vault: string | null, expiresAfter: number): Uint8Array {
  const body = encode(action);
  const bytes = Buffer.alloc(body.length + TAIL_BYTES_MAX);
  bytes.set(body, 0);
  const length = writeTail(bytes, body.length, nonce, vault === null ? null : addressBytes(vault), expiresAfter);
  return keccak(bytes.subarray(0, length));
}

/** Longest tail: nonce 8, vault marker 1 + 20, expiry marker 1 + 8. */
export const TAIL_BYTES_MAX = 38;

/** Writes what follows the msgpack bytes and returns the new end. */
export function writeTail(bytes: Buffer, at: number, nonce: number, vault: Uint8Array | null, expiresAfter: number): number {
  let end = writeUint64(bytes, at, nonce);
  if (vault === null) {
    bytes[end] = 0;
    end += 1;
  } else {
    bytes[end] = 1;
    bytes.set(vault, end + 1);
    end += 21;
  }
  if (expiresAfter > 0) {
    bytes[end] = 0;
    end = writeUint64(bytes, end + 1, expiresAfter);
  }
  return end;
}

/** The 20 bytes of a `0x` address. */
export function addressBytes(address: string): Uint8Array {
  must(/^0x[0-9a-f]{40}$/.test(address), `${address} is not a lower-case address`);
  return Buffer.from(address.slice(2), 'hex');
}

/** Writes a safe non-negative integer as 8 bytes, big endian. */
function writeUint64(bytes: Buffer, at: number, value: number): number {
  must(Number.isSafeInteger(value) && value >= 0, `${value} is not a whole number of milliseconds`);
  bytes.writeUInt32BE(Math.floor(value / 0x1_0000_0000), at);
  return bytes.writeUInt32BE(value % 0x1_0000_0000, at + 4);
}
