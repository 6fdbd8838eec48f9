import { createHmac, timingSafeEqual } from 'node:crypto';
import { present } from '@lockstep/kernel';
import type { GatewayKeys } from '@lockstep/platform';
import type { KeyDigest } from '@lockstep/tenancy';

/** HMAC-SHA-256 of whole keys under the deployment's peppers, the newest first. The secret has 178 bits, so a slow function would add nothing. */
export function hmacDigest(peppers: readonly Uint8Array[]): KeyDigest {
  const newest = present(peppers[0], 'a pepper');
  return {
    pepper: pepperId(newest),
    digest: (key) => hmac(newest, key),
    digests: (key) => peppers.map((pepper) => hmac(pepper, key)),
    equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
  };
}

/** The digest of a gateway that holds these keys. */
export const digestOf = ({ keyPeppers }: Pick<GatewayKeys, 'keyPeppers'>): KeyDigest => hmacDigest(keyPeppers.map((pepper) => pepper.reveal()));

/** By what a pepper is named: 16 hexadecimal digits that tell nothing of it. */
export const pepperId = (pepper: Uint8Array): string => hmac(pepper, 'the id of a pepper').toString('hex').slice(0, 16);

const hmac = (pepper: Uint8Array, text: string): Buffer => createHmac('sha256', pepper).update(text).digest();
