import { createHmac, timingSafeEqual } from 'node:crypto';
import type { KeyDigest } from '@lockstep/tenancy';

/** HMAC-SHA-256 of whole keys under the deployment's pepper. The secret has 178 bits, so a slow function would add nothing. */
export function hmacDigest(pepper: Uint8Array): KeyDigest {
  return {
    digest: (key) => createHmac('sha256', pepper).update(key).digest(),
    equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
  };
}
