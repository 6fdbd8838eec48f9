import { fromLots, mulDivFloor, size, toLots } from '@lockstep/kernel';
import { applyFill, clientOrderIdText, decodeJournal, type InstrumentSheet, type JournalRow as Packed, reservePending } from '@lockstep/replication';
import { bookedSizes, type JournalRow, type NewRow, type OrderRow, orderIdOf, writtenOrders } from '@lockstep/storage';
import type { FillCollector } from '../books/collect-fills';
import type { EngineContext } from '../context';
import type { UnknownResolver } from '../repair/resolve-unknowns';
import { type Intent, restoreIntent } from '../state/intent';
import type { OpenWave } from '../state/open-orders';
import type { AccountRecord, CopyRecord } from '../state/registry';

/** Order states after which nothing of an order is open. */
const NOTHING_FILLED: ReadonlySet<string> = new Set(['rejected', 'withheld', 'cancelled', 'expired']);
const FILLED: ReadonlySet<string> = new Set(['filled', 'partly_filled']);

/** A journal row that an earlier process left open. */
export interface OpenJournal {
  readonly row: JournalRow;
  readonly packed: Packed;
}

/** Reads open journal rows; one that cannot be read stops the engine, because its orders may be live. */
export function readOpenJournals(rows: readonly JournalRow[]): OpenJournal[] {
  return rows.map((row) => {
    const packed = decodeJournal(new Uint8Array(row.packed));
    if (!packed.ok) throw new Error(`journal row of wave ${row.moveId} cannot be read: ${packed.error}`);
    return { row, packed: packed.value };
  });
}

/** Puts the intents of open journal rows into columns and memory, oldest wave first: what was decided stands, whatever became of its orders. */
export function restoreIntents(ctx: EngineContext, journals: readonly OpenJournal[]): void {
  for (const { packed } of journals) {
    const { decisions } = packed;
    for (let index = 0; index < decisions.count; index += 1) {
      const found = placeOf(ctx, decisions.copyNo[index] ?? 0, packed.coin);
      if (found === null) continue;
      const kept = ctx.booked.get(found.copy.no, packed.coin);
      const intent = intentFrom(found.copy, kept.intent, packed, index);
      restoreIntent(found.sheet, found.copy.row, intent);
      ctx.booked.set(found.copy.no, packed.coin, { booked: kept.booked, intent });
    }
  }
}

function intentFrom(copy: CopyRecord, before: Intent, packed: Packed, index: number): Intent {
  const { decisions, orders } = packed;
  const target = decisions.targetAfter[index] ?? 0;
  const leader = Math.abs(packed.leaderAfter);
  let attempt = before.lastWave === packed.wave ? before.attempt : 0;
  let lastWave = before.lastWave;
  let owedPrice = before.owedPrice;
  for (let order = 0; order < orders.count; order += 1) {
    if (orders.decision[order] !== index) continue;
    lastWave = orders.wave[order] ?? lastWave;
    attempt = Math.max(attempt, orders.attempt[order] ?? 0);
    if (orders.exit[order] === 0) owedPrice = orders.reference[order] ?? 0;
  }
  const grew = Math.abs(target) > Math.abs(decisions.targetBefore[index] ?? 0);
  return {
    ...before,
    targetMicro: target,
    rho: leader === 0 ? 0 : mulDivFloor(Math.abs(target), 1_000_000, leader),
    owedPrice,
    owedUntilMs: grew && packed.firstFillAt > 0 ? packed.firstFillAt + copy.settings.catchUpMs : before.owedUntilMs,
    lastWave,
    attempt,
  };
}

/**
 * Opens every order of the journal rows again: what the order rows already know is believed, everything else is unknown and will be asked for.
 * Order rows that were never written are written now. Returns the accounts involved.
 */
export async function reopenOrders(ctx: EngineContext, journals: readonly OpenJournal[]): Promise<readonly AccountRecord[]> {
  const accounts = new Set<AccountRecord>();
  const waves = new Map<number, OpenWave>();
  for (const journal of journals) {
    const wave = waveOf(waves, journal);
    const scope = scopeOf(ctx, journal);
    if (scope === null) continue;
    wave.scopes.push(scope);
    const orders = journalOrders(ctx, journal);
    const ids = orders.map((order) => order.row.id);
    const { written, booked } = await ctx.storage.scoped(scope, async (unit) => {
      const known = await writtenOrders(unit, ids);
      await unit.orders.save(orders.filter((order) => !known.has(order.row.id)).map((order) => order.row));
      return { written: known, booked: await bookedSizes(unit, ids) };
    });
    for (const order of orders) {
      const { instrument } = order.sheet;
      const status = written.get(order.row.id)?.status ?? 'unknown';
      if (NOTHING_FILLED.has(status)) continue;
      const bookedLots = toLots(instrument, size(booked.get(order.row.id) ?? 0n));
      const filledLots = FILLED.has(status) ? toLots(instrument, size(written.get(order.row.id)?.filledSize ?? 0n)) : null;
      open(ctx, order, wave, bookedLots, filledLots);
      accounts.add(order.copy.account);
    }
  }
  for (const wave of waves.values()) ctx.openOrders.release(wave);
  return [...accounts];
}

/** Settles what was reopened before anything new is decided: unknown outcomes are asked for, owed fills booked. */
export async function settleReopened(
  ctx: EngineContext,
  accounts: readonly AccountRecord[],
  resolver: UnknownResolver,
  collector: FillCollector,
  untilMs: number,
): Promise<void> {
  await collector.settle(accounts);
  ctx.pass('reconciling_truth_read');
  const all = await resolver.settleAll(untilMs);
  if (!all) ctx.log.error('orders are still unknown; they stay reserved at their worst', { orders: ctx.openOrders.unknown().length });
  while (ctx.openOrders.accountsToRead().length > 0 && ctx.clock.now() < untilMs) {
    await collector.settle(ctx.openOrders.accountsToRead());
    if (ctx.openOrders.accountsToRead().length > 0) await new Promise((resolve) => setTimeout(resolve, ctx.limits.collectIntervalMs));
  }
}

interface JournaledOrder {
  readonly row: NewRow<OrderRow>;
  readonly copy: CopyRecord;
  readonly sheet: InstrumentSheet;
  readonly lots: number;
  readonly price: number;
  readonly buy: boolean;
  readonly exit: boolean;
  readonly nonce: number;
  readonly expiresAfter: number;
}

function journalOrders(ctx: EngineContext, { row, packed }: OpenJournal): JournaledOrder[] {
  const { orders, decisions } = packed;
  const found: JournaledOrder[] = [];
  for (let index = 0; index < orders.count; index += 1) {
    const copyNo = orders.copyNo[index] ?? 0;
    const place = placeOf(ctx, copyNo, packed.coin);
    if (place === null) continue;
    const lots = orders.lots[index] ?? 0;
    const parts = {
      moveId: BigInt(orders.wave[index] ?? 0),
      copyNo: BigInt(copyNo),
      instance: packed.instance,
      leg: orders.leg[index] ?? 0,
      attempt: orders.attempt[index] ?? 0,
    };
    ctx.nonces.raise(place.copy.account.index, orders.nonce[index] ?? 0);
    found.push({
      ...place,
      lots,
      price: orders.price[index] ?? 0,
      buy: orders.buy[index] === 1,
      exit: orders.exit[index] === 1,
      nonce: orders.nonce[index] ?? 0,
      expiresAfter: orders.expiresAfter[index] ?? 0,
      row: {
        id: orderIdOf(parts),
        createdAt: row.createdAt,
        moveId: parts.moveId,
        copyNo: parts.copyNo,
        copyId: place.copy.id,
        leaderId: place.copy.group.leaderId,
        venueAccountNo: BigInt(place.copy.account.no),
        leg: parts.leg,
        attempt: parts.attempt,
        coin: packed.coin,
        side: orders.buy[index] === 1 ? 'buy' : 'sell',
        reduceOnly: orders.reduceOnly[index] === 1,
        price: BigInt(orders.price[index] ?? 0),
        size: fromLots(place.sheet.instrument, lots),
        status: 'unknown',
        filledSize: 0n,
        avgPrice: 0n,
        venueOrderId: null,
        clientOrderId: clientOrderIdText(orders.clientOrderId, index * 16),
        rejectCode: null,
        reason: null,
        settingsVersion: decisions.settingsVersion[orders.decision[index] ?? 0] ?? 0,
        nonce: BigInt(orders.nonce[index] ?? 0),
        expiresAfterMs: orders.expiresAfter[index] ?? 0,
        builderFeeTenths: orders.builderFee[index] ?? 0,
        m0: orNull(packed.m0),
        m1: orNull(packed.m1),
        m2: orNull(packed.m2),
        m3: null,
        mf: null,
        m4: null,
        updatedAt: ctx.clock.now(),
      },
    });
  }
  return found;
}

/** Reserves what may still fill and takes what is known to have filled but is not booked. */
function open(ctx: EngineContext, order: JournaledOrder, wave: OpenWave, bookedLots: number, filledLots: number | null): void {
  const { copy, sheet, buy } = order;
  const left = (filledLots ?? order.lots) - bookedLots;
  if (left > 0) reservePending(sheet, copy.row, buy, left);
  if (filledLots !== null && left > 0) applyFill(copy.watched.book, sheet, copy.row, { buy, lots: left, price: order.price, fee: 0 }, true);
  if (filledLots !== null && left <= 0) return;
  ctx.openOrders.add({
    clientOrderId: order.row.clientOrderId,
    orderId: order.row.id,
    createdAt: order.row.createdAt,
    copy,
    sheet,
    buy,
    lots: order.lots,
    price: order.price,
    nonce: order.nonce,
    expiresAfter: order.expiresAfter,
    exit: order.exit,
    wave,
    filledLots,
    bookedLots,
    ledBooked: bookedLots,
    askAt: 0,
  });
}

function placeOf(ctx: EngineContext, copyNo: number, coin: string): { readonly copy: CopyRecord; readonly sheet: InstrumentSheet } | null {
  const copy = ctx.registry.copies.get(copyNo);
  const view = copy?.watched.network.markets.get(coin);
  if (copy === undefined || view === undefined) return null;
  return { copy, sheet: copy.watched.book.sheet(view.instrument) };
}

/** A wave is a move's when a decision of it carries the leader's fill time. */
function waveOf(waves: Map<number, OpenWave>, { row, packed }: OpenJournal): OpenWave {
  const journalNo = Number(row.moveId);
  const known = waves.get(journalNo);
  if (known !== undefined) return known;
  const wave: OpenWave = { journalNo, isMove: packed.firstFillAt > 0, scopes: [], open: 1 };
  waves.set(journalNo, wave);
  return wave;
}

const scopeOf = (ctx: EngineContext, { row }: OpenJournal) =>
  ctx.scopes().find((scope) => scope.tenantId === row.tenantId && scope.environment === row.environment) ?? null;
const orNull = (mark: number): number | null => (mark === 0 ? null : mark);
