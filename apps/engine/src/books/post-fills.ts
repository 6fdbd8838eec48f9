import { fillData, positionData } from '@lockstep/delivery';
import { direction, type EpochMs, money, notional, price, type Side, size, type TenantScope, toExact, toLots } from '@lockstep/kernel';
import { averageEntry, fillSource, type LedgerTransaction, postFill } from '@lockstep/ledger';
import { applyFill, applyIncome, type InstrumentSheet, isMirrorLeg, mayBeAhead, PROTECTIVE_LEG } from '@lockstep/replication';
import {
  type EngineScopedUnit,
  type FillRow,
  fillIdOf,
  markOrdersFilled,
  type NewEvent,
  type NewRow,
  orderIdOf,
  savePositionStates,
} from '@lockstep/storage';
import type { VenueFill } from '@lockstep/venues/port';
import type { EngineContext } from '../context';
import { owedOf, takeMirrorFill, writtenAhead } from '../mirrors/mirror-fills';
import { newEvent } from '../new-event';
import { bookFill, type KeptPosition } from '../state/copy-ledger';
import type { Intent } from '../state/intent';
import type { HeldBefore } from '../state/own-trades';
import type { AccountRecord, CopyRecord } from '../state/registry';
import { accrueMarkup } from './accrue-markup';
import { type FillOwner, ownerOf } from './attribute';
import { positionStateOf, sheetOf } from './position-state-of';
import { trueUp } from './true-up';

/** Fills of one account as the venue told them, oldest first. */
export interface CollectedFills {
  readonly account: AccountRecord;
  readonly fills: readonly VenueFill[];
}

/** One fill with whose it is and the row it becomes. */
interface Posting {
  readonly account: AccountRecord;
  readonly fill: VenueFill;
  readonly owner: FillOwner;
  readonly row: NewRow<FillRow>;
}

/** Booked positions of one posting, by copy and coin, not yet committed. */
type Drafts = Map<CopyRecord, Map<string, KeptPosition>>;

/** What a posting found besides, of use once it is committed. */
interface Findings {
  /** Orders whose rows are still to be written, and when they were filled first. */
  readonly early: Map<string, EpochMs>;
  /** Of each fill that no order of ours explains: what the account's copies held before it. */
  readonly heldBefore: Map<Posting, HeldBefore>;
  /** Micro-lots that were owed of mirrors and that fills of this posting are. */
  readonly paid: Map<VenueFill['clientOrderId'], number>;
  /** Signed lots of each copy and coin by fills that no plan led the columns to: these take them once it is committed. */
  readonly unled: Map<InstrumentSheet, Map<CopyRecord, number>>;
}

export interface PostingReport {
  readonly posted: number;
  /** Fills no order of ours explains. */
  readonly own: number;
}

/**
 * Books fills of one tenant's accounts in one transaction: fill rows, balanced ledger entries, positions and public events, the events last.
 * Idempotent by the venue's key of a fill: only rows that were not there are booked, so reading the same fills again books nothing.
 * Memory changes after the commit only. Calls for one tenant must not overlap.
 */
export async function postFills(ctx: EngineContext, scope: TenantScope, batch: readonly CollectedFills[]): Promise<PostingReport> {
  const postings = batch.flatMap(({ account, fills }) => fills.map((fill) => toPosting(ctx, account, fill)));
  if (postings.length === 0) return { posted: 0, own: 0 };
  const drafts: Drafts = new Map();
  const findings: Findings = { early: new Map(), heldBefore: new Map(), paid: new Map(), unled: new Map() };
  const fresh = await ctx.storage.scoped(scope, async (unit) => {
    const inserted = new Set(await unit.fills.insert(postings.map((posting) => posting.row)));
    const booked = postings.filter((posting) => inserted.delete(posting.row.id));
    if (booked.length > 0) ctx.pass('ledger_fills_collected');
    await bookAll(ctx, unit, booked, drafts, findings);
    return booked;
  });
  for (const [orderId, at] of findings.early) ctx.firstFills.note(orderId, at);
  commitToMemory(ctx, batch, fresh, drafts, findings.heldBefore);
  return { posted: fresh.length, own: fresh.filter((posting) => posting.owner.kind === 'own').length };
}

function toPosting(ctx: EngineContext, account: AccountRecord, fill: VenueFill): Posting {
  const owner = ownerOf(ctx.registry, account, fill);
  const key = { venueAccountNo: BigInt(account.no), coin: fill.coin, timeMs: fill.time, tradeId: fill.tradeId, venueOrderId: fill.orderId };
  const copyNo = BigInt(owner.kind === 'own' ? 0 : owner.copy.no);
  const row: NewRow<FillRow> = {
    id: fillIdOf({ ...key, copyNo }),
    createdAt: fill.time,
    venueAccountNo: BigInt(account.no),
    venueTimeMs: fill.time,
    tradeId: fill.tradeId,
    venueOrderId: fill.orderId,
    orderId:
      owner.kind === 'own'
        ? null
        : orderIdOf({ moveId: BigInt(owner.wave), copyNo, instance: owner.instance, leg: owner.leg, attempt: owner.attempt }),
    moveId: owner.kind === 'own' ? null : BigInt(owner.wave),
    copyNo,
    copyId: owner.kind === 'own' ? null : owner.copy.id,
    coin: fill.coin,
    side: fill.side,
    price: fill.price,
    size: fill.size,
    startPosition: fill.startPosition,
    closedPnl: fill.closedPnl,
    fee: fill.fee,
    feeAsset: fill.feeAsset,
    builderFee: fill.builderFee,
    crossed: fill.crossed,
    liquidation: fill.liquidation,
    recordedAt: ctx.clock.now(),
  };
  return { account, fill, owner, row };
}

/** Fills `drafts` and `findings`. */
async function bookAll(ctx: EngineContext, unit: EngineScopedUnit, postings: readonly Posting[], drafts: Drafts, findings: Findings): Promise<void> {
  const transactions: LedgerTransaction[] = [];
  const events: NewEvent[] = [];
  const firstFills = new Map<string, EpochMs>();
  for (const posting of postings) {
    const { owner, fill, row } = posting;
    let closedPnl = fill.closedPnl;
    if (owner.kind === 'copy') {
      const held = heldBefore(ctx, owner.copy, fill.coin, drafts);
      closedPnl = bookToCopy(ctx, owner.copy, posting, drafts, findings);
      const booked = [ledgerOf(ctx, owner.copy, posting, closedPnl), accrueMarkup(ctx, owner.copy, row, size(held.booked.book.quantity))];
      transactions.push(...booked.filter((transaction) => transaction !== null));
      if (row.orderId !== null && !firstFills.has(row.orderId)) firstFills.set(row.orderId, fill.time);
    } else findings.heldBefore.set(posting, heldByAll(ctx, posting, drafts));
    events.push(fillEvent(ctx, posting, closedPnl));
  }
  const written = await markOrdersFilled(unit, firstFills);
  for (const [orderId, at] of firstFills) if (!written.has(orderId)) findings.early.set(orderId, at);
  await savePositionStates(unit, [...states(drafts)]);
  events.push(...positionEvents(ctx, drafts));
  if (transactions.length > 0) await unit.ledger.post(transactions);
  await unit.events.append(events);
}

/** What a copy holds in a coin before the next fill of this posting. */
const heldBefore = (ctx: EngineContext, copy: CopyRecord, coin: string, drafts: Drafts): KeptPosition =>
  drafts.get(copy)?.get(coin) ?? ctx.booked.get(copy.no, coin);

/** What every copy of an account holds before the next fill of this posting. */
const heldByAll = (ctx: EngineContext, { account, fill }: Posting, drafts: Drafts): HeldBefore =>
  new Map(ctx.registry.copiesOf(account).map((copy) => [copy.no, size(heldBefore(ctx, copy, fill.coin, drafts).booked.book.quantity)]));

function bookToCopy(ctx: EngineContext, copy: CopyRecord, posting: Posting, drafts: Drafts, findings: Findings): ReturnType<typeof money> {
  const { fill } = posting;
  const coins = drafts.get(copy) ?? new Map<string, KeptPosition>();
  const before = heldBefore(ctx, copy, fill.coin, drafts);
  const { after, closedPnl } = bookFill(before.booked, signed(fill.side, fill.size), fill.price, fill.fee);
  coins.set(fill.coin, { booked: after, intent: intentAfterFill(ctx, copy, posting, before.intent, findings) });
  drafts.set(copy, coins);
  return closedPnl;
}

/** What a mirror filled ahead of the leader is intended from the same transaction on: a restart would take it for too much, and close it. */
function intentAfterFill(ctx: EngineContext, copy: CopyRecord, { owner, fill }: Posting, intent: Intent, { paid, unled }: Findings): Intent {
  if (owner.kind !== 'copy' || !isUnled(owner.leg)) return intent;
  const sheet = sheetOf(copy, fill.coin);
  const { rows, instrument } = sheet;
  const lots = toLots(instrument, fill.size);
  const buy = fill.side === 'buy';
  const ofCoin = unled.get(sheet) ?? new Map<CopyRecord, number>();
  unled.set(sheet, ofCoin.set(copy, (ofCoin.get(copy) ?? 0) + (buy ? lots : -lots)));
  if (!isMirrorLeg(owner.leg)) return intent;
  const { copies } = copy.watched.book;
  if (copies.copyNo[copy.row] !== copy.no || !mayBeAhead(copies, rows, copy.row)) return { ...intent, aheadBuy: 0, aheadSell: 0 };
  const paidBefore = paid.get(fill.clientOrderId) ?? 0;
  const owed = owedOf(ctx, fill.clientOrderId, lots, paidBefore);
  paid.set(fill.clientOrderId, paidBefore + owed);
  return { ...intent, ...writtenAhead(intent, rows, copy.row, { buy, lots, owed, unled: ofCoin.get(copy) ?? 0 }) };
}

const signed = (side: Side, quantity: bigint) => size(direction(side) * quantity);

function ledgerOf(ctx: EngineContext, copy: CopyRecord, { account, fill }: Posting, closedPnl: ReturnType<typeof money>): LedgerTransaction | null {
  const { instrument } = sheetOf(copy, fill.coin);
  return postFill({
    source: fillSource(account.network.venueName, account.no, fill.coin, fill.time, `${fill.tradeId}:${fill.orderId}`),
    copyId: copy.id,
    occurredAtMs: fill.time,
    coin: fill.coin,
    notional: notional(fill.size, fill.price, 'zero'),
    asset: instrument.collateral,
    closedPnl,
    feeAsset: fill.feeAsset,
    fee: fill.fee,
    builderFee: fill.builderFee,
    markup: fill.builderFee > 0n ? ctx.feeTerms.at(copy.group.scope, writtenDownAt(ctx, fill)) : null,
  });
}

/** When the order of a fill was written down. An order that is not open has its answer still to come: it left right before the fill. */
function writtenDownAt(ctx: EngineContext, fill: VenueFill): EpochMs {
  if (fill.clientOrderId === null) return fill.time;
  const order = ctx.openOrders.find(fill.clientOrderId) ?? ctx.standingStops.find(fill.clientOrderId);
  return order?.createdAt ?? fill.time;
}

function* states(drafts: Drafts) {
  for (const [copy, coins] of drafts) {
    for (const [coin, { booked, intent }] of coins) yield positionStateOf(copy.no, sheetOf(copy, coin).instrument, booked, intent);
  }
}

function fillEvent(ctx: EngineContext, { account, fill, row }: Posting, closedPnl: ReturnType<typeof money>): NewEvent {
  const data = fillData({
    fillId: row.id,
    orderId: row.orderId,
    copyId: row.copyId,
    venueAccountId: account.id,
    coin: fill.coin,
    side: fill.side,
    price: fill.price,
    size: fill.size,
    closedPnl,
    fee: fill.fee,
    builderFee: fill.builderFee,
    feeAsset: fill.feeAsset,
    liquidation: fill.liquidation,
    filledAtMs: fill.time,
  });
  return newEvent(ctx, 'fill.created', fill.time, data);
}

function positionEvents(ctx: EngineContext, drafts: Drafts): NewEvent[] {
  const events: NewEvent[] = [];
  for (const [copy, coins] of drafts) {
    for (const [coin, { booked, intent }] of coins) {
      const state = positionStateOf(copy.no, sheetOf(copy, coin).instrument, booked, intent);
      const data = positionData({
        copyId: copy.id,
        coin,
        position: size(state.position),
        target: size(state.target),
        averageEntry: price(averageEntry(booked.book)),
        dustPending: state.dust,
      });
      events.push(newEvent(ctx, 'position.changed', ctx.clock.now(), data));
    }
  }
  return events;
}

function commitToMemory(
  ctx: EngineContext,
  batch: readonly CollectedFills[],
  fresh: readonly Posting[],
  drafts: Drafts,
  held: Findings['heldBefore'],
): void {
  for (const [copy, coins] of drafts) for (const [coin, kept] of coins) takeIntoMemory(ctx, copy, coin, kept);
  const triggered = new Set<CopyRecord>();
  for (const posting of fresh) {
    const { account, owner, fill } = posting;
    if (isFlattening(fill)) ctx.standingStops.closedBeneath(account, fill.coin, fill.side === 'buy');
    if (owner.kind === 'own') ctx.ownTrades.add(account, fill, held.get(posting) ?? new Map());
    if (owner.kind !== 'copy' || fill.clientOrderId === null) continue;
    const { instrument } = sheetOf(owner.copy, fill.coin);
    if (isUnled(owner.leg)) takeStopFill(ctx, owner.copy, fill, owner.leg, triggered);
    else ctx.openOrders.tellBooked(fill.clientOrderId, toLots(instrument, fill.size));
  }
  for (const [copy, coins] of drafts) for (const coin of coins.keys()) trueUp(ctx, copy, coin);
  for (const copy of triggered) ctx.standingStops.onTriggered(copy);
  for (const { account, fills } of batch) {
    const newest = fills.at(-1);
    if (newest !== undefined && newest.time > account.fillsReadTo) account.fillsReadTo = newest.time;
  }
}

/** Whether an account's net was closed by a fill, or turned. */
function isFlattening({ side, size, startPosition }: VenueFill): boolean {
  return side === 'buy' ? startPosition < 0n && startPosition + size >= 0n : startPosition > 0n && startPosition <= size;
}

/** Whether an order of this leg is a stop or a mirror, whose fills are not led by answers. */
const isUnled = (leg: number): boolean => leg === PROTECTIVE_LEG || isMirrorLeg(leg);

/** No plan led the columns to what a stop or a mirror did: they take it from its fill. */
function takeStopFill(ctx: EngineContext, copy: CopyRecord, fill: VenueFill, leg: number, triggered: Set<CopyRecord>): void {
  const sheet = sheetOf(copy, fill.coin);
  const { book } = copy.watched;
  const lots = toLots(sheet.instrument, fill.size);
  if (book.copies.copyNo[copy.row] === copy.no) {
    applyFill(book, sheet, copy.row, { buy: fill.side === 'buy', lots, price: toExact(fill.price, 'price of a fill'), fee: 0 }, null);
    if (isMirrorLeg(leg)) takeMirrorFill(ctx, copy, sheet, { clientOrderId: fill.clientOrderId, buy: fill.side === 'buy', lots });
  }
  // A reading of the account that is older than this tells another position.
  copy.account.touched += 1;
  if (fill.clientOrderId !== null) ctx.standingStops.tellBooked(fill.clientOrderId, lots);
  if (leg === PROTECTIVE_LEG) triggered.add(copy);
}

/** Equity counts the fees from now on; the PnL it was led by the answers already, `trueUp` adds what was booked differently. */
function takeIntoMemory(ctx: EngineContext, copy: CopyRecord, coin: string, kept: KeptPosition): void {
  const { book } = copy.watched;
  const fees = kept.booked.fees - ctx.booked.get(copy.no, coin).booked.fees;
  ctx.booked.set(copy.no, coin, kept);
  if (book.copies.copyNo[copy.row] === copy.no) applyIncome(book, copy.row, toExact(money(-fees), 'fees'));
}
