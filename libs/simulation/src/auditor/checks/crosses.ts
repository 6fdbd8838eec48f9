import type { EpochMs } from '@lockstep/kernel';
import { min } from '@lockstep/kernel';
import type { CopyTrack } from '../book/copies';
import { type AuditState, fillKey } from '../book/state';
import type { CrossMade, OrderHanded } from '../observations';
import { checkApproved } from './approvals';
import { checkFreshness } from './freshness';
import { checkBreach, checkHalts } from './halts';
import { type JudgedOrder, priceText, sizeText } from './judged-order';
import { checkOrderLimits } from './order-limits';
import { checkReference } from './price-bounds';
import { checkAge, checkExit, checkTarget } from './targets';

/**
 * Product §2.6: copies of one follower on one account cross at the mid of a fresh book, inside both bounds; what a copy enters by it is new risk under all the rules
 * for entries, what it closes is no more than it has.
 */
export function checkCross(state: AuditState, cross: CrossMade, at: EpochMs): void {
  const named = `cross ${cross.no} of ${sizeText(cross.size)} ${cross.coin} at ${priceText(cross.price)} between copies ${cross.buyerId} and ${cross.sellerId}`;
  const [buyer, seller] = [state.copies.get(cross.buyerId), state.copies.get(cross.sellerId)];
  const tell = (what: string): void => state.report('cross_wrong', at, cross.buyerId, null, `${named}: ${what}`);
  if (buyer === undefined || seller === undefined || buyer === seller) {
    tell('these are not two copies');
    return;
  }
  if (buyer.copy.account !== seller.copy.account) tell(`${buyer.copy.account} and ${seller.copy.account} are two accounts`);
  if (buyer.copy.scope !== cross.scope || seller.copy.scope !== cross.scope) tell(`it is kept under ${cross.scope}`);
  if (state.crosses.has(fillKey(buyer.copy.account, cross.coin, cross.no))) tell('its name was given before');
  checkMiddle(state, cross, tell);
  for (const [copy, buy] of [
    [buyer, true],
    [seller, false],
  ] as const)
    checkSide(state, cross, copy, buy, at);
}

function checkMiddle(state: AuditState, cross: CrossMade, tell: (what: string) => void): void {
  const { process, coin, price, decidedAt } = cross;
  const { markMaxAgeMs, clockSlackMs } = state.options;
  const mids = state.mids.of(process, coin);
  if (mids?.has(price, decidedAt - markMaxAgeMs - clockSlackMs, decidedAt + clockSlackMs) === true) return;
  const range = mids?.range(decidedAt - markMaxAgeMs, decidedAt) ?? null;
  if (isSettlement(state, cross)) return;
  tell(`no fresh book has its middle there (${range === null ? 'none was told' : `${priceText(range.low)} to ${priceText(range.high)}`})`);
}

/** In a delisted instrument two copies may close what they hold against each other at the last mark: nothing else ever would. */
function isSettlement(state: AuditState, { coin, price, size, buyerId, sellerId }: CrossMade): boolean {
  if (!state.delisted.has(coin) || price !== state.lastMarks.get(coin)) return false;
  const closes = (copyId: string, side: bigint): boolean => {
    const holding = state.copies.get(copyId)?.holding(coin);
    // Whose what is on an account with something of the follower's own is attribution.
    return holding !== undefined && (holding.foreign || holding.netted || holding.real.position * side >= size);
  };
  return closes(buyerId, -1n) && closes(sellerId, 1n);
}

/** What a copy closes by it, and what it enters by the rest. */
function checkSide(state: AuditState, cross: CrossMade, copy: CopyTrack, buy: boolean, at: EpochMs): void {
  const instrument = state.instruments.get(cross.coin);
  const holding = copy.holding(cross.coin);
  if (instrument === undefined || holding.foreign) return;
  const against = holding.real.position * (buy ? -1n : 1n);
  const closed = against > 0n ? min(against, cross.size) : 0n;
  const terms = copy.termsAt(cross.decidedAt, state.options.raceMs);
  const judged = (size: bigint, exit: boolean): JudgedOrder => ({
    state,
    at,
    copy,
    holding,
    instrument,
    terms,
    order: orderOf(cross, copy, buy, size, exit),
  });
  if (closed > 0n) checkExit(judged(closed, true));
  if (cross.size === closed) return;
  // Whole: what it closes counts below zero in what the copy comes to hold.
  const entered = judged(cross.size, false);
  checkHalts(entered);
  checkBreach(entered);
  checkFreshness(entered);
  checkOrderLimits(entered);
  checkApproved({ ...entered, order: { ...entered.order, size: cross.size - closed } });
  checkTarget(entered);
  checkAge(entered);
  checkReference(entered);
}

/** A side of a cross as an order of its copy: decided, written down and done in one moment. */
const orderOf = (cross: CrossMade, copy: CopyTrack, buy: boolean, size: bigint, exit: boolean): OrderHanded => ({
  process: cross.process,
  scope: cross.scope,
  copyId: copy.copy.copyId,
  wave: `cross ${cross.no}`,
  cause: 'repair',
  account: copy.copy.account,
  signer: '',
  coin: cross.coin,
  buy,
  price: cross.price,
  size,
  reduceOnly: exit,
  tif: 'ioc',
  cloid: `cross ${cross.no}`,
  nonce: 0,
  expiresAfter: 0,
  decidedAt: cross.decidedAt,
  journaledAt: cross.decidedAt,
  sentAt: cross.decidedAt,
});
