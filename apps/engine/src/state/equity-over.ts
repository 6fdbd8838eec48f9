import { type Money, money } from '@lockstep/kernel';
import type { Clearinghouse } from '../markets';

/** What an account holds in one clearinghouse, as last read. */
export interface Balance {
  readonly accountValue: Money;
  /** True: the balance is shared by all clearinghouses of the collateral. */
  readonly pooled: boolean;
}

/**
 * Equity over clearinghouses, each collateral at one dollar: the sum of their balances, where a balance that the clearinghouses of one collateral share counts
 * once. `balanceIn` answers null for one that was never read. Null where such a one could hold more, and for no clearinghouse at all: a sum over a part would
 * be too small, and a ratio on it too large.
 */
export function equityOver(clearinghouses: readonly Clearinghouse[], balanceIn: (dex: string) => Balance | null): Money | null {
  const byCollateral = new Map<string, (Balance | null)[]>();
  for (const { dex, collateral } of clearinghouses) byCollateral.set(collateral, [...(byCollateral.get(collateral) ?? []), balanceIn(dex)]);
  if (byCollateral.size === 0) return null;
  let total = 0n;
  for (const balances of byCollateral.values()) {
    const held = heldIn(balances);
    if (held === null) return null;
    total += held;
  }
  return money(total);
}

function heldIn(balances: readonly (Balance | null)[]): bigint | null {
  const shared = balances.find((balance) => balance?.pooled);
  if (shared) return shared.accountValue;
  let sum = 0n;
  for (const balance of balances) {
    if (balance === null) return null;
    sum += balance.accountValue;
  }
  return sum;
}
