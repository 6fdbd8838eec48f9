/** What is known of margin in one instrument's clearinghouse, by row. Money 10^-8, rates 10^-12. */
export interface MarginFacts {
  /** Least distance of a liquidation price from the mark; below zero: the row has no floor. */
  readonly floor: Float64Array;
  /** What the copy counts on there. */
  readonly value: Float64Array;
  /** Of its other positions there, at their worst: initial margin, maintenance, and what has to be left above that for their own distance. */
  readonly otherInitial: Float64Array;
  readonly otherUsed: Float64Array;
  readonly otherKept: Float64Array;
  /** Signed lots held in the instrument, and what they have gained. */
  readonly position: Float64Array;
  readonly unrealised: Float64Array;
  readonly leverage: Float64Array;
  /** Share of what is added that it is taken to cost at once. */
  readonly reserve: Float64Array;
  readonly maxLeverage: number;
  readonly isolated: boolean;
}

/** A worst position: lots at a price times 10^8, `perUnit` lots to a base unit. */
export interface WorstPosition {
  readonly lots: number;
  readonly price: number;
  readonly perUnit: number;
}

/** Money counts as missing when more is than doubles may be off: a share of it, and units. The planner's own figures are integers, rounded to the strict side. */
const UNSURE = 1e-9;
const UNITS = 4;

/** Whether a worst position asks for more initial margin than there is, or is liquidated, or makes another be liquidated, nearer to its mark than the floor. */
export function marginBreached(margin: MarginFacts, row: number, worst: WorstPosition, buy: boolean): boolean {
  const floor = margin.floor[row] ?? -1;
  if (floor < 0) return false;
  const side = buy ? 1 : -1;
  const held = Math.max(0, (margin.position[row] ?? 0) * side);
  const notional = (worst.lots * worst.price) / worst.perUnit;
  const added = Math.max(0, notional - (held * worst.price) / worst.perUnit);
  const reserve = (added * (margin.reserve[row] ?? 0)) / 1e12;
  const initial = notional / (margin.leverage[row] ?? 1);
  const maintenance = notional / (2 * margin.maxLeverage);
  const kept = ((notional - side * maintenance) * floor) / 1e12;
  const value = (margin.value[row] ?? 0) - reserve;
  const left = value - (margin.otherUsed[row] ?? 0);
  const others = margin.otherKept[row] ?? 0;
  if (isMissing((margin.otherInitial[row] ?? 0) + initial, value)) return true;
  if (!margin.isolated) return isMissing(maintenance + Math.max(kept, others), left);
  const lost = held === 0 ? 0 : Math.max(0, -(margin.unrealised[row] ?? 0));
  return isMissing(initial + others, left) || isMissing(maintenance + kept + lost + reserve, initial);
}

const isMissing = (asked: number, there: number): boolean => asked > there + UNSURE * (Math.abs(asked) + Math.abs(there)) + UNITS;
