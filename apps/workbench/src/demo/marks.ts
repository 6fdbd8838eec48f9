/** A mark from the moment it was set until the next one; price in money 10^-8. */
export interface MarkPoint {
  readonly time: number;
  readonly price: bigint;
}

/** The lowest and the highest mark of a stretch of time. */
export interface MarkSpan {
  readonly lowest: bigint;
  readonly highest: bigint;
}

/** The marks that stood at some moment from `from` to `to`; null for a coin without marks. */
export type MarksBetween = (coin: string, from: number, to: number) => MarkSpan | null;

/** Reads spans out of the venue's own marks, oldest first by coin; the first of a coin stands for all time before it. */
export function marksBetween(histories: ReadonlyMap<string, readonly MarkPoint[]>): MarksBetween {
  return (coin, from, to) => spanOf(histories.get(coin) ?? [], from, to);
}

function spanOf(points: readonly MarkPoint[], from: number, to: number): MarkSpan | null {
  const next = firstAfter(points, from);
  const first = points[Math.max(0, next - 1)];
  if (first === undefined) return null;
  let { price: lowest, price: highest } = first;
  for (let index = next; index < points.length; index += 1) {
    const point = points[index];
    if (point === undefined || point.time > to) break;
    if (point.price < lowest) lowest = point.price;
    if (point.price > highest) highest = point.price;
  }
  return { lowest, highest };
}

/** Index of the first point set after `time`. */
function firstAfter(points: readonly MarkPoint[], time: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.time ?? 0) > time) high = middle;
    else low = middle + 1;
  }
  return low;
}
