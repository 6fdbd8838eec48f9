import type { Exchange } from '../exchange';
import { asFlag } from '../json';
import type { Address, Json } from '../port';
import type { Fill } from '../state';
import { fillJson } from '../wire';
import { forUser, inRange, timeRange } from './request';

/** Most fills in one answer. */
export const FILLS_PAGE = 2_000;

/** The fills that can still be reached, oldest first. */
export const reachableFills = (ex: Exchange, user: Address): Fill[] => (ex.accounts.get(user)?.fills ?? []).slice(-ex.settings.fillsKept);

/** Merges the fills of one order in one block at one price run into one, as `aggregateByTime` does: sizes, fees and PnL add up. */
export function aggregate(fills: readonly Fill[]): Fill[] {
  const merged: Fill[] = [];
  for (const fill of fills) {
    const last = merged[merged.length - 1];
    if (last === undefined || last.oid !== fill.oid || last.time !== fill.time || last.crossed !== fill.crossed) merged.push(fill);
    else merged[merged.length - 1] = join(last, fill);
  }
  return merged;
}

function join(first: Fill, second: Fill): Fill {
  const lots = first.lots + second.lots;
  return {
    ...first,
    lots,
    px: Math.round((first.px * first.lots + second.px * second.lots) / lots),
    closedPnl: first.closedPnl + second.closedPnl,
    fee: first.fee + second.fee,
    builderFee: first.builderFee + second.builderFee,
  };
}

export const userFills = forUser((ex, user, request): Json => {
  const fills = reachableFills(ex, user);
  const wanted = asFlag(request.aggregateByTime) === true ? aggregate(fills) : fills;
  return wanted
    .slice(-FILLS_PAGE)
    .reverse()
    .map((fill) => fillJson(ex, fill));
});

/** Oldest first from `startTime` (newest first when `reversed`), both ends inclusive, a page at a time. */
export const userFillsByTime = forUser((ex, user, request) => {
  const range = timeRange(request, true);
  if (range === undefined) return undefined;
  const inside = reachableFills(ex, user).filter((fill) => inRange(range, fill.time));
  const wanted = asFlag(request.aggregateByTime) === true ? aggregate(inside) : inside;
  if (asFlag(request.reversed) === true) wanted.reverse();
  return wanted.slice(0, FILLS_PAGE).map((fill) => fillJson(ex, fill));
});
