import type { EpochMs } from '@lockstep/kernel';
import { businessTime, scopeKey } from '@lockstep/tenancy';
import type { EngineContext } from '../context';
import type { ClockChange } from '../test-clocks';
import { putRights } from './put-rights';

/** A test clock changed: what ends or begins by it does so at other real moments, of every copy of its scope. Days that are over by it end with the next look at their losses. */
export function moveTimes(ctx: EngineContext, { scope, before }: ClockChange): void {
  const key = scopeKey(scope);
  for (const copy of ctx.registry.copies.values()) {
    if (scopeKey(copy.group.scope) !== key) continue;
    const { dayEndsAt } = copy.watched.book.copies;
    const endsAt = dayEndsAt[copy.row] ?? 0;
    if (endsAt > 0) dayEndsAt[copy.row] = ctx.clocks.realTime(scope, businessEnd(ctx, { scope, before }, endsAt));
    putRights(ctx, copy);
  }
  for (const open of ctx.proposals.all()) {
    if (scopeKey(open.scope) !== key) continue;
    ctx.proposals.put({ ...open, asked: { ...open.asked, endsAt: ctx.clocks.realTime(scope, open.row.endsAt) } });
  }
  ctx.stops.changed();
}

/** When a day ends by its clock, as it was before the change. One that had no end because that clock stood ends with the next midnight of it. */
function businessEnd({ days }: EngineContext, { scope, before }: ClockChange, endsAt: EpochMs): EpochMs {
  return Number.isFinite(endsAt) ? businessTime(before, endsAt) : days.nextByBusiness(scope, before?.businessAt ?? endsAt);
}
