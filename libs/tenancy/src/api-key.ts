import { ENVIRONMENTS, type Environment, err, ok, type Random, type Result } from '@lockstep/kernel';
import { randomBase62, toBase62 } from './base62';
import { crc32 } from './crc32';

/**
 * API keys: `<prefix>_<live|test>_<kid><secret><crc>`. A tenant's prefix is short for "copy-trading key": it names no brand, because every brand hands out such keys.
 * Underscores only, so that a double click selects the whole key. The kid finds the record and may be logged; the secret never is.
 * The checksum over everything before it lets a mistyped key be refused, and a leaked one be found by a scanner, without a database.
 */
export const KEY_PREFIXES = { tenant: 'ctk', operator: 'lop' } as const;
export type KeyKind = keyof typeof KEY_PREFIXES;
/** Prefix of tenants' keys that were made while it was short for a name of ours; they stay good. */
const FORMER_TENANT_PREFIX = 'lsk';

export const KID_LENGTH = 10;
/** 30 base62 characters carry about 178 bits, so a fast digest is enough at rest. */
export const SECRET_LENGTH = 30;
export const CHECKSUM_LENGTH = 6;
/** Longest header value worth parsing, in characters. */
export const KEY_MAX_LENGTH = 80;

/** Why a text is not an API key. */
export type ApiKeyError = 'malformed' | 'unknown_prefix' | 'unknown_environment' | 'bad_checksum';

export interface ParsedApiKey {
  readonly kind: KeyKind;
  readonly environment: Environment;
  /** Finds the record; not a secret. */
  readonly kid: string;
  /** The whole key, the input of the digest. A secret. */
  readonly key: string;
}

const SHAPE = /^([a-z]{2,8})_([a-z]{4,8})_([0-9A-Za-z]{46})$/;

/** The six base62 digits that end a key whose text so far is `body`. */
export const keyChecksum = (body: string): string => toBase62(crc32(body), CHECKSUM_LENGTH);

/** Writes a key from its parts and adds the checksum. `kid` and `secret` are base62 of the lengths above. */
export function formatApiKey(kind: KeyKind, environment: Environment, kid: string, secret: string): string {
  const body = `${KEY_PREFIXES[kind]}_${environment}_${kid}${secret}`;
  return body + keyChecksum(body);
}

/** Reads a key and proves its checksum. Says nothing about whether the key exists. */
export function parseApiKey(text: string): Result<ParsedApiKey, ApiKeyError> {
  const match = text.length <= KEY_MAX_LENGTH ? SHAPE.exec(text) : null;
  if (match === null) return err('malformed');
  const [, prefix = '', environmentText = '', body = ''] = match;
  const kind = kindOf(prefix);
  if (kind === null) return err('unknown_prefix');
  const environment = ENVIRONMENTS.find((name) => name === environmentText);
  if (environment === undefined) return err('unknown_environment');
  if (keyChecksum(text.slice(0, -CHECKSUM_LENGTH)) !== text.slice(-CHECKSUM_LENGTH)) return err('bad_checksum');
  return ok({ kind, environment, kid: body.slice(0, KID_LENGTH), key: text });
}

/** A new random key. Shown once; only its digest is kept. */
export function newApiKey(kind: KeyKind, environment: Environment, random: Random): ParsedApiKey {
  const kid = randomBase62(random, KID_LENGTH);
  return { kind, environment, kid, key: formatApiKey(kind, environment, kid, randomBase62(random, SECRET_LENGTH)) };
}

/** What may be shown of a key: prefix, environment and kid. */
export const keyHint = (key: ParsedApiKey): string => `${key.key.slice(0, key.key.indexOf('_'))}_${key.environment}_${key.kid}…`;

function kindOf(prefix: string): KeyKind | null {
  if (prefix === KEY_PREFIXES.tenant || prefix === FORMER_TENANT_PREFIX) return 'tenant';
  if (prefix === KEY_PREFIXES.operator) return 'operator';
  return null;
}
