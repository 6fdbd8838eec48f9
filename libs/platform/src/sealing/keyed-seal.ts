import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { err, must, ok, type Result } from '@lockstep/kernel';
import { Secret } from '../log/secret';
import { MAX_SEALED_BYTES, type OpenError } from './sealed-box';

/**
 * What one and the same process writes and reads: AES-256-GCM under a key that stands elsewhere, sealed in its turn. Whoever destroys the key destroys what was
 * sealed with it, wherever copies of that are. Bound to its context, as a sealed box is.
 *
 * Bytes: version (1) · nonce (12) · ciphertext · tag (16).
 */
const VERSION = 2;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + NONCE_BYTES;

/** Seals and opens with one key. */
export interface KeyedSeal {
  /** Seals at most 4,096 bytes for a context (see `sealingContext`). A key may seal 2^32 times: nonces are drawn. */
  seal(bytes: Uint8Array, context: string): Uint8Array;
  open(sealed: Uint8Array, context: string): Result<Uint8Array, Exclude<OpenError, 'unknown_key'>>;
}

/** A new key of 32 random bytes. */
export const makeDataKey = (): Secret<Uint8Array> => new Secret(new Uint8Array(randomBytes(KEY_BYTES)));

/** Seals with a key of 32 bytes. */
export function keyedSeal(key: Secret<Uint8Array>): KeyedSeal {
  const bytesOfKey = key.reveal();
  must(bytesOfKey.length === KEY_BYTES, `a data key has ${KEY_BYTES} bytes`);
  return {
    seal: (bytes, context) => {
      must(bytes.length <= MAX_SEALED_BYTES, `a sealed secret has at most ${MAX_SEALED_BYTES} bytes`);
      const header = Buffer.concat([Buffer.from([VERSION]), randomBytes(NONCE_BYTES)]);
      const cipher = createCipheriv('aes-256-gcm', bytesOfKey, header.subarray(1));
      cipher.setAAD(bound(header, context));
      return new Uint8Array(Buffer.concat([header, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]));
    },
    open: (sealed, context) => {
      if (sealed.length < HEADER_BYTES + TAG_BYTES || sealed.length > HEADER_BYTES + MAX_SEALED_BYTES + TAG_BYTES || sealed[0] !== VERSION)
        return err('malformed');
      const box = Buffer.from(sealed);
      const header = box.subarray(0, HEADER_BYTES);
      try {
        const decipher = createDecipheriv('aes-256-gcm', bytesOfKey, header.subarray(1));
        decipher.setAAD(bound(header, context));
        decipher.setAuthTag(box.subarray(box.length - TAG_BYTES));
        return ok(new Uint8Array(Buffer.concat([decipher.update(box.subarray(HEADER_BYTES, box.length - TAG_BYTES)), decipher.final()])));
      } catch {
        return err('damaged');
      }
    },
  };
}

/** A digest by which a sealed text is found again: who has no key cannot try texts against it. */
export function lookupDigest(key: Secret<Uint8Array>, text: string): Buffer {
  const own = Buffer.from(hkdfSync('sha256', key.reveal(), '', 'lockstep lookup 1', KEY_BYTES));
  return createHmac('sha256', own).update(text, 'utf8').digest();
}

const bound = (header: Buffer, context: string): Buffer => Buffer.concat([header, Buffer.from(context, 'utf8')]);
