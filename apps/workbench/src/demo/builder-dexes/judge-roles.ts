import { abs, parseMoney, unwrap } from '@lockstep/kernel';
import type { JudgedCopy, Violation } from '../judge';
import { positionsOf } from '../judge-limits';
import type { MoneyWorld } from '../judge-money';
import { dexOfCoin } from '../market';
import type { FollowerRole } from './role';

/** A copy with what it is there to show. */
export interface RoleCase {
  readonly copy: JudgedCopy;
  readonly role: FollowerRole | null;
  /** Where money was paid in: a dex, or `spot` and `spot:TOKEN` of a unified account. */
  readonly purses: ReadonlySet<string>;
  /** Decisions on record for it, newest or oldest first. */
  readonly decisions: readonly { readonly coin: string; readonly decision: string }[];
  /** Fills it had when its collateral was taken out; null while that did not happen. */
  readonly fillsBeforeDrain: number | null;
}

const units = (text: string): bigint => unwrap(parseMoney(text), 'an amount of an answer');

/** No order leaves for a dex whose collateral an account never had; what is denied is denied as that, and exits leave whatever an account lacks. */
export function judgeRole(
  { copy, role, purses, decisions, fillsBeforeDrain }: RoleCase,
  world: Pick<MoneyWorld, 'collateralOf'>,
): readonly Violation[] {
  const violations: Violation[] = [];
  const report = (rule: string, detail: string): void => void violations.push({ rule, detail: `${copy.brand} ${copy.copyId} ${detail}` });
  const lacks = (coin: string): boolean => ![dexOfCoin(coin), spotPurse(world.collateralOf(coin))].some((purse) => purses.has(purse));
  for (const coin of new Set(copy.truth.ordered.filter(lacks))) report('no order leaves for a dex without collateral', coin);
  for (const { coin, decision } of decisions)
    if (decision === 'no_collateral' && !lacks(coin)) report('who holds collateral is not denied for it', coin);
  if (role?.kind === 'bare') {
    if (!decisions.some(({ coin, decision }) => dexOfCoin(coin) === role.dex && decision === 'no_collateral'))
      report('entries without collateral are denied', `${role.dex}: no decision no_collateral on record`);
    if (!reducedIn(copy, (dex) => dex !== role.dex, 0)) report('exits leave where collateral is missing elsewhere', `no exit beside ${role.dex}`);
  }
  if (role?.kind === 'drained') {
    if (fillsBeforeDrain === null || !reducedIn(copy, (dex) => dex === role.dex, fillsBeforeDrain))
      report('exits leave when the collateral is gone', `no exit on ${role.dex}`);
    for (const [coin, size] of copy.truth.positions)
      if (dexOfCoin(coin) === role.dex && units(size) !== 0n) report('exits leave when the collateral is gone', `${coin} ${size} still open`);
  }
  if ((role?.kind === 'unified' || role?.kind === 'sub_account') && copy.truth.fills.length === 0)
    report('every kind of account trades', `${role.kind} has no fill`);
  return violations;
}

const spotPurse = (token: string): string => (token === 'USDC' ? 'spot' : `spot:${token}`);

/** Whether a fill after the first `from` brought a position on such a dex nearer to zero. */
function reducedIn({ truth }: JudgedCopy, onDex: (dex: string) => boolean, from: number): boolean {
  return truth.fills.slice(from).some((fill) => {
    const { before, after } = positionsOf(fill);
    return onDex(dexOfCoin(fill.coin)) && abs(after) < abs(before);
  });
}
