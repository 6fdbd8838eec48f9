import { hkdfSync, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { present } from '@lockstep/kernel';
import { Secret } from '../log/secret';
import { makeSealingKeys, publicKeyOf, type SealingKeys, sealingKeyFrom } from './sealed-box';

/**
 * The keys of a gateway: it can recognise API keys, sign cursors and seal agent keys, but not open them. What it can open are the secrets its callers sign
 * requests with: it has to compute the same signature.
 */
export interface GatewayKeys {
  /** Under which API keys are digested: the first one digests, the others are of keys that were not used since. */
  readonly keyPeppers: readonly Secret<Uint8Array>[];
  readonly cursorSecret: Secret<Uint8Array>;
  readonly sealingPublicKey: string;
  /** Open the secrets that requests are signed with; the first one seals them. One made of each pepper: without that no key is known, so no signature is asked for. */
  readonly requestSigningKeys: readonly Secret<string>[];
  /** Open the tenants' keys, under which personal data is kept; the first one seals them. Those given, and behind them one made of each pepper. */
  readonly personalDataKeys: readonly Secret<string>[];
}

interface GatewayKeySettings {
  readonly dataDir: string;
  readonly keyPepper: Secret<string> | null;
  readonly cursorSecret: Secret<string> | null;
  readonly sealingPublicKey: string | null;
  readonly personalDataKeys: Secret<string> | null;
}

interface EngineKeySettings {
  readonly dataDir: string;
  readonly sealingPrivateKeys: Secret<string> | null;
}

/** The gateway's keys from its configuration; those not given are read from the data folder, where the first process that needs one makes it. */
export function gatewayKeys(config: GatewayKeySettings): GatewayKeys {
  const keyPeppers = keysIn(config.keyPepper ?? machineSecret(config.dataDir, PEPPER_FILE)).map(bytesOf);
  const derived = (purpose: string) =>
    keyPeppers.map((pepper) => sealingKeyFrom(new Uint8Array(hkdfSync('sha256', pepper.reveal(), '', purpose, 32))));
  return {
    keyPeppers,
    cursorSecret: bytesOf(config.cursorSecret ?? machineSecret(config.dataDir, 'cursor-secret')),
    sealingPublicKey: config.sealingPublicKey ?? publicKeyOf(newestOf(machinePrivateKeys(config.dataDir))),
    requestSigningKeys: derived('lockstep request signing 1'),
    // Without a key of its own a deployment keeps personal data under its pepper, which it has anyway.
    personalDataKeys: withOwn(config.personalDataKeys, derived('lockstep personal data 1')),
  };
}

/** The private keys that open sealed agent keys, newest first. Only the engine asks for them, and the command that seals agent keys anew. */
export function enginePrivateKeys(config: EngineKeySettings): readonly Secret<string>[] {
  return config.sealingPrivateKeys === null ? machinePrivateKeys(config.dataDir) : keysIn(config.sealingPrivateKeys);
}

/**
 * Makes a key pair and puts it before the others of the data folder: what is sealed from the next start of the gateway on is sealed for it, what was sealed
 * before stays readable. The file is replaced whole or not at all. One process at a time may do this, while nothing else runs on the folder.
 */
export function addMachineSealingKey(dataDir: string): SealingKeys {
  const former = machinePrivateKeys(dataDir);
  const made = makeSealingKeys();
  rewrite(dataDir, SEALING_FILE, [made.privateKey, ...former]);
  return made;
}

/** A new pepper, as it is configured. */
export const makePepper = (): Secret<string> => new Secret(randomBytes(32).toString('base64url'));

/** Makes a pepper and puts it before the others of the data folder, as {@link addMachineSealingKey} does: keys are digested under it from the next start on. */
export function addMachinePepper(dataDir: string): void {
  const former = keysIn(machineSecret(dataDir, PEPPER_FILE));
  rewrite(dataDir, PEPPER_FILE, [makePepper(), ...former]);
}

const SEALING_FILE = 'sealing-private';
const PEPPER_FILE = 'key-pepper';

/** Replaces a file of the data folder's keys, one key in a line. */
function rewrite(dataDir: string, name: string, keys: readonly Secret<string>[]): void {
  const path = join(dataDir, 'keys', name);
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, `${keys.map((key) => key.reveal()).join('\n')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  renameSync(draft, path);
}

const machineSecret = (dataDir: string, name: string): Secret<string> => readOrMake(dataDir, name, () => makePepper().reveal());

const bytesOf = (text: Secret<string>): Secret<Uint8Array> => new Secret(new Uint8Array(Buffer.from(text.reveal(), 'base64')));

const machinePrivateKeys = (dataDir: string): readonly Secret<string>[] =>
  keysIn(readOrMake(dataDir, SEALING_FILE, () => makeSealingKeys().privateKey.reveal()));

/** Keys separated by commas or line breaks, in their order. */
const keysIn = (list: Secret<string>): readonly Secret<string>[] =>
  list
    .reveal()
    .split(/[,\n]/)
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((text) => new Secret(text));

/** How the keys that follow from the peppers are written in a list of keys. */
const PEPPER = 'pepper';

/** The keys given with those of the peppers where the list names them, and at its end where it does not: what they sealed is always opened. */
function withOwn(given: Secret<string> | null, own: readonly Secret<string>[]): readonly Secret<string>[] {
  const keys = given === null ? [] : keysIn(given);
  const named = keys.flatMap((key) => (key.reveal() === PEPPER ? own : [key]));
  return keys.some((key) => key.reveal() === PEPPER) ? named : [...named, ...own];
}

const newestOf = (keys: readonly Secret<string>[]): Secret<string> => present(keys[0], 'a sealing key');

/** Reads `keys/<name>` (mode 0600) of the data folder, made whole or not at all by whoever comes first. Refuses a file others may read. */
function readOrMake(dataDir: string, name: string, make: () => string): Secret<string> {
  const folder = join(dataDir, 'keys');
  const path = join(folder, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (statSync(path, { throwIfNoEntry: false }) === undefined) {
    const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
    writeFileSync(draft, make(), { mode: 0o600, flag: 'wx' });
    try {
      linkSync(draft, path);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    } finally {
      rmSync(draft, { force: true });
    }
  }
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0)
    throw new Error(`${path} may be read by others; make it readable only by its owner (chmod 600)`);
  return new Secret(readFileSync(path, 'utf8').trim());
}
