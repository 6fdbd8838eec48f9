import type { Branded } from './brand';

/** The prefix of each kind of object in the public API. */
export const ID_PREFIXES = {
  tenant: 'ten',
  apiKey: 'key',
  leader: 'ldr',
  follower: 'flw',
  venueAccount: 'vac',
  copy: 'cpy',
  order: 'ord',
  fill: 'fil',
  proposal: 'prp',
  entitlement: 'ent',
  event: 'evt',
  feeSchedule: 'fee',
  settlement: 'stl',
  export: 'exp',
  job: 'job',
  request: 'req',
  audit: 'aud',
  sandbox: 'sbx',
  sandboxTask: 'sbt',
  sandboxFault: 'flt',
} as const;

export type IdKind = keyof typeof ID_PREFIXES;
/** A typed, time-ordered id: prefix, underscore, 26 characters of Crockford base32 (48 bits of ms, 80 random bits). */
export type Id<K extends IdKind> = Branded<string, `Id<${K}>`>;

export type TenantId = Id<'tenant'>;
export type LeaderId = Id<'leader'>;
export type FollowerId = Id<'follower'>;
export type VenueAccountId = Id<'venueAccount'>;
export type CopyId = Id<'copy'>;

const BODY = /^[0-9a-hjkmnp-tv-z]{26}$/;

/** True when `text` is a well-formed id of the kind. Says nothing about whether the object exists. */
export function isId<K extends IdKind>(kind: K, text: string): text is Id<K> {
  const prefix = `${ID_PREFIXES[kind]}_`;
  return text.startsWith(prefix) && BODY.test(text.slice(prefix.length));
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** Builds an id from venue-free parts: `timeMs` (0 to 2^48−1) and ten random bytes. */
export function makeId<K extends IdKind>(kind: K, timeMs: number, random: Uint8Array): Id<K> {
  let random80 = '';
  // Eighty bits are sixteen digits: five bytes make eight of them.
  for (let at = 0; at < 10; at += 5) {
    const high = ((random[at] ?? 0) << 12) | ((random[at + 1] ?? 0) << 4) | ((random[at + 2] ?? 0) >> 4);
    const low = (((random[at + 2] ?? 0) & 15) << 16) | ((random[at + 3] ?? 0) << 8) | (random[at + 4] ?? 0);
    random80 += digits(high, 4) + digits(low, 4);
  }
  return `${ID_PREFIXES[kind]}_${digits(timeMs, 10)}${random80}` as Id<K>;
}

/** The lowest `count` base32 digits of a whole number up to 2^48−1. */
function digits(value: number, count: number): string {
  let text = '';
  let rest = value;
  for (let index = 0; index < count; index += 1) {
    text = (ALPHABET[rest % 32] ?? '0') + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
