import { pause } from '@lockstep/platform';
import type { FillCollector } from '../books/collect-fills';
import { forAtMost } from '../bounded';
import type { EngineContext } from '../context';
import { sentOf, type UnknownResolver } from '../repair/resolve-unknowns';
import type { AccountRecord } from '../state/registry';

/**
 * Settles what was reopened before anything new is decided: unknown outcomes are asked for, owed fills booked. Where the venue's limits let little be read,
 * what is left at `untilMs` goes on behind: it stays reserved at its worst, and the exits of everybody do not wait for it. Nor does anybody wait for
 * what only a new agent can take out of the book: it is taken on behind this.
 */
export async function settleReopened(
  ctx: EngineContext,
  accounts: readonly AccountRecord[],
  resolver: UnknownResolver,
  collector: FillCollector,
  untilMs: number,
): Promise<void> {
  const left = (): number => untilMs - ctx.clock.now();
  await remindVenues(ctx, accounts);
  if (!(await forAtMost(ctx.timers, left(), collector.settle(accounts)))) ctx.log.error('fills are still to be read', { accounts: accounts.length });
  ctx.pass('reconciling_truth_read');
  const all = await resolver.settleAll(untilMs);
  if (!all) ctx.log.error('orders are still unknown; they stay reserved at their worst', { orders: ctx.openOrders.unknown().length });
  while (ctx.openOrders.accountsToRead().length > 0 && left() > 0) {
    await forAtMost(ctx.timers, left(), collector.settle(ctx.openOrders.accountsToRead()));
    if (ctx.openOrders.accountsToRead().length > 0) await pause(ctx.timers, ctx.limits.collectIntervalMs);
  }
}

/**
 * A venue that tells no fills works them out from the answers this process took, and those of the one before are not among them: each order that has one is
 * named to it again. What it says now does not matter here, its fills are read behind this.
 */
async function remindVenues(ctx: EngineContext, accounts: readonly AccountRecord[]): Promise<void> {
  const forgetful = accounts.filter(({ network }) => !network.venue.capabilities.fillHistory);
  const answered = forgetful.flatMap(({ index }) => [...ctx.openOrders.ofAccount(index)]).filter(({ answer }) => answer !== undefined);
  await Promise.all(
    answered.map(async (order) => {
      const { network, address } = order.copy.account;
      const sent = await sentOf(ctx, order);
      await ctx.truthReads.run(() => network.venue.truth.orderStatus(address, order.clientOrderId, sent));
    }),
  );
}
