import { WAKEUP_CHANNELS } from '@lockstep/delivery';
import type { KeyIndexRow, ScopedUnit } from '@lockstep/storage';
import { KID_LENGTH, keyHint, parseApiKey, scopeFromPlatformList } from '@lockstep/tenancy';
import type { GatewayContext } from '../../app/context';
import { changedFields, madeWith } from '../../http/audit-change';
import { publish, told } from '../../http/publish';

/** Who acts, in the audit log and in events. */
const ACTOR = 'leak_report';
/** A kid that no key has: what is no key at all is looked up like one. */
const NOBODY = '-'.repeat(KID_LENGTH);

/** What somebody found, where, and the request that told it. */
export interface FoundKey {
  readonly text: string;
  readonly foundAt: string | null;
  readonly requestId: string | null;
}

/**
 * Revokes the key that somebody found, at once, and tells its tenant; does the same and finds nothing for a text that is no key of ours. A report of a
 * key that is revoked already changes nothing, but tells the tenant what an earlier report left untold.
 */
export async function revokeFoundKey(context: GatewayContext, { text, foundAt, requestId }: FoundKey): Promise<void> {
  const parsed = parseApiKey(text);
  const digests = context.digest.digests(text).map((digest) => Buffer.from(digest));
  const kid = parsed.ok ? parsed.value.kid : NOBODY;
  if (parsed.ok && parsed.value.kind === 'operator') {
    const revoked = await context.storage.platform(async (unit) => {
      const found = await unit.operatorKeys.revokeProved(kid, digests);
      const line = { id: context.ids.next('audit'), actor: ACTOR, action: 'operator_key.leaked', targetId: kid, requestId, detail: {} };
      if (found) unit.audit.note({ ...line, ...madeWith({ status: 'revoked' }), createdAt: unit.now });
      return found;
    });
    if (revoked) context.log.error('an operator’s key was found by somebody and is revoked', { kid });
    return;
  }
  const found = await context.storage.platform((unit) => unit.keyIndex.revokeProved(kid, digests));
  if (found === null || !parsed.ok) return;
  context.log.warn('a key was found by somebody and is revoked', { kid });
  // What was found may stand in the address where it was.
  const where = foundAt?.replaceAll(text, keyHint(parsed.value)) ?? null;
  const untold = { keyId: found.keyId, kid, where, requestId };
  await context.storage.scoped(scopeFromPlatformList(found.tenantId, found.environment), (unit) => tellTenant(context, unit, untold));
}

/** What its tenant is to be told of. */
interface UntoldKey {
  readonly keyId: KeyIndexRow['keyId'];
  readonly kid: string;
  readonly where: string | null;
  readonly requestId: string | null;
}

async function tellTenant(context: GatewayContext, unit: ScopedUnit, { keyId, kid, where, requestId }: UntoldKey): Promise<void> {
  const row = await unit.apiKeys.findOne({ id: keyId }, { lock: true });
  if (row === null || row.status === 'revoked') return;
  await unit.apiKeys.update({ id: row.id }, { status: 'revoked', revokedAt: unit.now });
  unit.audit.note({
    id: context.ids.next('audit'),
    actor: ACTOR,
    action: 'api_key.leaked',
    targetId: row.id,
    requestId,
    detail: { found_at: where },
    ...changedFields({ status: row.status }, { status: 'revoked' }),
    createdAt: unit.now,
  });
  // Sockets that missed it are closed by the next check of their keys.
  unit.afterCommit(() => context.wakeups.publish(WAKEUP_CHANNELS.keys, kid).catch(() => undefined));
  await publish(context, unit, told('api_key.revoked', { key_id: row.id, hint: row.prefix, reason: 'leaked', actor: ACTOR }));
}
