import { type Instrument, type Money, type Price, price, roundPrice, type Size } from '@lockstep/kernel';

/** A stop that rests at the venue: where it is triggered, and the worst price it may execute at. */
export interface ProtectiveStop {
  readonly trigger: Price;
  readonly worst: Price;
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
