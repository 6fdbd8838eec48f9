import { WAKEUP_CHANNELS } from '@lockstep/delivery';
import type { KeyIndexRow, ScopedUnit } from '@lockstep/storage';
import { KID_LENGTH, keyHint, type ParsedApiKey, parseApiKey, scopeFromPlatformList } from '@lockstep/tenancy';
import type { GatewayContext } from '../../app/context';
import { publish, told } from '../../http/publish';

/** Who acts, in the audit log and in events. */
const ACTOR = 'leak_report';
/** A kid that no key has: what is no key at all is looked up like one. */
const NOBODY = '-'.repeat(KID_LENGTH);

/**
 * Revokes the key that somebody found, at once, and tells its tenant; does the same and finds nothing for a text that is no key of ours. A report of a
 * key that is revoked already changes nothing, but tells the tenant what an earlier report left untold.
 */
export async function revokeFoundKey(context: GatewayContext, text: string, foundAt: string | null): Promise<void> {
  const parsed = parseApiKey(text);
  const digest = Buffer.from(context.digest.digest(text));
  const kid = parsed.ok ? parsed.value.kid : NOBODY;
  if (parsed.ok && parsed.value.kind === 'operator') {
    const revoked = await context.storage.platform((unit) => unit.operatorKeys.revokeProved(kid, digest));
    if (revoked) context.log.error('an operator’s key was found by somebody and is revoked', { kid });
    return;
  }
  const found = await context.storage.platform((unit) => unit.keyIndex.revokeProved(kid, digest));
  if (found === null || !parsed.ok) return;
  context.log.warn('a key was found by somebody and is revoked', { kid });
  // What was found may stand in the address where it was.
  const where = foundAt?.replaceAll(text, keyHint(parsed.value)) ?? null;
  await context.storage.scoped(scopeFromPlatformList(found.tenantId, found.environment), (unit) =>
    tellTenant(context, unit, found, parsed.value, where),
  );
}

async function tellTenant(context: GatewayContext, unit: ScopedUnit, found: KeyIndexRow, key: ParsedApiKey, foundAt: string | null): Promise<void> {
  const row = await unit.apiKeys.findOne({ id: found.keyId }, { lock: true });
  if (row === null || row.status === 'revoked') return;
  await unit.apiKeys.update({ id: row.id }, { status: 'revoked', revokedAt: unit.now });
  await unit.audit.insert({
    id: context.ids.next('audit'),
    actor: ACTOR,
    action: 'api_key.leaked',
    targetId: row.id,
    requestId: null,
    detail: { found_at: foundAt },
    createdAt: unit.now,
  });
  // Sockets that missed it are closed by the next check of their keys.
  unit.afterCommit(() => context.wakeups.publish(WAKEUP_CHANNELS.keys, key.kid).catch(() => undefined));
  await publish(context, unit, told('api_key.revoked', { key_id: row.id, hint: row.prefix, reason: 'leaked', actor: ACTOR }));
}
