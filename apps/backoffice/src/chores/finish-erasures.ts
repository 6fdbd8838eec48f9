import { type OpenErasure, openErasures } from '@lockstep/storage';
import { carryOutErasure } from '../jobs/erase-follower';
import { MINUTE_MS, type ScopedChore } from './chore';

/** Readings of erasures in one run. */
const PAGES_MAX = 20;

/** Looks again at erasures that wait for money, and carries out those that wait no longer. */
export const finishErasures: ScopedChore = {
  name: 'erasures',
  everyMs: MINUTE_MS,
  async run(ctx, scope) {
    const { erasedMax } = ctx.limits;
    let last: OpenErasure | null = null;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const after: OpenErasure | null = last;
      const open: readonly OpenErasure[] = await ctx.storage.scoped(scope, (unit) => openErasures(unit, erasedMax, after), { readOnly: true });
      for (const { followerId } of open) {
        const ended = await carryOutErasure(ctx, scope, followerId);
        if (!ended.ok) ctx.log.warn('an erasure is tried again', { tenant: scope.tenantId, environment: scope.environment, reason: ended.error });
      }
      last = open.at(-1) ?? null;
      if (open.length < erasedMax) return;
    }
  },
};
