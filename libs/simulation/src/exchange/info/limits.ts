import { formatUsd, tenTo, USD_DECIMALS } from '../decimals';
import type { JsonObject } from '../json';
import { crossSummary, isolatedEquity, maintenanceAtMark } from '../margin';
import { isAtCap } from '../open-interest';
import type { Clearing, Dex } from '../state';
import { dexOf, type InfoAnswerer } from './request';

/** `[[maxLeverage, notional], …]`: the cap of market orders from each maximum leverage on. */
export const maxMarketOrderNtls: InfoAnswerer = (ex) => ex.settings.marketOrderCaps.map(({ leverage, usd }) => [leverage, formatUsd(usd)]);

/** Coins of a dex whose open interest stands at its cap. */
export const perpsAtCap = ({ assets }: Dex): readonly string[] => assets.filter(isAtCap).map(({ coin }) => coin);

export const perpsAtOpenInterestCap: InfoAnswerer = (ex, request) => {
  const dex = dexOf(ex, request);
  return dex === undefined ? undefined : perpsAtCap(dex);
};

/** Who is below maintenance and still waits for a book that takes the position. */
export const liquidatable: InfoAnswerer = (ex) =>
  [...ex.accounts.values()].flatMap((account) => (account.isHouse ? [] : [...account.clearings.values()].flatMap(shortfalls)));

function shortfalls(clearing: Clearing): JsonObject[] {
  const user = clearing.owner.address;
  const positions = [...clearing.positions.values()];
  const sum = crossSummary(clearing);
  const cross = sum.equity < sum.maintenance ? [{ user, positionIndex: 'cross', marginAvailable: margins(sum.equity, sum.maintenance) }] : [];
  const isolated = positions
    .filter((position) => position.isIsolated && isolatedEquity(position) < maintenanceAtMark(position))
    .map((position) => ({
      user,
      positionIndex: { isolated: { asset: position.asset.id } },
      marginAvailable: margins(isolatedEquity(position), maintenanceAtMark(position)),
    }));
  return [...cross, ...isolated];
}

/** Equity and maintenance in dollars; the meaning of the venue's pair is not documented. */
const margins = (equity: number, maintenance: number): number[] => [equity / tenTo(USD_DECIMALS), maintenance / tenTo(USD_DECIMALS)];
