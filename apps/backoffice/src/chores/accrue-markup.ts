import { type EpochMs, type Size, type TenantScope } from '@lockstep/kernel';
import { effectiveSchedule, type FeeScheduleVersion, fillNotional, type LedgerTransaction, markupForOrder, postMarkup } from '@lockstep/ledger';
import { entersByLeg } from '@lockstep/replication';
import { accrualSource, feeVersionOf, markupTermsOf, orderPartsOf, type UnchargedFill, unchargedFills } from '@lockstep/storage';
import type { BackofficeContext } from '../context';
import { DAY_MS, MINUTE_MS, type ScopedChore } from './chore';

/** How far back fills are looked at: a back office may have been down this long without losing a charge. */
export const LOOK_BACK_MS = 7 * DAY_MS;

/** Readings of fills in one run. */
const PAGES_MAX = 20;

/** Venues whose orders can carry no builder fee: the markup of their fills is accrued whatever builder the schedule names. */
const COLLECTS_NOTHING: readonly string[] = ['perps_studio'];

/** True when the fill moves the account away from zero. Orders are split at zero, so a fill never does both. */
export const isIncrease = (startPosition: Size, quantity: Size): boolean => startPosition === 0n || startPosition > 0n === quantity > 0n;

/** The order says what a fill does to its copy; the account may hold more beside it, or its position may not be known. */
function increasesOf({ orderId, startPosition, quantity }: UnchargedFill): boolean {
  const parts = orderId === null ? null : orderPartsOf(orderId);
  return parts === null ? isIncrease(startPosition, quantity) : entersByLeg(parts.leg);
}

/** The accrual of one fill by the schedule in force when it happened; null when the venue collects, or nothing is due. */
export function accrualOf(fill: UnchargedFill, versions: readonly FeeScheduleVersion[]): LedgerTransaction | null {
  const terms = effectiveSchedule(versions, fill.createdAt);
  if (terms === null || (terms.builderAddress !== null && !COLLECTS_NOTHING.includes(fill.venue))) return null;
  const markupTenthsBp = markupForOrder(terms, increasesOf(fill));
  return postMarkup({
    fillSource: accrualSource(fill.fillId),
    copyId: fill.copyId,
    occurredAtMs: fill.createdAt,
    coin: fill.coin,
    notional: fillNotional(fill.quantity, fill.price),
    asset: fill.feeAsset,
    markupTenthsBp,
    terms: markupTermsOf(terms),
  });
}

/** Charges fills at venues that cannot collect the markup; they are invoiced by the settlement. Each fill is charged once, by its source. */
export async function accrueMarkup(ctx: BackofficeContext, scope: TenantScope, since: EpochMs): Promise<number> {
  return ctx.storage.scoped(scope, async (unit) => {
    const versions = (await unit.feeSchedules.versions()).map(feeVersionOf);
    const charging = versions.filter(({ markupTenthsBp }) => markupTenthsBp > 0);
    if (charging.length === 0) return 0;
    // With a builder in every version only venues that cannot pay one leave fills to charge.
    const venues = charging.some(({ builderAddress }) => builderAddress === null) ? null : COLLECTS_NOTHING;
    const { accrueMax } = ctx.limits;
    let [charged, last]: [number, UnchargedFill | null] = [0, null];
    // Fills that owe nothing stay uncharged and are met again every time: what owes something may stand behind many of them.
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const fills: readonly UnchargedFill[] = await unchargedFills(unit, since, accrueMax, venues, last);
      const due = fills.map((fill) => accrualOf(fill, versions)).filter((transaction) => transaction !== null);
      if (due.length > 0) charged += (await unit.ledger.post(due)).posted;
      last = fills.at(-1) ?? null;
      if (fills.length < accrueMax) break;
    }
    return charged;
  });
}

export const accrueDue: ScopedChore = {
  name: 'accrual',
  everyMs: MINUTE_MS,
  async run(ctx, scope) {
    const charged = await accrueMarkup(ctx, scope, ctx.clock.now() - LOOK_BACK_MS);
    if (charged > 0) ctx.log.debug('markup accrued', { charged });
  },
};
