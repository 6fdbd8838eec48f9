import { MINUTE_MS, type ScopedChore } from './chore';

/** Batches of one run: what is left waits for the next, so that one busy tenant holds nobody up. */
const BATCHES_MAX = 20;

/** Folds new ledger entries into balances, behind the writers. */
export const foldBalances: ScopedChore = {
  name: 'fold',
  everyMs: MINUTE_MS,
  async run(ctx, scope) {
    const { foldMax } = ctx.limits;
    for (let batch = 0; batch < BATCHES_MAX; batch += 1) {
      const folded = await ctx.storage.scoped(scope, (unit) => unit.ledger.fold(foldMax));
      if (folded < foldMax) return;
    }
  },
};
