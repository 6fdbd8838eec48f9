import type { ScopedUnit } from '@lockstep/storage';
import { DAY_MS, type ScopedChore } from './chore';

/** What a proof found; empty is sound. */
export type LedgerFault = 'broken_chain' | 'unbalanced' | 'balances_differ';

/** Re-hashes a scope's chain, sums its entries to zero per asset and compares them with the folded balances. Reads one snapshot. */
export async function proveLedger(unit: ScopedUnit): Promise<readonly LedgerFault[]> {
  const faults: LedgerFault[] = [];
  if ((await unit.ledger.firstBrokenLink()) !== null) faults.push('broken_chain');
  const { seq } = await unit.ledger.head();
  const sums = await unit.ledger.sums(seq);
  const perAsset = new Map<string, bigint>();
  for (const { asset, sum } of sums) perAsset.set(asset, (perAsset.get(asset) ?? 0n) + sum);
  if ([...perAsset.values()].some((sum) => sum !== 0n)) faults.push('unbalanced');
  const balances = await unit.ledger.balances();
  const through = balances.reduce((top, balance) => (balance.throughSeq > top ? balance.throughSeq : top), 0n);
  const folded = new Map((await unit.ledger.sums(through)).map(({ account, asset, sum }) => [`${account} ${asset}`, sum]));
  if (balances.some((balance) => folded.get(`${balance.code} ${balance.asset}`) !== balance.balance)) faults.push('balances_differ');
  return faults;
}

/** The daily proof: a fault is an alarm for a person, never repaired by itself. */
export const proveDaily: ScopedChore = {
  name: 'proof',
  everyMs: DAY_MS,
  async run(ctx, scope) {
    const faults = await ctx.storage.scoped(scope, proveLedger, { isolation: 'repeatable read', readOnly: true });
    if (faults.length === 0) return;
    ctx.counters.ledgerUnbalanced();
    ctx.log.error('the ledger does not prove itself', { tenant: scope.tenantId, environment: scope.environment, faults });
  },
};
