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
  event: 'evt',
  feeSchedule: 'fee',
  settlement: 'stl',
  export: 'exp',
  job: 'job',
  request: 'req',
  audit: 'aud',
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
  let bits = BigInt(timeMs);
  for (let index = 0; index < 10; index += 1) bits = (bits << 8n) | BigInt(random[index] ?? 0);
  let body = '';
  for (let index = 0; index < 26; index += 1) {
    body = (ALPHABET[Number(bits & 31n)] ?? '0') + body;
    bits >>= 5n;
  }
  return `${ID_PREFIXES[kind]}_${body}` as Id<K>;
}
