import { makeId, type Random } from '@lockstep/kernel';
import type { Storage } from '@lockstep/storage';
import { type KeyDigest, newApiKey } from '@lockstep/tenancy';

export interface OperatorKey {
  readonly kid: string;
  /** The whole key: shown this once. */
  readonly key: string;
}

/** Who acts on the machine itself, with the deployment's own secrets. */
const MACHINE = 'machine';

/** Makes an operator key; null when one is active already and `forceNew` was not said. Only the digest is kept. */
export async function makeOperatorKey(storage: Storage, digest: KeyDigest, random: Random, forceNew: boolean): Promise<OperatorKey | null> {
  const made = newApiKey('operator', 'live', random);
  const written = await storage.platform(async (unit) => {
    if (!forceNew && (await unit.operatorKeys.count({ status: 'active' })) > 0) return false;
    await unit.operatorKeys.insert({
      kid: made.kid,
      digest: Buffer.from(digest.digest(made.key)),
      label: 'made on the machine',
      scopes: ['operator'],
      status: 'active',
      createdAt: unit.now,
      expiresAt: null,
      lastUsedAt: null,
    });
    unit.audit.note({
      id: makeId('audit', unit.now, random.bytes(10)),
      actor: MACHINE,
      action: 'operator_key.create',
      targetId: made.kid,
      requestId: null,
      detail: {},
      before: null,
      after: { scopes: ['operator'] },
      createdAt: unit.now,
    });
    return true;
  });
  return written ? { kid: made.kid, key: made.key } : null;
}
