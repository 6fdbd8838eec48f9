import { abs, formatMoney, min, money, mulDiv, parseMoney, UNIT, unwrap } from '@lockstep/kernel';
import type { JudgedCopy, Violation } from './judge';
import { positionsOf, type TruthFill } from './judge-limits';

/** What a settlement file says of one copy: the movement of each of its ledger accounts (without `copy:`), debits above zero, money 10^-8, by asset. */
export type CopyBooks = ReadonlyMap<string, ReadonlyMap<string, bigint>>;

/** What the money of a copy is judged by beside the venue's own books. */
export interface MoneyWorld {
  /** The token a coin is margined in. */
  readonly collateralOf: (coin: string) => string;
  /** The token a dex is margined in. */
  readonly collateralOfDex: (dex: string) => string;
  /** What a fill owes where the venue collects no markup; zero elsewhere. Money 10^-8. */
  readonly accruedOn: (fill: TruthFill) => bigint;
  /** All funding the venue charged is booked by now. */
  readonly fundingDue: boolean;
}

/** What the venue did to one account in one asset, money 10^-8. */
export interface VenueSums {
  trading: bigint;
  builder: bigint;
  accrued: bigint;
  /** Closed profit before fees, from prices and sizes of the fills alone. */
  realised: bigint;
  funding: bigint;
  /** Closings that left a part of the position open: each may round the last digit. */
  partialCloses: number;
  /** Whether anything in this asset is still open. */
  open: boolean;
}

const units = (text: string): bigint => unwrap(parseMoney(text), 'an amount of an answer');
const text = (amount: bigint): string => formatMoney(money(amount));

/**
 * Holds the ledger's money of a copy against the venue's own fills and balances, asset by asset, so that one asset never hides another's error: fees to
 * the last digit in the collateral of the dex, profit to the last digit of what the fills received and paid (of what is still open, to one unit for each
 * partial closing: an average entry has no last digit), and the balance the venue shows where everything is closed. In the balance funding is the venue's.
 */
export function judgeMoney(copy: JudgedCopy, books: CopyBooks, world: MoneyWorld): readonly Violation[] {
  const venue = sumsByAsset(copy, world);
  const violations: Violation[] = [];
  const report = (rule: string, asset: string, detail: string): void =>
    void violations.push({ rule, detail: `${copy.brand} ${copy.copyId} ${asset}: ${detail}` });
  for (const { coin, feeToken } of copy.truth.fills)
    if (feeToken !== world.collateralOf(coin))
      report('fees are paid in the collateral of the dex', world.collateralOf(coin), `${coin} in ${feeToken}`);
  for (const asset of new Set([...venue.keys(), ...books.keys(), ...copy.paid.keys()])) {
    const sums = venue.get(asset) ?? nothing();
    const booked = (name: string): bigint => books.get(asset)?.get(name) ?? 0n;
    for (const [name, charged] of [
      ['trading_fee', sums.trading],
      ['builder_fee', sums.builder],
      ['markup_cost', sums.accrued],
    ] as const)
      if (booked(name) !== charged)
        report('the ledger holds the venue’s fees', asset, `${name}: booked ${text(booked(name))}, charged ${text(charged)}`);
    const realised = -booked('realised_pnl');
    if (abs(realised - sums.realised) > (sums.open ? BigInt(sums.partialCloses) : 0n))
      report('realised PnL is what the venue’s fills made', asset, `booked ${text(realised)}, filled ${text(sums.realised)}`);
    if (world.fundingDue && -booked('funding') !== sums.funding)
      report('the ledger holds the venue’s funding', asset, `booked ${text(-booked('funding'))}, charged ${text(sums.funding)}`);
    if (sums.open) continue;
    const expected = (copy.paid.get(asset) ?? 0n) + realised - booked('trading_fee') - booked('builder_fee') + sums.funding;
    const shown = balanceOf(copy, asset, world);
    if (shown !== expected) report('the venue’s balance is what came in and was booked', asset, `venue ${text(shown)}, booked ${text(expected)}`);
  }
  return violations;
}

/** What the venue's own books say of an account, by asset. */
export function sumsByAsset({ truth }: Pick<JudgedCopy, 'truth'>, world: MoneyWorld): ReadonlyMap<string, VenueSums> {
  const found = new Map<string, VenueSums>();
  const of = (asset: string): VenueSums => {
    const sums = found.get(asset) ?? nothing();
    found.set(asset, sums);
    return sums;
  };
  const costs = new Map<string, bigint>();
  for (const fill of truth.fills) {
    const fees = of(fill.feeToken);
    fees.builder += units(fill.builderFee);
    fees.trading += units(fill.fee) - units(fill.builderFee);
    const sums = of(world.collateralOf(fill.coin));
    sums.accrued += world.accruedOn(fill);
    costs.set(fill.coin, closeBy(fill, costs.get(fill.coin) ?? 0n, sums));
  }
  for (const { coin, usdc } of truth.fundings) of(world.collateralOf(coin)).funding += units(usdc);
  for (const [coin, size] of truth.positions) if (units(size) !== 0n) of(world.collateralOf(coin)).open = true;
  return found;
}

/** Adds the profit a fill closed at the average cost of what stood before; gives what the open part cost, with its sign. */
function closeBy(fill: TruthFill, cost: bigint, sums: VenueSums): bigint {
  const { before, after } = positionsOf(fill);
  const traded = after - before;
  const paid = mulDiv(traded, units(fill.px), UNIT, 'zero');
  if (before === 0n || before > 0n === traded > 0n) return cost + paid;
  const closed = min(abs(traded), abs(before));
  const costOut = mulDiv(cost, closed, abs(before), 'zero');
  const paidForClose = mulDiv(paid, closed, abs(traded), 'zero');
  sums.realised -= paidForClose + costOut;
  if (closed < abs(before)) sums.partialCloses += 1;
  return cost - costOut + paid - paidForClose;
}

/** Everything an account has of a token outside of isolated positions: its spot balance and the cash of the dexes it is the collateral of. */
function balanceOf({ truth }: JudgedCopy, asset: string, { collateralOfDex }: MoneyWorld): bigint {
  const cash = [...truth.cash].filter(([dex]) => collateralOfDex(dex) === asset).reduce((sum, [, amount]) => sum + units(amount), 0n);
  return cash + units(truth.spot.get(asset) ?? '0');
}

const nothing = (): VenueSums => ({ trading: 0n, builder: 0n, accrued: 0n, realised: 0n, funding: 0n, partialCloses: 0, open: false });

/** One row of a settlement file as far as assets go. */
export interface SettlementRow {
  readonly asset: string;
  /** Without the copy's id: `copy:trading_fee`, `tenant:markup_revenue`. */
  readonly account: string;
  /** Money 10^-8, debits above zero. */
  readonly net: bigint;
}

const SHARES: ReadonlySet<string> = new Set(['tenant:markup_revenue', 'platform:markup_revenue', 'tenant:rounding', 'platform:rounding']);

/** A brand's file has the rows of every asset its followers traded in, none of another but the allocations', and shares each asset's markup out in that asset. */
export function judgeRows(brand: string, rows: readonly SettlementRow[], copies: readonly JudgedCopy[], world: MoneyWorld): readonly Violation[] {
  const violations: Violation[] = [];
  const traded = new Map<string, bigint>();
  for (const copy of copies)
    for (const [asset, { trading, builder, accrued }] of sumsByAsset(copy, world))
      if (trading !== 0n || builder !== 0n) traded.set(asset, (traded.get(asset) ?? 0n) + builder + accrued);
  const report = (asset: string, detail: string): void =>
    void violations.push({ rule: 'the settlement has the rows of each asset', detail: `${brand} ${asset}: ${detail}` });
  for (const [asset, markup] of traded) {
    const own = rows.filter((row) => row.asset === asset);
    for (const account of ['copy:venue_cash', 'copy:trading_fee', ...(markup > 0n ? ['tenant:markup_revenue'] : [])])
      if (!own.some((row) => row.account === account)) report(asset, `no row of ${account}`);
    const shared = -own.filter(({ account }) => SHARES.has(account)).reduce((sum, { net }) => sum + net, 0n);
    if (shared !== markup)
      violations.push({
        rule: 'the markup is shared out in its own asset',
        detail: `${brand} ${asset}: shared ${text(shared)}, paid ${text(markup)}`,
      });
  }
  for (const { asset, account } of rows)
    if (!traded.has(asset) && !['copy:allocation', 'copy:venue_cash'].includes(account))
      report(asset, `a row of ${account}, nothing was traded in it`);
  return violations;
}
