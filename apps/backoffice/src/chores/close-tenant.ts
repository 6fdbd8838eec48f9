import { WAKEUP_CHANNELS } from '@lockstep/delivery';
import type { TenantScope } from '@lockstep/kernel';
import {
  askForStop,
  closePeriodJob,
  holdOffboarding,
  lastSettlement,
  markPeriod,
  type OffboardingRow,
  offboardingStanding,
  type ScopedUnit,
  standsOpen,
} from '@lockstep/storage';
import { type BackofficeContext, wake } from '../context';
import { accrueMarkup, LOOK_BACK_MS } from './accrue-markup';
import { MINUTE_MS } from './chore';
import { monthStart } from './close-months';

/** A stop of everything that has ended and left something open is asked for again after this. */
const STOP_AGAIN_MS = 10 * MINUTE_MS;

/** True when nothing is open in a scope and its money is settled; asks for what is missing to that. */
export async function closeScope(ctx: BackofficeContext, row: OffboardingRow, scope: TenantScope): Promise<boolean> {
  const flat = await ctx.storage.scoped(scope, async (unit) => {
    // The operator may have cancelled it, and the tenant trade again, since the row was read.
    if (!(await holdOffboarding(unit, row))) return false;
    const { copies, positions, commands, fundingUnread } = await offboardingStanding(unit, row.beganAt);
    if (copies > 0 && (await askForStop(unit, ctx.ids, Math.max(row.beganAt, ctx.clock.now() - STOP_AGAIN_MS))))
      unit.afterCommit(() => wake(ctx, WAKEUP_CHANNELS.commands, unit.scope));
    // What the venue charged comes before the period closes too.
    return copies + positions + commands + fundingUnread === 0;
  });
  // What the last fills owe is booked before their period closes.
  if (!flat || (await accrueMarkup(ctx, scope, ctx.clock.now() - LOOK_BACK_MS)) > 0) return false;
  return ctx.storage.scoped(scope, async (unit) => {
    if (!(await holdOffboarding(unit, row))) return false;
    const standing = await offboardingStanding(unit, row.beganAt);
    if (standing.unsettled) await askForSettlement(ctx, unit);
    return !standsOpen(standing);
  });
}

/** True when a scope's standing is still what an erasure asks for. */
export async function isStillClosed(ctx: BackofficeContext, { beganAt }: OffboardingRow, scope: TenantScope): Promise<boolean> {
  return !standsOpen(await ctx.storage.scoped(scope, (unit) => offboardingStanding(unit, beganAt), { readOnly: true }));
}

/** Closes the period up to now, from where the last one ended. One that is being closed is waited for; what was booked in this very moment comes with the next. */
async function askForSettlement(ctx: BackofficeContext, unit: ScopedUnit): Promise<void> {
  const last = await lastSettlement(unit, null);
  if (last !== null && last.status !== 'closed') return;
  const periodEndMs = await unit.sandboxes.businessNow();
  const periodStartMs = last?.periodEnd ?? monthStart((await unit.ledger.earliest()) ?? periodEndMs);
  const wanted = { settlementId: ctx.ids.next('settlement'), exportId: ctx.ids.next('export'), periodStartMs, periodEndMs };
  const marked = await markPeriod(unit, wanted);
  if (!marked.ok || marked.value.id !== wanted.settlementId) return;
  await unit.jobs.enqueue(closePeriodJob(ctx.ids, unit.now, wanted));
  unit.afterCommit(() => wake(ctx, WAKEUP_CHANNELS.jobs, unit.scope));
}
