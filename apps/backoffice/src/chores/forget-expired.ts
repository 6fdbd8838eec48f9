import { removeExpiredKeys, removeExpiredOperatorKeys, removeExpiredSignatures, removeOldExports } from '@lockstep/storage';
import { MINUTE_MS, type PlatformChore, type ScopedChore } from './chore';

/** Files removed at a time: each may have thousands of chunks. */
const EXPORTS_AT_A_TIME = 20;

/** Retention: idempotency keys and used signatures past their time, exported files past their keeping time. Settlements and the ledger stay. */
export const forgetExpired: ScopedChore = {
  name: 'retention',
  everyMs: 10 * MINUTE_MS,
  async run(ctx, scope) {
    const { retentionMax, exportKeepMs } = ctx.limits;
    const before = ctx.clock.now() - exportKeepMs;
    const keys = await ctx.storage.scoped(scope, (unit) => removeExpiredKeys(unit, retentionMax));
    const signatures = await ctx.storage.scoped(scope, (unit) => removeExpiredSignatures(unit, retentionMax));
    const files = await ctx.storage.scoped(scope, (unit) => removeOldExports(unit, before, EXPORTS_AT_A_TIME));
    if (keys + signatures + files > 0) ctx.log.info('expired things removed', { keys, signatures, files });
  },
};

/** As {@link forgetExpired}, for the operator's idempotency keys. */
export const forgetOperatorKeys: PlatformChore = {
  name: 'operator retention',
  everyMs: 10 * MINUTE_MS,
  async run(ctx) {
    const keys = await ctx.storage.platform((unit) => removeExpiredOperatorKeys(unit, ctx.limits.retentionMax));
    if (keys > 0) ctx.log.info('expired things of the operator removed', { keys });
  },
};
