import { makeId, type Random } from '@lockstep/kernel';
import type { Storage } from '@lockstep/storage';
import type { KeyDigest } from '@lockstep/tenancy';
import { issueOperatorKey } from './issue-operator-key';

export interface OperatorKey {
  readonly kid: string;
  /** The whole key: shown this once. */
  readonly key: string;
}

/** Who acts on the machine itself, with the deployment's own secrets. */
const MACHINE = 'machine';

/** Makes an operator key that may do everything; null when an active one exists already and `forceNew` was not said. Only the digest is kept. */
export async function makeOperatorKey(storage: Storage, digest: KeyDigest, random: Random, forceNew: boolean): Promise<OperatorKey | null> {
  return storage.platform(async (unit) => {
    if (!forceNew && (await unit.operatorKeys.count({ status: 'active' })) > 0) return null;
    const order = { label: 'made on the machine', role: 'admin', expiresAt: null, createdBy: null } as const;
    const { row, key } = await issueOperatorKey(unit, digest, random, order);
    unit.audit.note({
      id: makeId('audit', unit.now, random.bytes(10)),
      actor: MACHINE,
      action: 'operator_key.create',
      targetId: row.kid,
      requestId: null,
      detail: {},
      before: null,
      after: { scopes: row.scopes, role: row.role },
      createdAt: unit.now,
    });
    return { kid: row.kid, key };
  });
}
