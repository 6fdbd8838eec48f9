import { wireTime } from '@lockstep/delivery';
import { err, type FollowerId, ok, type Result, type TenantScope } from '@lockstep/kernel';
import { clearEvents, type ErasureWait, eraseFollower, erasureWaitsFor, type ScopedUnit } from '@lockstep/storage';
import { appendEvents, type BackofficeContext, newEvent } from '../context';

const ACTOR = 'backoffice';

/** What became of an erasure: carried out, waiting for money that is to be read or settled, or nothing to do. */
export type ErasureEnd = 'erased' | ErasureWait | 'nothing';

/**
 * Erases a follower's person and tells, in one transaction, or writes down what money it waits for: what is booked later would be nobody's. Repeating it changes nothing.
 * `nothing`: it was erased before, or nobody asked for it.
 */
export async function carryOutErasure(ctx: BackofficeContext, scope: TenantScope, followerId: FollowerId): Promise<Result<ErasureEnd, 'conflict'>> {
  for (;;) {
    const done = await ctx.storage.tryScoped(scope, (unit) => eraseOrWait(ctx, unit, followerId));
    if (!done.ok) return err('conflict');
    if (done.value !== 'more_left') return ok(done.value);
  }
}

/** `more_left`: a part of the follower's events was cleared, in a transaction of its own. */
async function eraseOrWait(ctx: BackofficeContext, unit: ScopedUnit, followerId: FollowerId): Promise<ErasureEnd | 'more_left'> {
  // Before the erasure's row, as everybody does.
  await unit.followers.findOne({ id: followerId }, { lock: true });
  const erasure = await unit.followerErasures.findOne({ followerId }, { lock: true });
  if (erasure === null) return 'nothing';
  const waitsFor = erasure.erasedAt === null ? await erasureWaitsFor(unit, followerId, erasure.askedAt) : null;
  if (waitsFor === null) {
    const { erasedEventsMax } = ctx.limits;
    if ((await clearEvents(unit, followerId, erasedEventsMax)) === erasedEventsMax) return 'more_left';
    return (await eraseAndTell(ctx, unit, followerId)) ? 'erased' : 'nothing';
  }
  if (waitsFor !== erasure.waitsFor) await unit.followerErasures.update({ followerId }, { waitsFor });
  return waitsFor;
}

/** The same as a part of a unit. */
export async function eraseAndTell(ctx: BackofficeContext, unit: ScopedUnit, followerId: FollowerId): Promise<boolean> {
  if (!(await eraseFollower(unit, followerId))) return false;
  const change = { before: { erased_at: null }, after: { erased_at: wireTime(unit.now) } };
  const line = { actor: ACTOR, action: 'follower.erased', targetId: followerId, requestId: null, detail: {}, ...change };
  await appendEvents(ctx, unit, [newEvent(ctx, 'follower.erased', { follower_id: followerId })]);
  unit.audit.note({ id: ctx.ids.next('audit'), createdAt: unit.now, ...line });
  return true;
}
