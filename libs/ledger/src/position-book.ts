import { abs, divide, type Money, money, mulDiv, must, type Price, price, type Size, sign, size, UNIT } from '@lockstep/kernel';

/**
 * A copy's own average-cost book in one instrument. The cost is carried as money instead of a rounded average, so that over an episode
 * from flat to flat the closed profits add up to exactly what was received minus what was paid.
 */
export interface PositionBook {
  /** Signed; long above zero. */
  readonly quantity: Size;
  /** What the open quantity cost: quantity · average entry, with the quantity's sign. */
  readonly cost: Money;
}

export const FLAT: PositionBook = { quantity: size(0n), cost: money(0n) };

export interface BookedFill {
  readonly book: PositionBook;
  /** Profit closed by this fill, before fees; 0 when it only opens. */
  readonly closedPnl: Money;
}

/** Applies a signed fill (buys above zero) at a price. A fill through zero closes the whole side first and opens the rest at its price. */
export function applyFill(book: PositionBook, quantity: Size, at: Price): BookedFill {
  must(at > 0n, 'a fill has a price above zero');
  const opposite = sign(book.quantity) * sign(quantity) < 0n;
  if (!opposite) return { book: add(book, quantity, value(quantity, at)), closedPnl: money(0n) };
  const closing = abs(quantity) < abs(book.quantity) ? quantity : -book.quantity;
  const costOut = closing === -book.quantity ? book.cost : mulDiv(book.cost, -closing, book.quantity, 'zero');
  // The fill's value is split so that closed and opened part add up to it, whatever the rounding.
  const whole = value(quantity, at);
  const opened = value(size(quantity - closing), at);
  const closedPnl = money(-(whole - opened) - costOut);
  const rest = add(book, size(closing), -costOut);
  return { book: add(rest, size(quantity - closing), opened), closedPnl };
}

/** Average entry, rounded down; 0 when flat. For display and risk, never carried on. */
export const averageEntry = (book: PositionBook): Price =>
  price(book.quantity === 0n ? 0n : divide(abs(book.cost) * UNIT, abs(book.quantity), 'down'));

/** Profit not yet closed at a mark: quantity · mark − cost. */
export const unrealisedPnl = (book: PositionBook, mark: Price): Money => money(value(book.quantity, mark) - book.cost);

const value = (quantity: Size, at: Price): bigint => mulDiv(quantity, at, UNIT, 'zero');
const add = (book: PositionBook, quantity: Size, cost: bigint): PositionBook => ({
  quantity: size(book.quantity + quantity),
  cost: money(book.cost + cost),
});
