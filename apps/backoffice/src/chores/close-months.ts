import type { EpochMs } from '@lockstep/kernel';
import { closePeriodJob, lastSettlement } from '@lockstep/storage';
import { HOUR_MS, type ScopedChore } from './chore';

/** The first moment of the UTC month a time lies in. */
export function monthStart(at: EpochMs): EpochMs {
  const day = new Date(at);
  return Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), 1);
}

/**
 * Closes a month that is over, from where the last settlement ended, the first from the month of the first booking. Shorter periods closed by
 * request come first. A scope that booked nothing before this month is left alone: a settlement it never asked for would decide where its own
 * first one has to begin. The job's unique key keeps two back offices from asking twice.
 */
export const closeMonths: ScopedChore = {
  name: 'month end',
  everyMs: HOUR_MS,
  async run(ctx, scope) {
    await ctx.storage.scoped(scope, async (unit) => {
      const endMs = monthStart(await unit.sandboxes.businessNow());
      const last = await lastSettlement(unit, null);
      if (last !== null && last.status !== 'closed') return;
      const startMs = last?.periodEnd ?? monthStart((await unit.ledger.earliest()) ?? endMs);
      if (startMs >= endMs) return;
      const payload = { settlementId: ctx.ids.next('settlement'), exportId: ctx.ids.next('export'), periodStartMs: startMs, periodEndMs: endMs };
      await unit.jobs.enqueue(closePeriodJob(ctx.ids, unit.now, payload));
    });
  },
};
