import { parsePrice, parseSize, unwrap } from '@lockstep/kernel';
import { fillNotional, markupOn } from '@lockstep/ledger';
import type { AuditInput } from './audit';
import type { DemoBrand } from './brand';
import { type Cast, settleDown } from './cast';
import type { TruthFill } from './judge-limits';
import type { MoneyWorld } from './judge-money';

const REPAIR_SLACK_MS = 15_000;

/** What every copy of a cast is audited by. */
export function auditInput(cast: Cast, repairMaxMs: number): AuditInput {
  const { market } = cast;
  return {
    brands: cast.brands,
    control: cast.control,
    leaderFlat: flatness(cast),
    mids: () => market.mids(),
    szDecimals: (coin) => market.szDecimals(coin),
    mostLeverage: (coin) => market.mostLeverage(coin),
    toTheLot: false,
    fundingDue: false,
    leverageDue: false,
    assetOfPurse: (purse) => market.assetOfPurse(purse),
    repairMaxMs: repairMaxMs + REPAIR_SLACK_MS,
    settle: () => settleDown(cast),
  };
}

/** Whether the leader behind a brand's leader id holds nothing in a coin. */
function flatness(cast: Cast): (leaderId: string, coin: string) => boolean {
  const open = new Map<string, ReadonlySet<string>>();
  for (const leader of cast.leaders) {
    const coins = new Set([...leader.held].filter(([, lots]) => lots !== 0n).map(([coin]) => coin));
    for (const brand of cast.brands) open.set(brand.leaderIds.get(leader.address) ?? '', coins);
  }
  return (leaderId, coin) => !(open.get(leaderId)?.has(coin) ?? false);
}

/** How money is judged for a brand, or for all of them where no markup is accrued. */
export function moneyWorld({ market }: Cast, brand: DemoBrand | null): MoneyWorld {
  return {
    collateralOf: (coin) => market.collateralOf(coin),
    collateralOfDex: (dex) => market.collateralOfDex(dex),
    fundingDue: false,
    accruedOn: (fill) => (brand?.venue === 'perps_studio' ? accruedMarkup(fill, brand.markupBps) : 0n),
  };
}

/** What a follower owes for a fill where the venue collects no markup: the rate on it, rounded down. */
function accruedMarkup({ px, sz }: TruthFill, markupBps: string): bigint {
  const notional = fillNotional(unwrap(parseSize(sz), 'a size of the venue'), unwrap(parsePrice(px), 'a price of the venue'));
  return markupOn(notional, Math.round(Number(markupBps) * 10));
}
