import { type Instrument, type Money, money, type Price, price, roundPrice, type Size } from '@lockstep/kernel';

/** A stop that rests at the venue: where it is triggered, and the worst price it may execute at. */
export interface ProtectiveStop {
  readonly trigger: Price;
  readonly worst: Price;
}

/** One position of a copy, among those that share its loss limit. Sizes, prices and money 10^-8. */
export interface HeldPosition {
  readonly instrument: Instrument;
  /** Signed. */
  readonly position: Size;
  readonly mark: Price;
}

/** How far beyond its trigger a market stop may execute, in per cent: what the venue allows its own market stops. */
const WORST_PERCENT = 10n;
const UNIT = 100_000_000n;

/**
 * Where a loss limit would be met by one position's move alone: equity falls from `equity` to `floor` when the mark goes from `mark` by
 * (equity − floor) ÷ position against it (product §2.10). Rounded so that the stop acts a tick before the limit rather than behind it. Fees and funding
 * until then are not counted, and other positions are taken to stand still: it is refreshed as they change. Null where no price meets the limit (a long
 * whose whole value is not that much), or where the limit is met already: then the position is closed at once, not by a stop.
 */
export function protectiveStop(
  instrument: Instrument,
  held: { readonly position: Size; readonly mark: Price; readonly equity: Money; readonly floor: Money },
): ProtectiveStop | null {
  const { position, mark, equity, floor } = held;
  if (position === 0n || equity <= floor) return null;
  const long = position > 0n;
  const size = long ? position : -position;
  // Rounded down: the stop is nearer to the mark, never farther.
  const room = ((equity - floor) * UNIT) / size;
  const trigger = roundPrice(instrument, price(long ? mark - room : mark + room), long ? 'up' : 'down');
  if (trigger <= 0n || (long ? trigger >= mark : trigger <= mark)) return null;
  const beyond = (trigger * WORST_PERCENT) / 100n;
  const worst = roundPrice(instrument, price(long ? trigger - beyond : trigger + beyond), long ? 'up' : 'down');
  return { trigger, worst };
}

/**
 * The stops of all positions of a copy, in their order. They share what may still be lost by their notional at the marks, so that all stops together lose no
 * more than the limit leaves, whichever are triggered: each stands as many per cent from its mark as the others. A position that moves alone brings its stop
 * nearer to the limit's own price with each refresh, because what the others were given is not lost.
 */
export function protectiveStops(
  positions: readonly HeldPosition[],
  copy: { readonly equity: Money; readonly floor: Money },
): readonly (ProtectiveStop | null)[] {
  const values = positions.map(({ position, mark }) => ((position < 0n ? -position : position) * mark) / UNIT);
  const total = values.reduce((sum, value) => sum + value, 0n);
  const room = copy.equity - copy.floor;
  if (total <= 0n || room <= 0n) return positions.map(() => null);
  return positions.map(({ instrument, position, mark }, index) =>
    protectiveStop(instrument, { position, mark, equity: money((room * (values[index] ?? 0n)) / total), floor: money(0n) }),
  );
}

/** A stop as it stands at the venue, or as it should. */
export interface StopTerms {
  readonly buy: boolean;
  readonly size: Size;
  readonly trigger: Price;
}

/** Least distance, in parts of ten thousand of the trigger price, that moves a stop which is otherwise as it should be. */
export const STOP_STEP_BP = 25n;

/** What must be done about a stop. `resize` protects more or another position than before and is due before a mere `move` of its price. */
export type StopChange = 'none' | 'place' | 'resize' | 'move' | 'cancel';

/** Compares what stands with what should; null: nothing. */
export function stopChange(standing: StopTerms | null, wanted: StopTerms | null): StopChange {
  if (wanted === null) return standing === null ? 'none' : 'cancel';
  if (standing === null) return 'place';
  if (standing.buy !== wanted.buy || standing.size !== wanted.size) return 'resize';
  const apart = standing.trigger > wanted.trigger ? standing.trigger - wanted.trigger : wanted.trigger - standing.trigger;
  return apart * 10_000n >= standing.trigger * STOP_STEP_BP ? 'move' : 'none';
}
