import type { AccountState, Address, OpenOrder, VenueFill } from '../../port';
import { addressText } from '../parse/amounts';
import { isObject, parseJson } from '../parse/json';
import { readWith } from '../parse/read';
import { clearinghouseStateData, clearinghouseStateRequest } from '../wire/clearinghouse-state';
import { openOrdersData, openOrdersSubscription } from '../wire/open-orders';
import { userFillsData, userFillsSubscription } from '../wire/user-fills';

type Method = 'subscribe' | 'unsubscribe';

/** What a user with a seat is subscribed to: its fills, and its state in each dex. */
export const userFrames = (method: Method, user: Address, dexes: readonly string[]): string[] => [
  JSON.stringify({ method, subscription: userFillsSubscription(user) }),
  ...stateFrames(method, user, dexes),
];

export const stateFrames = (method: Method, user: Address, dexes: readonly string[]): string[] =>
  dexes.map((dex) => JSON.stringify({ method, subscription: clearinghouseStateRequest(user, dex) }));

/** What a user whose orders are followed is subscribed to besides: its working orders in each dex. */
export const orderFrames = (method: Method, user: Address, dexes: readonly string[]): string[] =>
  dexes.map((dex) => JSON.stringify({ method, subscription: openOrdersSubscription(user, dex) }));

/** A frame of the users' connection; null: nothing of interest. */
export type UserFrame =
  | { readonly kind: 'fills'; readonly user: Address; readonly fills: readonly VenueFill[]; readonly isSnapshot: boolean; readonly isWhole: boolean }
  | { readonly kind: 'state'; readonly state: AccountState }
  | { readonly kind: 'orders'; readonly user: Address; readonly dex: string; readonly orders: readonly OpenOrder[] }
  /** `user` where at least that can be read. */
  | { readonly kind: 'unreadable'; readonly channel: string; readonly user: Address | null; readonly detail: string }
  | { readonly kind: 'error'; readonly text: string }
  | null;

export function readUserFrame(text: string): UserFrame {
  const frame = parseJson(text);
  if (!frame.ok || !isObject(frame.value)) return null;
  const { channel, data } = frame.value;
  if (channel === 'error') return { kind: 'error', text: String(data).slice(0, 200) };
  if (channel === 'userFills') {
    const read = readWith(channel, userFillsData, data);
    return read.ok ? { kind: 'fills', ...read.value } : { kind: 'unreadable', channel, user: userOf(data), detail: read.error.detail };
  }
  if (channel === 'openOrders') {
    const read = readWith(channel, openOrdersData, data);
    return read.ok ? { kind: 'orders', ...read.value } : { kind: 'unreadable', channel, user: userOf(data), detail: read.error.detail };
  }
  if (channel !== 'clearinghouseState') return null;
  const read = readWith(channel, clearinghouseStateData, data);
  return read.ok ? { kind: 'state', state: read.value } : { kind: 'unreadable', channel, user: userOf(data), detail: read.error.detail };
}

function userOf(data: unknown): Address | null {
  const user = isObject(data) ? addressText.safeParse(data.user) : null;
  return user?.success ? user.data : null;
}
