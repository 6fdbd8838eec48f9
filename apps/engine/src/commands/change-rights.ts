import type { CopyId, Id, LeaderId, TenantScope } from '@lockstep/kernel';
import { runningCopy } from '@lockstep/storage';
import type { EngineContext } from '../context';
import { putRights } from '../state/put-rights';
import type { CopyRecord } from '../state/registry';
import { applied, type CommandEnd, refused } from './command-end';

// Whatever a command says, its rows are read as they stand by now: a later command reads them again.

/** Who may copy a leader changed. Copies that begin later find it at the leader's group. */
export async function changeAccess(ctx: EngineContext, scope: TenantScope, leaderId: string): Promise<CommandEnd> {
  const leader = await ctx.storage.scoped(scope, (unit) => unit.leaders.findOne({ id: leaderId as LeaderId }), { readOnly: true });
  if (leader === null) return refused('unknown_target');
  const group = ctx.registry.group(scope, leader.id);
  group.access = leader.access;
  return putAll(ctx, (copy) => copy.group === group);
}

/** Terms of a leader were published; they bind by their time. */
export async function takeTerms(ctx: EngineContext, scope: TenantScope, leaderId: string): Promise<CommandEnd> {
  const terms = await ctx.storage.scoped(scope, (unit) => unit.leaderTerms.of([leaderId as LeaderId]), { readOnly: true });
  if (terms.length === 0) return refused('unknown_target');
  ctx.rights.takeTerms(scope, terms);
  const group = ctx.registry.group(scope, leaderId as LeaderId);
  return putAll(ctx, (copy) => copy.group === group);
}

/** An entitlement was granted, renewed, shortened or revoked. */
export async function changeEntitlement(ctx: EngineContext, scope: TenantScope, id: string): Promise<CommandEnd> {
  const row = await ctx.storage.scoped(scope, (unit) => unit.entitlements.findOne({ id: id as Id<'entitlement'> }), { readOnly: true });
  if (row === null) return refused('unknown_target');
  ctx.rights.takeEntitlement(scope, row);
  const group = ctx.registry.group(scope, row.leaderId);
  return putAll(ctx, (copy) => copy.group === group && copy.followerId === row.followerId);
}

/** The follower of a copy consented to terms. */
export async function takeConsent(ctx: EngineContext, scope: TenantScope, copyId: string): Promise<CommandEnd> {
  const row = await ctx.storage.scoped(scope, (unit) => runningCopy(unit, copyId as CopyId), { readOnly: true });
  if (row === null) return refused('unknown_target');
  return putAll(ctx, (copy) => {
    if (copy.id !== row.id) return false;
    copy.consentedTo = row.consentedTo;
    return true;
  });
}

function putAll(ctx: EngineContext, isMeant: (copy: CopyRecord) => boolean): CommandEnd {
  let copies = 0;
  for (const copy of ctx.registry.copies.values()) {
    if (!isMeant(copy)) continue;
    putRights(ctx, copy);
    copies += 1;
  }
  return applied({ copies });
}
