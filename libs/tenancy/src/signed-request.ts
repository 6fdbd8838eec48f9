import { err, ok, type Result } from '@lockstep/kernel';

/** Which requests of a key have to be signed: none, those that may change something, or all of them. */
export const SIGNING_DEMANDS = ['nothing', 'changes', 'everything'] as const;
export type SigningDemand = (typeof SIGNING_DEMANDS)[number];

/** How far a request's time may be from ours, either way. */
export const SIGNATURE_TOLERANCE_MS = 30_000;
/** A signature is good for twice the tolerance; it is remembered a little longer. */
export const SIGNATURE_MEMORY_MS = 2 * SIGNATURE_TOLERANCE_MS + 1_000;
export const SIGNING_SECRET_PREFIX = 'sgs_';

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether a request by this method has to be signed. A method nobody thought of changes something. */
export const mustSign = (demand: SigningDemand, method: string): boolean =>
  demand === 'everything' || (demand === 'changes' && !READS.has(method.toUpperCase()));

/** What of a request is signed. */
export interface SignedRequest {
  /** Milliseconds since 1970, as the header has it. */
  readonly timestamp: string;
  readonly method: string;
  /** Path and query as they stand in the request line. */
  readonly target: string;
  /** SHA-256 of the body's bytes, lower-case hexadecimal; of nothing where there is no body. */
  readonly bodySha256: string;
}

/** The text whose HMAC-SHA-256 is the signature. No part can hold a line break, so no two requests share a text. */
export const signedText = ({ timestamp, method, target, bodySha256 }: SignedRequest): string =>
  ['v1', timestamp, method.toUpperCase(), target, bodySha256].join('\n');

/** What the two headers say. */
export interface PresentedSignature {
  readonly timestamp: string;
  readonly signature: string;
}

/** Reads the headers; `missing` where one is not there. */
export function readSignature(timestamp: string | null, signature: string | null): Result<PresentedSignature, 'missing' | 'malformed'> {
  if (timestamp === null || signature === null) return err('missing');
  const hex = /^v1=([0-9a-f]{64})$/.exec(signature)?.[1];
  return hex === undefined || !/^\d{13}$/.test(timestamp) ? err('malformed') : ok({ timestamp, signature: hex });
}

/** Whether a signature's time is near enough to ours. */
export const isTimely = (timestamp: string, nowMs: number): boolean => Math.abs(Number(timestamp) - nowMs) <= SIGNATURE_TOLERANCE_MS;
