import type { FillCollector } from '../books/collect-fills';
import type { EngineContext } from '../context';
import type { UnknownResolver } from '../repair/resolve-unknowns';
import type { AccountRecord } from '../state/registry';

/** Settles what was reopened before anything new is decided: unknown outcomes are asked for, owed fills booked. */
export async function settleReopened(
  ctx: EngineContext,
  accounts: readonly AccountRecord[],
  resolver: UnknownResolver,
  collector: FillCollector,
  untilMs: number,
): Promise<void> {
  await collector.settle(accounts);
  ctx.pass('reconciling_truth_read');
  const all = await resolver.settleAll(untilMs);
  if (!all) ctx.log.error('orders are still unknown; they stay reserved at their worst', { orders: ctx.openOrders.unknown().length });
  while (ctx.openOrders.accountsToRead().length > 0 && ctx.clock.now() < untilMs) {
    await collector.settle(ctx.openOrders.accountsToRead());
    if (ctx.openOrders.accountsToRead().length > 0) await new Promise((resolve) => setTimeout(resolve, ctx.limits.collectIntervalMs));
  }
}
