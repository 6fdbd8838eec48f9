import { abs, max, min, RATE_ONE, sign, UNIT } from '@lockstep/kernel';
import { shareMost } from '../book/account-share';
import type { TermsInForce } from '../book/copies';
import { dexOf } from '../book/held-distance';
import type { Holding } from '../book/holding';
import type { InstrumentSeen } from '../book/state';
import type { ViolationKind } from '../violation';
import { blame, type JudgedOrder, priceText, sizeText } from './judged-order';
import { highestEquity, leverageOf, markOf, sideWorst, widened } from './order-limits';

/*
 * Product §3: margin and liquidation distance per clearinghouse. By the venue's own formulas: initial margin = notional ÷ leverage, maintenance = notional ÷ twice the
 * largest leverage, and a position is liquidated at a share of its mark away that is what is left above all maintenance ÷ (notional · (1 − side ÷ twice the largest
 * leverage)). Money is counted in 10^-16 here, products of two figures of 10^-8.
 */

/** No approved order takes the margin of a copy's clearinghouse, or the distance of a liquidation there, beyond its floor: with everything that may fill filled at worst. */
export function checkClearingMargin(judged: JudgedOrder): void {
  const broken = judged.terms.map((terms) => firstBroken(judged, terms));
  const first = broken[0];
  if (first === undefined || first === null || broken.includes(null)) return;
  blame(judged, first.kind, first.text);
}

interface Broken {
  readonly kind: ViolationKind;
  readonly text: string;
}

/** A position of the copy in the order's clearinghouse, by the least it may be. */
interface Beside {
  readonly coin: string;
  readonly initial: bigint;
  /** What it takes of the clearinghouse: maintenance, or where it is isolated all of its margin. */
  readonly taken: bigint;
  /** What must be left above that for its own distance; 0: it is isolated. */
  readonly kept: bigint;
}

function firstBroken(judged: JudgedOrder, { settings }: TermsInForce): Broken | null {
  const { order, instrument, holding } = judged;
  const floor = settings.caps.minLiquidationDistance ?? null;
  const mark = markOf(judged, order.coin);
  const value = floor === null || mark === null ? null : mostThere(judged);
  if (floor === null || mark === null || value === null) return null;
  const worst = holding.reach(judged.at, judged.state.options.clockSlackMs, order.buy) + order.size;
  const price = max(mark, order.price);
  const notional = worst * price;
  const added = max(0n, notional - heldMost(holding, order.buy) * price);
  const there = value * UNIT - (added * settings.entryBound) / RATE_ONE;
  const others = besideIn(judged, floor, settings.venueLeverage);
  const initial = notional / leverageOf(settings.venueLeverage, instrument.maxLeverage);
  const asked = others.reduce((sum, other) => sum + other.initial, initial);
  const what = `makes ${sizeText(worst)} × ${priceText(price)} at worst, of ${money(value)} in the clearinghouse at most`;
  if (asked > there) return { kind: 'clearing_margin', text: `${what}: the initial margin there comes to ${money(asked / UNIT)}` };
  const taken = others.reduce((sum, other) => sum + other.taken, 0n);
  const maintenance = maintenanceOf(notional, instrument);
  const left = instrument.isolated ? initial - maintenance - (added * settings.entryBound) / RATE_ONE : there - taken - maintenance;
  const kept = keptFor(notional, maintenance, floor, order.buy);
  if (left < kept)
    return {
      kind: 'liquidation_distance',
      text: `${what}: ${money(left / UNIT)} are left above maintenance, the floor asks for ${money(kept / UNIT)}`,
    };
  const leftFor = there - taken - (instrument.isolated ? initial : maintenance);
  const near = others.find((other) => other.kept > leftFor);
  if (near === undefined) return null;
  return {
    kind: 'liquidation_distance',
    text: `${what}: ${near.coin} needs ${money(near.kept / UNIT)} above maintenance, ${money(leftFor / UNIT)} are left`,
  };
}

/** The most a copy may count on in the clearinghouse of the order: its equity, and its share of what the account has there. null: not known, or a matter of attribution. */
function mostThere(judged: JudgedOrder): bigint | null {
  const equity = highestEquity(judged);
  const range = judged.copy.clearings.range(dexOf(judged.order.coin), judged.at);
  if (equity === null || range === null) return null;
  return min(equity, widened(range.high * shareMost(judged.state, judged.copy, judged.at), judged.state.options.equityMargin));
}

function besideIn(judged: JudgedOrder, floor: bigint, venueLeverage: number): readonly Beside[] {
  const { state, copy } = judged;
  return [...copy.holdings.values()].flatMap((other) => {
    const instrument = state.instruments.get(other.coin);
    const mark = markOf(judged, other.coin);
    if (other === judged.holding || dexOf(other.coin) !== dexOf(judged.order.coin) || instrument === undefined || mark === null) return [];
    const [longs, shorts] = [true, false].map((buy) => sideWorst(judged, other, mark, instrument.minNotional, buy));
    const notional = max(longs ?? 0n, shorts ?? 0n) * mark;
    const initial = notional / leverageOf(venueLeverage, instrument.maxLeverage);
    const held = heldLeast(other) * mark;
    return [
      {
        coin: other.coin,
        initial,
        taken: instrument.isolated ? initial : maintenanceOf(notional, instrument),
        kept: instrument.isolated ? 0n : keptFor(held, maintenanceOf(held, instrument), floor, other.real.position > 0n),
      },
    ];
  });
}

const maintenanceOf = (notional: bigint, { maxLeverage }: InstrumentSeen): bigint => notional / (2n * BigInt(maxLeverage));

/** What must be left above maintenance for a price a share of the mark away. */
const keptFor = (notional: bigint, maintenance: bigint, floor: bigint, long: boolean): bigint =>
  ((notional + (long ? -maintenance : maintenance)) * floor) / RATE_ONE;

/** The most the copy may be believed to hold on a side, and the least it holds for sure. */
const heldMost = ({ real, told }: Holding, buy: boolean): bigint =>
  [real, told].reduce((most, { position }) => max(most, buy ? position : -position), 0n);
const heldLeast = ({ real, told, foreign }: Holding): bigint =>
  foreign || sign(real.position) !== sign(told.position) ? 0n : min(abs(real.position), abs(told.position));

const money = (amount: bigint): string => `${Number(amount) / Number(UNIT)}`;
