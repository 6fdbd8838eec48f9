import { present } from '@lockstep/kernel';
import type { FollowerPlan } from '../brand';
import { type FollowersOrder, followerPlans } from '../followers';
import { choose, leaderAddress } from '../leaders';
import type { DexListing } from '../market';
import type { FollowerRole } from './role';

const MAIN_FUNDS = '20000';
const DEX_FUNDS = '5000';
/** Addresses of sub-accounts, apart from those of leaders and builders. */
const SUB_ACCOUNTS_FROM = 2_000;
/** One of so many of the others holds none of one dex's collateral; one of so many has a unified account. */
const BARE_EVERY = 6;
const UNIFIED_EVERY = 8;
const OPEN_LIMITS = { allocation: '5000', maxSize: null, maxNotional: null, maxShare: null, maxLeverage: '5', venueLeverage: 5 };

/** The first four followers each show something; the others differ in modes, limits, account modes and what they hold. */
export function builderDexFollowers(order: FollowersOrder, dexes: readonly DexListing[]): readonly FollowerPlan[] {
  return followerPlans(order).map((plan) => {
    const role = roleOf(plan.index, dexes);
    return role === null ? somebody(plan, order.seed, dexes) : withRole(plan, role, order.seed, dexes);
  });
}

function roleOf(index: number, dexes: readonly DexListing[]): FollowerRole | null {
  const foreign = dexes.filter(({ collateral }) => collateral !== 'USDC').map(({ dex }) => dex);
  if (index === 0) return { kind: 'drained', dex: present(foreign.at(1), 'a second dex of a collateral of its own') };
  if (index === 1) return { kind: 'bare', dex: present(foreign[0], 'a dex of a collateral of its own') };
  if (index === 2) return { kind: 'unified' };
  return index === 3 ? { kind: 'sub_account' } : null;
}

function withRole(plan: FollowerPlan, role: FollowerRole, seed: number, dexes: readonly DexListing[]): FollowerPlan {
  const settings = {
    ...plan.settings,
    mode: { kind: 'proportional', multiplier: '2', compounding: 'reinvest' },
    instruments: { kind: 'all' },
    slippage: { entry_bound: '0.01', exit_bound: '0.05' },
    breaker: { from_start: null },
  };
  const held = role.kind === 'bare' ? dexes.filter(({ dex }) => dex !== role.dex) : dexes;
  return {
    ...plan,
    role,
    limits: OPEN_LIMITS,
    settings,
    ...holding(held, role.kind === 'unified'),
    ...(role.kind === 'sub_account' ? { subAccount: leaderAddress(seed, SUB_ACCOUNTS_FROM + plan.index) } : {}),
  };
}

function somebody(plan: FollowerPlan, seed: number, dexes: readonly DexListing[]): FollowerPlan {
  const pick = (what: string, below: number): number => choose(seed, `follower|${plan.index}|${what}`, below);
  const without = pick('bare', BARE_EVERY) === 0 ? pick('without', dexes.length) : null;
  return {
    ...plan,
    ...holding(
      dexes.filter((_, at) => at !== without),
      pick('unified', UNIFIED_EVERY) === 0,
    ),
  };
}

/** Money in the clearinghouses of the dexes, or, of a unified account, in the spot balances of their collaterals. */
function holding(dexes: readonly DexListing[], unified: boolean): Pick<FollowerPlan, 'funds' | 'mode'> {
  const funds = new Map([[unified ? 'spot' : '', MAIN_FUNDS]]);
  for (const { dex, collateral } of dexes) {
    const purse = unified ? `spot:${collateral}` : dex;
    if (purse !== 'spot:USDC') funds.set(purse, DEX_FUNDS);
  }
  return { funds: Object.fromEntries(funds), ...(unified ? { mode: 'unifiedAccount' as const } : {}) };
}
