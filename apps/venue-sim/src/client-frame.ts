import { parseJson } from './request-body';

/** What a client may say on `/ws`. */
export type ClientFrame =
  | { readonly method: 'ping' }
  | { readonly method: 'subscribe' | 'unsubscribe'; readonly subscription: SubscriptionJson }
  | PostFrame;

/** A request over the socket; `id` comes back with its answer. */
export interface PostFrame {
  readonly method: 'post';
  readonly id: number;
  readonly type: 'info' | 'action';
  readonly payload: unknown;
}

/** A subscription as sent: a JSON object. */
export interface SubscriptionJson {
  readonly [key: string]: null | boolean | number | string;
}

/** Reads a text frame; null is what the venue calls a parse error. */
export function readClientFrame(text: string): ClientFrame | null {
  const frame = parseJson(text);
  if (!isObject(frame)) return null;
  if (frame.method === 'ping') return { method: 'ping' };
  if (frame.method === 'subscribe' || frame.method === 'unsubscribe') {
    return isSubscription(frame.subscription) ? { method: frame.method, subscription: frame.subscription } : null;
  }
  if (frame.method !== 'post' || !isPostId(frame.id) || !isObject(frame.request)) return null;
  const { type, payload } = frame.request;
  return type === 'info' || type === 'action' ? { method: 'post', id: frame.id, type, payload } : null;
}

/** The venue's ids are unsigned. */
const isPostId = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSubscription(value: unknown): value is SubscriptionJson {
  return isObject(value) && typeof value.type === 'string' && Object.values(value).every((field) => field === null || typeof field !== 'object');
}
