import { parseDecimal, present, unwrap } from '@lockstep/kernel';
import { formatUnits } from '../decimals';
import type { Exchange } from '../exchange';
import { asFlag } from '../json';
import type { Address, Json } from '../port';
import type { Fill } from '../state';
import { fillJson } from '../wire';
import { forUser, inRange, type TimeRange, timeRange } from './request';

/** Most fills in one answer. */
export const FILLS_PAGE = 2_000;

/** The fills that can still be reached, oldest first. */
export function reachableFills(ex: Exchange, user: Address): readonly Fill[] {
  const fills = ex.accounts.get(user)?.fills ?? [];
  return fills.length > ex.settings.fillsKept ? fills.slice(-ex.settings.fillsKept) : fills;
}

/** Merges the fills of one order in one block into one, as `aggregateByTime` does, at the place of the first: sizes, fees and PnL add up. */
export function aggregate(fills: readonly Fill[]): Fill[] {
  const groups = new Map<string, Fill[]>();
  for (const fill of fills) {
    const key = `${fill.oid}/${fill.time}/${fill.crossed}`;
    const same = groups.get(key);
    if (same === undefined) groups.set(key, [fill]);
    else same.push(fill);
  }
  return [...groups.values()].flatMap((parts) => (parts.length === 1 ? parts : [join(parts)]));
}

/** Decimals of the average price of merged fills, which need not lie on the price grid: the recorded leader's rows have ten. */
const AVERAGE_DECIMALS = 10;

function join(parts: readonly Fill[]): Fill {
  const first = present(parts[0], 'the first of merged fills');
  const { asset } = first;
  const lots = sum(parts, (fill) => fill.lots);
  const unit = 10n ** BigInt(AVERAGE_DECIMALS - asset.pxDecimals);
  const weighted = parts.reduce((whole, fill) => whole + finePx(fill) * BigInt(fill.lots), 0n);
  const average = (2n * weighted + BigInt(lots)) / (2n * BigInt(lots));
  return {
    ...first,
    lots,
    px: Number((average + unit / 2n) / unit),
    exactPx: average % unit === 0n ? null : formatUnits(Number(average), AVERAGE_DECIMALS),
    closedPnl: sum(parts, (fill) => fill.closedPnl),
    fee: sum(parts, (fill) => fill.fee),
    builderFee: sum(parts, (fill) => fill.builderFee),
  };
}

const sum = (parts: readonly Fill[], of: (fill: Fill) => number): number => parts.reduce((whole, fill) => whole + of(fill), 0);

const finePx = ({ asset, px, exactPx }: Fill): bigint =>
  unwrap(parseDecimal(exactPx ?? formatUnits(px, asset.pxDecimals), AVERAGE_DECIMALS), 'price of a fill');

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
  const inside = fillsIn(reachableFills(ex, user), range);
  const wanted = asFlag(request.aggregateByTime) === true ? aggregate(inside) : inside;
  if (asFlag(request.reversed) === true) wanted.reverse();
  return wanted.slice(0, FILLS_PAGE).map((fill) => fillJson(ex, fill));
});

/** The fills of a range, in their order. An account's fills stand by time, and mostly the newest are asked for: they are looked for from the end. */
function fillsIn(fills: readonly Fill[], range: TimeRange): Fill[] {
  let from = fills.length;
  for (let before = fills[from - 1]; before !== undefined && before.time >= range.from; before = fills[from - 1]) from -= 1;
  return fills.slice(from).filter((fill) => inRange(range, fill.time));
}
