import { hkdfSync, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '../log/secret';
import { makeSealingKeys, publicKeyOf, sealingKeyFrom } from './sealed-box';

/**
 * The keys of a gateway: it can recognise API keys, sign cursors and seal agent keys, but not open them. What it can open are the secrets its callers sign
 * requests with: it has to compute the same signature.
 */
export interface GatewayKeys {
  readonly keyPepper: Secret<Uint8Array>;
  readonly cursorSecret: Secret<Uint8Array>;
  readonly sealingPublicKey: string;
  /** Opens and seals the secrets that requests are signed with. Made of the pepper: without that no key is known, so no signature is asked for. */
  readonly requestSigningKey: Secret<string>;
}

interface GatewayKeySettings {
  readonly dataDir: string;
  readonly keyPepper: Secret<string> | null;
  readonly cursorSecret: Secret<string> | null;
  readonly sealingPublicKey: string | null;
}

interface EngineKeySettings {
  readonly dataDir: string;
  readonly sealingPrivateKeys: Secret<string> | null;
}

/** The gateway's keys from its configuration; those not given are read from the data folder, where the first process that needs one makes it. */
export function gatewayKeys(config: GatewayKeySettings): GatewayKeys {
  const bytes = (given: Secret<string> | null, name: string): Secret<Uint8Array> => {
    const text = given ?? readOrMake(config.dataDir, name, () => randomBytes(32).toString('base64url'));
    return new Secret(new Uint8Array(Buffer.from(text.reveal(), 'base64')));
  };
  const keyPepper = bytes(config.keyPepper, 'key-pepper');
  return {
    keyPepper,
    cursorSecret: bytes(config.cursorSecret, 'cursor-secret'),
    sealingPublicKey: config.sealingPublicKey ?? publicKeyOf(machinePrivateKey(config.dataDir)),
    requestSigningKey: sealingKeyFrom(new Uint8Array(hkdfSync('sha256', keyPepper.reveal(), '', 'lockstep request signing 1', 32))),
  };
}

/** The private keys that open sealed agent keys, newest first. Only the engine asks for them. */
export function enginePrivateKeys(config: EngineKeySettings): readonly Secret<string>[] {
  if (config.sealingPrivateKeys === null) return [machinePrivateKey(config.dataDir)];
  const texts = config.sealingPrivateKeys.reveal().split(',');
  return texts.map((text) => new Secret(text.trim()));
}

const machinePrivateKey = (dataDir: string): Secret<string> => readOrMake(dataDir, 'sealing-private', () => makeSealingKeys().privateKey.reveal());

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
