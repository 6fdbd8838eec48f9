import { HOUR_MS, type PlatformChore } from './chore';

/** Makes the coming months' partitions and says when rows fell beside them. */
export const keepPartitions: PlatformChore = {
  name: 'partitions',
  everyMs: HOUR_MS,
  async run(ctx) {
    const made = await ctx.storage.platform((unit) => unit.makePartitions(ctx.limits.partitionsAheadMonths));
    if (made > 0) ctx.log.info('partitions made', { made });
    const stray = await ctx.storage.platform((unit) => unit.rowsInDefaultPartitions());
    if (stray > 0) ctx.log.error('rows without a monthly partition', { stray });
  },
};
