import { WAKEUP_CHANNELS } from '@lockstep/delivery';
import { err, type FollowerId, ok, type Result } from '@lockstep/kernel';
import { type ErasureObstacles, eraseFollowerJob, erasureObstacles, erasureWaitsFor, isPersonLeft, type ScopedUnit } from '@lockstep/storage';
import type { GatewayContext } from '../../app/context';
import { madeWith } from '../../http/audit-change';
import type { Call } from '../../http/call';
import type { Mutations } from '../../http/mutations';
import { NOT_FOUND, type Refusal, refusal } from '../../http/problem-exception';

interface Tools {
  readonly context: GatewayContext;
  readonly mutations: Mutations;
}

/**
 * Asks for a follower's person to be erased: from here on nothing begins with it any more, and the back office erases, once funding of its accounts that is still to be read was
 * read and settled. Refused while something of its copies
 * runs, is held, is on its way or is not settled. Asked for again it changes nothing, unless something of the person came back
 * since it was erased: then it is erased again.
 */
export async function askForErasure({ context, mutations }: Tools, unit: ScopedUnit, call: Call, id: FollowerId): Promise<Result<true, Refusal>> {
  const follower = await unit.followers.findOne({ id }, { lock: true });
  if (follower === null) return err(NOT_FOUND);
  const before = await unit.followerErasures.findOne({ followerId: id });
  if (before !== null && (before.erasedAt === null || !(await isPersonLeft(unit, id)))) return ok(true);
  const accounts = await unit.venueAccounts.find({ followerId: id });
  // Who makes a copy holds its account too: it stands before this, or finds the account closed.
  await unit.venueAccounts.hold(accounts.map((account) => account.id));
  const obstacle = refusalOf(await erasureObstacles(unit, id));
  if (obstacle !== null) return err(obstacle);
  await unit.followers.update({ id }, { status: 'closed', updatedAt: unit.now });
  if (accounts.length > 0) await unit.venueAccounts.update({ followerId: id }, { status: 'closed', statusReason: 'erasure', updatedAt: unit.now });
  if (before === null) {
    const waitsFor = await erasureWaitsFor(unit, id, unit.now);
    await unit.followerErasures.insert({ followerId: id, actor: call.key.keyId, askedAt: unit.now, erasedAt: null, waitsFor });
  }
  await unit.jobs.enqueue(eraseFollowerJob(context.ids, unit.now, { followerId: id }, before?.erasedAt ?? null));
  mutations.wake(unit, WAKEUP_CHANNELS.jobs);
  await mutations.audit(unit, call, 'follower.erase', id, {}, madeWith({ status: 'closed' }));
  return ok(true);
}

/** The first thing that stands against it, in the order in which a tenant clears them away. */
function refusalOf({ running, positions, underway, unsettled }: ErasureObstacles): Refusal | null {
  if (running > 0) return refusal('state_conflict', `${running} of its copies have not ended. Stop them first.`);
  if (positions > 0) return refusal('state_conflict', `${positions} positions of its copies are not flat.`);
  if (underway > 0) return refusal('not_ready', 'Something of its copies or accounts is still on its way.');
  if (unsettled) return refusal('money_unsettled', 'Its copies were booked after the last settlement that is closed. Close the period first.');
  return null;
}
