import type { Address } from '../exchange/port';
import { readSignedRequest } from './request';

/** Where in a text the signed body stands: the text itself, or `request.payload` of a ws `post` frame. */
export type TextForm = 'body' | 'frame';

/** What the main thread hands to a recovering thread: raw texts, because a string crosses threads far cheaper than its tree. */
export interface RecoverBatch {
  readonly id: number;
  readonly texts: readonly string[];
  readonly forms: readonly TextForm[];
  readonly testnet: readonly boolean[];
}

/** One answer per text, in order: the signer, or null when none can be recovered. */
export interface RecoveredBatch {
  readonly id: number;
  readonly signers: readonly (Address | null)[];
}

/** The signed request inside a text, or null. The main thread parsed the same text before, so null here is a defect there. */
export function requestIn(text: string, form: TextForm): ReturnType<typeof readSignedRequest> {
  const parsed: unknown = JSON.parse(text);
  return readSignedRequest(form === 'body' ? parsed : payloadOf(parsed));
}

function payloadOf(frame: unknown): unknown {
  const request = typeof frame === 'object' && frame !== null && 'request' in frame ? frame.request : null;
  return typeof request === 'object' && request !== null && 'payload' in request ? request.payload : null;
}
