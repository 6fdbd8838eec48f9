import { err, ok, type Result } from '@lockstep/kernel';
import type { Address } from '../exchange/port';
import { type ActionJson, canonicalAction } from './canonical-action';
import { isAddress } from './hex';

export type { ActionJson };

/** A well-formed body of `/exchange`. Nothing about it is trusted yet. */
export interface SignedRequest {
  readonly action: ActionJson;
  readonly nonce: number;
  readonly signature: { readonly r: string; readonly s: string; readonly v: number };
  readonly vaultAddress: Address | null;
  readonly expiresAfter: number | null;
  /** Bench option: who the client says it is. Read only where verification is `sample` or `off`. */
  readonly claimedSigner: Address | null;
}

/** Reads a parsed body, its action as the venue would write it; `malformed` is what the venue answers with 422. Unknown fields are ignored. */
export function readSignedRequest(body: unknown): Result<SignedRequest, 'malformed'> {
  if (!isObject(body)) return err('malformed');
  const { action, nonce, signature, vaultAddress = null, expiresAfter = null, signer = null } = body;
  if (!isAction(action) || !isMoment(nonce) || !isSignature(signature)) return err('malformed');
  if (vaultAddress !== null && !isAddress(vaultAddress)) return err('malformed');
  if (expiresAfter !== null && !isMoment(expiresAfter)) return err('malformed');
  return ok({
    action: canonicalAction(action),
    nonce,
    signature,
    vaultAddress: vaultAddress === null ? null : vaultAddress.toLowerCase(),
    expiresAfter,
    claimedSigner: isAddress(signer) ? signer.toLowerCase() : null,
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Deeper than any action of the venue, a wrapped one with its orders included, and far from what hashing can bear. */
const DEPTH_MOST = 16;

function isAction(value: unknown): value is ActionJson {
  return isObject(value) && typeof value.type === 'string' && isShallow(value, DEPTH_MOST);
}

/** True when nothing in a value lies deeper than so many levels. */
function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1));
}

function isMoment(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isSignature(value: unknown): value is SignedRequest['signature'] {
  return isObject(value) && typeof value.r === 'string' && typeof value.s === 'string' && typeof value.v === 'number';
}
