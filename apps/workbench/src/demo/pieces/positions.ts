import { formatMoney, money, mulDiv, parseMoney, parsePrice, unwrap } from '@lockstep/kernel';

/** Signed positions by coin as decimal texts, without those that are zero. */
export type Positions = Readonly<Record<string, string>>;

const plain = (text: string): string => formatMoney(money(unwrap(parseMoney(text), 'a size')));

/** The open ones of told positions, each written in the one plain way. */
export const openOnly = (told: Iterable<readonly [coin: string, size: string]>): Positions =>
  Object.fromEntries([...told].map(([coin, size]) => [coin, plain(size)] as const).filter(([, size]) => size !== '0'));

/** Whether two sets of open positions are the same. */
export function samePositions(one: Positions, other: Positions): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((coin) => one[coin] === other[coin]);
}

/** Positions as a short text: `ETH 0.3, SOL -2`, or `nothing`. */
export const heldText = (held: Positions): string =>
  Object.entries(held)
    .map(([coin, size]) => `${coin} ${size}`)
    .join(', ') || 'nothing';

/** A price moved by so many per cent, as text. */
export const movedPrice = (price: string, percent: bigint): string =>
  plain(formatMoney(money(mulDiv(unwrap(parsePrice(price), 'a price'), 100n + percent, 100n, 'zero'))));
