import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import { err, must, ok, type Result } from '@lockstep/kernel';
import { Secret } from '../log/secret';

/**
 * Secrets that one process may write and only another may read. A fresh X25519 key agrees on a secret with the reader's public key; HKDF-SHA256 makes
 * of it a key and a nonce used once; AES-256-GCM encrypts. Bound to its context: a box moved to another tenant, environment or account does not open.
 *
 * Bytes: version (1) · key id (8) · ephemeral public key (32) · ciphertext · tag (16).
 */
const VERSION = 1;
const KEY_ID_BYTES = 8;
const KEY_BYTES = 32;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + KEY_ID_BYTES + KEY_BYTES;
/** The longest secret that may be sealed. */
export const MAX_SEALED_BYTES = 4_096;

const PUBLIC_PREFIX = 'lsp_';
const PRIVATE_PREFIX = 'lss_';
/** PKCS #8 of an X25519 key up to its 32 raw bytes (RFC 8410). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b656e04220420', 'hex');

/** Can only seal. */
export interface Sealer {
  /** Identifies the key pair, as 16 hexadecimal digits; stored beside the box so that old boxes can be found. */
  readonly keyId: string;
  /** Seals at most 4,096 bytes for a context (see `sealingContext`). */
  seal(bytes: Uint8Array, context: string): Uint8Array;
}

/** Can open what was sealed for one of its keys. */
export interface Opener {
  readonly keyIds: readonly string[];
  open(sealed: Uint8Array, context: string): Result<Uint8Array, OpenError>;
}

/** `unknown_key`: sealed for a key that is not ours; `damaged`: changed since, or sealed for another context. */
export type OpenError = 'malformed' | 'unknown_key' | 'damaged';

export interface SealingKeys {
  /** `lsp_…`: may be known to everyone. */
  readonly publicKey: string;
  /** `lss_…` */
  readonly privateKey: Secret<string>;
}

/** What a sealed agent key is bound to. The parts hold no `|` (ids and environments never do). */
export function sealingContext(tenantId: string, environment: string, venueAccountId: string): string {
  const parts = [tenantId, environment, venueAccountId];
  must(
    parts.every((part) => part.length > 0 && !part.includes('|')),
    'a sealing context has three parts without |',
  );
  return parts.join('|');
}

/** A new key pair. */
export function makeSealingKeys(): SealingKeys {
  const pair = generateKeyPairSync('x25519');
  const raw = pair.privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(PKCS8_HEAD.length);
  return {
    publicKey: PUBLIC_PREFIX + rawPublic(pair.publicKey).toString('base64url'),
    privateKey: new Secret(PRIVATE_PREFIX + raw.toString('base64url')),
  };
}

/** The private key that 32 secret bytes stand for, always the same: where another secret is kept anyway and this one is to stand or fall with it. */
export function sealingKeyFrom(seed: Uint8Array): Secret<string> {
  must(seed.length === KEY_BYTES, `a sealing key is made of ${KEY_BYTES} bytes`);
  return new Secret(PRIVATE_PREFIX + Buffer.from(seed).toString('base64url'));
}

/** The public key that belongs to a private one (`lss_…`). Throws when the text is no such key. */
export function publicKeyOf(privateKey: Secret<string>): string {
  return PUBLIC_PREFIX + rawPublic(createPublicKey(readPrivate(privateKey))).toString('base64url');
}

/** Seals for the holder of the private key. Throws when `publicKey` is no public sealing key. */
export function sealer(publicKey: string): Sealer {
  const recipient = decode(publicKey, PUBLIC_PREFIX);
  const recipientKey = publicFromRaw(recipient);
  const id = keyIdOf(recipient);
  return {
    keyId: id.toString('hex'),
    seal: (bytes, context) => {
      must(bytes.length <= MAX_SEALED_BYTES, `a sealed secret has at most ${MAX_SEALED_BYTES} bytes`);
      const ephemeral = generateKeyPairSync('x25519');
      const header = Buffer.concat([Buffer.from([VERSION]), id, rawPublic(ephemeral.publicKey)]);
      const { key, nonce } = derive(diffieHellman({ privateKey: ephemeral.privateKey, publicKey: recipientKey }), header, recipient);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      cipher.setAAD(bound(header, context));
      return new Uint8Array(Buffer.concat([header, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]));
    },
  };
}

/** Opens with any of the given private keys (`lss_…`), newest first: old ones stay until everything is sealed anew. Throws when a text is no such key. */
export function opener(privateKeys: readonly Secret<string>[]): Opener {
  const keys = new Map(
    privateKeys.map((text) => {
      const privateKey = readPrivate(text);
      const recipient = rawPublic(createPublicKey(privateKey));
      return [keyIdOf(recipient).toString('hex'), { privateKey, recipient }] as const;
    }),
  );
  return {
    keyIds: [...keys.keys()],
    open: (sealed, context) => {
      if (sealed.length < HEADER_BYTES + TAG_BYTES || sealed.length > HEADER_BYTES + MAX_SEALED_BYTES + TAG_BYTES || sealed[0] !== VERSION)
        return err('malformed');
      const box = Buffer.from(sealed);
      const header = box.subarray(0, HEADER_BYTES);
      const own = keys.get(header.subarray(1, 1 + KEY_ID_BYTES).toString('hex'));
      if (own === undefined) return err('unknown_key');
      try {
        const publicKey = publicFromRaw(header.subarray(1 + KEY_ID_BYTES));
        const { key, nonce } = derive(diffieHellman({ privateKey: own.privateKey, publicKey }), header, own.recipient);
        const decipher = createDecipheriv('aes-256-gcm', key, nonce);
        decipher.setAAD(bound(header, context));
        decipher.setAuthTag(box.subarray(box.length - TAG_BYTES));
        return ok(new Uint8Array(Buffer.concat([decipher.update(box.subarray(HEADER_BYTES, box.length - TAG_BYTES)), decipher.final()])));
      } catch {
        return err('damaged');
      }
    },
  };
}

/** The key pair a box was sealed for, as `Sealer.keyId` names it; null when the bytes are no box. Says nothing of whether it opens. */
export function keyIdOfBox(sealed: Uint8Array): string | null {
  if (sealed.length < HEADER_BYTES + TAG_BYTES || sealed[0] !== VERSION) return null;
  return Buffer.from(sealed.subarray(1, 1 + KEY_ID_BYTES)).toString('hex');
}

/** The shared secret is fresh for every box, so a nonce derived with the key never repeats under it. */
function derive(shared: Buffer, header: Buffer, recipient: Buffer): { key: Buffer; nonce: Buffer } {
  const bytes = Buffer.from(hkdfSync('sha256', shared, Buffer.concat([header, recipient]), 'lockstep sealed box 1', 44));
  return { key: bytes.subarray(0, 32), nonce: bytes.subarray(32) };
}

const bound = (header: Buffer, context: string): Buffer => Buffer.concat([header, Buffer.from(context, 'utf8')]);
const keyIdOf = (recipient: Buffer): Buffer => createHash('sha256').update(recipient).digest().subarray(0, KEY_ID_BYTES);

function decode(text: string, prefix: string): Buffer {
  const raw = Buffer.from(text.slice(prefix.length), 'base64url');
  if (!text.startsWith(prefix) || raw.length !== KEY_BYTES) throw new Error(`a sealing key has the form ${prefix} and 43 characters`);
  return raw;
}

function readPrivate(text: Secret<string>): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, decode(text.reveal(), PRIVATE_PREFIX)]), format: 'der', type: 'pkcs8' });
}

function publicFromRaw(raw: Buffer): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: raw.toString('base64url') }, format: 'jwk' });
}

function rawPublic(key: KeyObject): Buffer {
  const { x } = key.export({ format: 'jwk' });
  must(typeof x === 'string', 'an X25519 public key has x');
  return Buffer.from(x, 'base64url');
}
