import { type Environment, type Id, present, type Random, type TenantId, unwrap } from '@lockstep/kernel';
import { type GatewayKeys, keyIdOfBox, type Opener, opener, publicKeyOf, Secret, sealer, sealingContext } from '@lockstep/platform';
import { SIGNING_SECRET_PREFIX, type VerifiedKey } from '@lockstep/tenancy';

const SECRET_BYTES = 32;
/** Secrets kept open; beyond it all are opened anew. */
const OPENED_MAX = 2_000;

/** Whose key it is. */
interface KeyOwner {
  readonly tenantId: TenantId;
  readonly environment: Environment;
}

/** A new secret to sign requests with: shown once, and sealed for its key. */
export function newSigningSecret(keys: GatewayKeys, random: Random, owner: KeyOwner, keyId: Id<'apiKey'>) {
  const secret = SIGNING_SECRET_PREFIX + Buffer.from(random.bytes(SECRET_BYTES)).toString('base64url');
  const sealed = sealerOf(keys).seal(Buffer.from(secret), contextOf(owner, keyId));
  return { secret, sealed: Buffer.from(sealed) };
}

/** A key's secret sealed for the newest of the keys that open such; null where it is that already, or does not open here. */
export function sealedForNewest(keys: GatewayKeys, owner: KeyOwner & { readonly keyId: Id<'apiKey'> }, sealed: Buffer): Buffer | null {
  const newest = sealerOf(keys);
  if (keyIdOfBox(sealed) === newest.keyId) return null;
  const context = contextOf(owner, owner.keyId);
  const opened = opener(keys.requestSigningKeys).open(sealed, context);
  return opened.ok ? Buffer.from(newest.seal(opened.value, context)) : null;
}

const sealerOf = ({ requestSigningKeys }: GatewayKeys) => sealer(publicKeyOf(present(requestSigningKeys[0], 'a key')));

/** Opens signing secrets, each once while it is in use: HMAC needs them in the clear. */
export class SigningSecrets {
  private readonly opener: Opener;
  private readonly opened = new Map<string, Secret<string>>();

  constructor(keys: GatewayKeys) {
    this.opener = opener(keys.requestSigningKeys);
  }

  /** The secret of a key that has one; null where it has none. */
  of(key: VerifiedKey): Secret<string> | null {
    if (key.sealedSigningSecret === null) return null;
    const name = `${key.keyId}|${Buffer.from(key.sealedSigningSecret).toString('base64')}`;
    const known = this.opened.get(name);
    if (known !== undefined) return known;
    const bytes = unwrap(this.opener.open(key.sealedSigningSecret, contextOf(key, key.keyId)), 'a signing secret opens');
    const secret = new Secret(Buffer.from(bytes).toString('utf8'));
    if (this.opened.size >= OPENED_MAX) this.opened.clear();
    this.opened.set(name, secret);
    return secret;
  }
}

const contextOf = ({ tenantId, environment }: KeyOwner, keyId: Id<'apiKey'>): string => sealingContext(tenantId, environment, keyId);
