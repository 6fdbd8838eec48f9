import { must } from '@lockstep/kernel';
import { mulDiv, mulDivAway } from './decimals';
import { entryUnits } from './entry';
import { clearingOf, type Exchange, touch } from './exchange';
import { leverageOf } from './margin';
import { baseUnits } from './spot';
import type { Asset, Clearing, Position, SpotPair, VenueAccount } from './state';
import { add, spotPurse } from './transfers';

/** One side of a trade to be booked. `notional` is price × lots; a replayed trade off the grid brings its own. The fee is in what is received. */
export interface Booking {
  readonly asset: Asset;
  readonly isBuy: boolean;
  readonly lots: number;
  readonly notional: number;
  readonly fee: number;
}

/** What booking it did. */
export interface Booked {
  /** Signed size before; of a spot trade the balance of the base before, 10^-6. */
  readonly startLots: number;
  /** Usd, before fees. */
  readonly closedPnl: number;
}

/**
 * Books one side of a trade: closes against the standing position first, opens with the rest. Cash moves by the exact notional;
 * entry stays put on closes; an isolated position takes its margin from, and gives it back to, the cross cash, and bears its own fees.
 */
export function book(ex: Exchange, owner: VenueAccount, booking: Booking): Booked {
  const { asset, isBuy, lots, notional, fee } = booking;
  if (asset.pair !== null) return exchangeTokens(ex, owner, asset.pair, booking);
  const clearing = clearingOf(owner, asset.dex);
  const position = clearing.positions.get(asset) ?? openPosition(ex, clearing, asset);
  const startLots = position.lots;
  const signed = isBuy ? lots : -lots;
  const opposes = startLots !== 0 && startLots > 0 !== isBuy;
  const closing = opposes ? Math.min(lots, Math.abs(startLots)) : 0;
  const closingNotional = closing === lots ? notional : mulDiv(notional, closing, lots);
  const closedPnl = closing === 0 ? 0 : close(position, closing, closingNotional);
  if (closing < lots) open(position, isBuy, lots - closing, notional - closingNotional);
  if (position.isIsolated) position.rawUsd -= fee;
  else clearing.cash -= fee;
  countInterest(asset, startLots, startLots + signed);
  if (position.lots === 0) dropPosition(clearing, position);
  must(Number.isSafeInteger(clearing.cash), 'cash of a clearinghouse stays inside 2^53');
  touch(ex, clearing);
  return { startLots, closedPnl };
}

/** One side of a spot trade: what is paid goes, what is received comes less the fee. */
function exchangeTokens(ex: Exchange, owner: VenueAccount, { base, quote }: SpotPair, { asset, isBuy, lots, notional, fee }: Booking): Booked {
  const startLots = owner.spot.get(base) ?? 0;
  const units = baseUnits(asset, lots);
  add(ex, owner, spotPurse(base), isBuy ? units - fee : -units);
  add(ex, owner, spotPurse(quote), isBuy ? -notional : notional - fee);
  return { startLots, closedPnl: 0 };
}

function openPosition(ex: Exchange, clearing: Clearing, asset: Asset): Position {
  const setting = leverageOf(clearing.owner, asset, ex.settings);
  const position: Position = {
    asset,
    clearing,
    lots: 0,
    cost: 0,
    rawUsd: 0,
    isIsolated: !setting.isCross && !clearing.owner.isHouse,
    leverage: setting.leverage,
    fundingSinceOpen: 0,
    fundingSinceChange: 0,
    partLiquidatedAt: Number.NEGATIVE_INFINITY,
    watchStamp: 0,
  };
  clearing.positions.set(asset, position);
  asset.holders.add(position);
  return position;
}

function close(position: Position, lots: number, notional: number): number {
  const held = Math.abs(position.lots);
  const side = position.lots > 0 ? 1 : -1;
  const cost = lots === held ? position.cost : mulDiv(position.cost, lots, held);
  const entry = entryUnits(position);
  const received = side * notional;
  if (position.isIsolated) releaseIsolated(position, lots, received);
  else position.clearing.cash += received;
  position.lots -= side * lots;
  position.cost -= cost;
  position.fundingSinceChange = 0;
  return received - side * entry * lots;
}

/** Gives back the closed share of an isolated position's equity; all that is left when it closes wholly. */
function releaseIsolated(position: Position, lots: number, received: number): void {
  const held = Math.abs(position.lots);
  const share = mulDiv(position.lots, lots, held);
  const valueOfRest = (position.lots - share) * (received / share);
  const equity = position.rawUsd + received + Math.trunc(valueOfRest);
  const released = lots === held ? position.rawUsd + received : Math.max(0, mulDiv(equity, lots, held));
  position.rawUsd += received - released;
  position.clearing.cash += released;
}

function open(position: Position, isBuy: boolean, lots: number, notional: number): void {
  const signedNotional = isBuy ? notional : -notional;
  if (position.isIsolated) {
    const margin = mulDivAway(notional, 1, position.leverage);
    position.rawUsd += margin - signedNotional;
    position.clearing.cash -= margin;
  } else position.clearing.cash -= signedNotional;
  if (position.lots === 0) position.fundingSinceOpen = 0;
  position.lots += isBuy ? lots : -lots;
  position.cost += signedNotional;
  position.fundingSinceChange = 0;
}

function countInterest(asset: Asset, before: number, after: number): void {
  asset.openInterestLots += Math.max(0, after) - Math.max(0, before);
}

function dropPosition(clearing: Clearing, position: Position): void {
  clearing.cash += position.rawUsd;
  position.rawUsd = 0;
  position.watchStamp += 1;
  clearing.positions.delete(position.asset);
  position.asset.holders.delete(position);
}
