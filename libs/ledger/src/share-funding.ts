import { type Money, money, must, type Size, size } from '@lockstep/kernel';
import { apportion } from './fees';

/** A venue's charge of funding on an account's net position in one coin. */
export interface FundingCharge {
  /** Above zero received, below zero paid, 10^-8 of the collateral. */
  readonly amount: Money;
  /** Signed net of the account it was counted on; never zero. */
  readonly net: Size;
}

/** On which side the follower's own position beside the copies is known to stand: long, short, or none known. */
export type OwnSide = 1 | 0 | -1;

/**
 * What a charge of funding is to each copy of the account, in their order; the rest is the follower's own and nobody's booking. `held` is what each copy
 * held by our record when funding was charged. The venue's net is the truth: what the record has above it was closed by the follower and not yet seen,
 * unless the follower is known to stand on the other side. A copy alone on its account gets the venue's amount to the last unit.
 */
export function fundingOfCopies(charge: FundingCharge, held: readonly Size[], ownSide: OwnSide): Money[] {
  const copies = withinNet(charge.net, held, ownSide);
  const own = size(charge.net - sum(copies));
  return shareFunding(charge.amount, [...copies, own]).slice(0, copies.length);
}

/**
 * The most a copy may have paid by a charge where nobody tells what it held then, ≥ 0: its part by what it holds now, and all the account paid where that is more,
 * for it may have held all of it.
 */
export function mostPaid({ amount, net }: FundingCharge, held: Size): Money {
  const part = (amount * held) / net;
  const all = amount < 0n ? -amount : 0n;
  return money(-part > all ? -part : all);
}

/**
 * Shares an amount of funding among the positions it was counted on: each pays −quantity · oracle · rate, so its part is amount · quantity ÷ net, and the parts
 * add up to the amount exactly. Opposite positions pay each other; the units that rounding leaves go by size. The quantities do not sum to zero:
 * a venue charges nothing on a net of zero.
 */
export function shareFunding(amount: Money, quantities: readonly Size[]): Money[] {
  const net = sum(quantities);
  must(net !== 0n, 'funding is charged on a net position');
  const floors = quantities.map((quantity) => (amount * quantity) / net);
  const left = amount - floors.reduce((total, part) => total + part, 0n);
  if (left === 0n) return floors.map(money);
  const rest = apportion(money(left), quantities.map(magnitude));
  return floors.map((floor, index) => money(floor + (rest[index] ?? 0n)));
}

/** What the copies held once the follower's closes nobody booked yet are taken off them, pro rata on the attacked side. */
function withinNet(net: Size, held: readonly Size[], ownSide: OwnSide): readonly Size[] {
  const copied = sum(held);
  const side = copied < 0n ? -1n : 1n;
  const excess = (copied - net) * side;
  // Beside the copies and on their side, or on the other side and known: the follower's own position explains the difference.
  if (copied === 0n || excess <= 0n || BigInt(ownSide) === -side) return held;
  const onSide = held.map((quantity) => (quantity * side > 0n ? quantity * side : 0n));
  const kept = sum(onSide) - (excess < magnitude(copied) ? excess : magnitude(copied));
  const shares = apportion(money(kept), onSide);
  return held.map((quantity, index) => (quantity * side > 0n ? size((shares[index] ?? 0n) * side) : quantity));
}

const sum = (quantities: readonly bigint[]): bigint => quantities.reduce((total, quantity) => total + quantity, 0n);
const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);
