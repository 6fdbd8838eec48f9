import { slippageBound } from './asset';
import { checkMargin, checkOpenInterest } from './check';
import { formatUsd, mulDiv } from './decimals';
import type { Exchange } from './exchange';
import { blend } from './hashing';
import { reducible, take } from './matching';
import { admitOrder, type OrderDraft } from './order';
import type { Twap, TwapStatus } from './state';
import { REJECTIONS, twapDuration, twapTooSmall } from './texts';
import { noteTwap } from './twap-record';

/* TWAP orders: a slice every half minute, none worse than some hundredths from the mark, none larger than three usual ones. */

const MINUTE_MS = 60_000;
const MINUTES_LEAST = 5;
const MINUTES_MOST = 1_440;
const CATCH_UP_MOST = 3;
/** Randomised slices differ by up to this share of a hundred from the usual one. */
const JITTER_PERCENT = 20;

export type TwapDraft = Pick<Twap, 'owner' | 'asset' | 'isBuy' | 'lots' | 'reduceOnly' | 'minutes' | 'randomize' | 'startAt' | 'limitPx'>;

/** Why a TWAP cannot begin; null when it can. */
export function refuseTwap(ex: Exchange, { asset, lots, minutes }: TwapDraft): string | null {
  if (minutes < MINUTES_LEAST || minutes > MINUTES_MOST) return twapDuration(minutes);
  const perMinute = ex.settings.twapMinUsdPerMinute;
  return lots * asset.markPx < minutes * perMinute ? twapTooSmall(whole(minutes * perMinute), whole(perMinute)) : null;
}

const whole = (usd: number): string => formatUsd(usd).replace(/\.0$/, '');

/** Begins a TWAP. Its first slice is sent in the next block. */
export function startTwap(ex: Exchange, draft: TwapDraft): Twap {
  ex.nextTwapId += 1;
  const twap: Twap = { id: ex.nextTwapId, ...draft, time: ex.time, beginsAt: ex.time, slicesSent: 0, executedLots: 0, executedUsd: 0 };
  ex.twaps.add(twap);
  noteTwap(ex, twap, 'activated');
  return twap;
}

/** Ends a TWAP; what it has traded stays. */
export function endTwap(ex: Exchange, twap: Twap, status: TwapStatus, description: string | null = null): void {
  if (ex.twaps.delete(twap)) noteTwap(ex, twap, status, description);
}

/** When a TWAP has to be looked at next. One that waits for a price is looked at with every mark. */
export const twapDueAt = (ex: Exchange, twap: Twap): number =>
  twap.startAt !== null ? ex.time + ex.settings.markIntervalMs : twap.beginsAt + twap.slicesSent * ex.settings.twapSliceMs;

/** Sends the slices that are due, and ends what has run its time. */
export function runTwaps(ex: Exchange): void {
  for (const twap of [...ex.twaps]) {
    if (twap.startAt !== null) awaitStart(ex, twap);
    if (twap.startAt === null && twapDueAt(ex, twap) <= ex.time) step(ex, twap);
  }
}

function awaitStart(ex: Exchange, twap: Twap): void {
  const { startAt, asset } = twap;
  if (startAt === null || (startAt.above ? asset.markPx < startAt.px : asset.markPx > startAt.px)) return;
  twap.startAt = null;
  twap.beginsAt = ex.time;
}

function step(ex: Exchange, twap: Twap): void {
  if (twap.executedLots >= twap.lots || twap.slicesSent >= sliceCount(ex, twap)) {
    endTwap(ex, twap, 'finished');
    return;
  }
  twap.slicesSent += 1;
  if (!ex.postOnly && !twap.asset.halted) sendSlice(ex, twap);
}

const sliceCount = (ex: Exchange, twap: Twap): number => Math.ceil((twap.minutes * MINUTE_MS) / ex.settings.twapSliceMs);

/** Sends what is missing to the target of this moment, three usual slices at most. Slices are exempt from the minimum notional. */
function sendSlice(ex: Exchange, twap: Twap): void {
  const lots = sliceLots(ex, twap);
  if (lots <= 0) return;
  const draft = sliceDraft(ex, twap, lots);
  const refusal = twap.reduceOnly ? null : (checkMargin(ex, draft) ?? checkOpenInterest(ex, draft));
  if (refusal !== null) {
    endTwap(ex, twap, 'error', REJECTIONS[refusal]);
    return;
  }
  const order = admitOrder(ex, draft);
  const room = twap.reduceOnly ? reducible(order) : lots;
  if (room === 0) {
    endTwap(ex, twap, 'error', REJECTIONS.reduceOnlyRejected);
    return;
  }
  order.lots = Math.min(lots, room);
  const execution = take(ex, order);
  twap.executedLots += execution.lots;
  twap.executedUsd += execution.usd;
}

function sliceLots(ex: Exchange, twap: Twap): number {
  const slices = sliceCount(ex, twap);
  const usual = Math.ceil(twap.lots / slices);
  const isLast = twap.slicesSent === slices;
  const target = isLast ? twap.lots : mulDiv(twap.lots, twap.slicesSent, slices) + (twap.randomize ? jitter(ex, twap, usual) : 0);
  return Math.min(target - twap.executedLots, CATCH_UP_MOST * usual, twap.lots - twap.executedLots);
}

/** A share of the usual slice, either way: a function of the world's seed, the TWAP and the slice alone. */
function jitter(ex: Exchange, { id, slicesSent }: Twap, usual: number): number {
  const most = Math.floor((usual * JITTER_PERCENT) / 100);
  return (blend(ex.config.seed, id, slicesSent) % (2 * most + 1)) - most;
}

function sliceDraft(ex: Exchange, twap: Twap, lots: number): OrderDraft {
  const { owner, asset, isBuy, reduceOnly, limitPx } = twap;
  const bound = slippageBound(asset, isBuy, asset.markPx, ex.settings.twapSlippagePercent);
  const px = limitPx === null ? bound : isBuy ? Math.min(bound, limitPx) : Math.max(bound, limitPx);
  return { owner, asset, isBuy, px, lots, tif: 'Ioc', reduceOnly, cloid: null, builder: null, trigger: null, twap };
}
