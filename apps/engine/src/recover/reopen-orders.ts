import { price, size, type TenantScope, toLots } from '@lockstep/kernel';
import { applyFill, likelyPrice, reservePending } from '@lockstep/replication';
import {
  bookedSizes,
  firstFillTimes,
  markOrdersFilled,
  type NewEvent,
  savePositionStates,
  saveProposals,
  type WrittenOrder,
  writtenOrders,
} from '@lockstep/storage';
import { scopeKey } from '@lockstep/tenancy';
import type { SentOrder, SignerHandle } from '@lockstep/venues/port';
import { positionStateOf, sheetOf } from '../books/position-state-of';
import type { EngineContext } from '../context';
import { newestRows } from '../proposals/proposal-changes';
import type { OpenWave } from '../state/open-orders';
import type { AccountRecord, CopyRecord } from '../state/registry';
import type { RecordedMove } from '../wave/recorded-move';
import { type JournaledOrder, journaledOrders } from './journaled-orders';
import { type OpenJournal, scopeOf } from './open-journals';
import { recoveredEvents } from './recovered-events';
import type { Found, FoundIntent } from './restore-intents';

/** Order states after which nothing of an order is open. */
const NOTHING_FILLED: ReadonlySet<string> = new Set(['rejected', 'withheld', 'cancelled', 'expired']);
const FILLED: ReadonlySet<string> = new Set(['filled', 'partly_filled']);

/** What was reopened. Every wave is held open once more than its orders do; release it when nothing can be added to it any more. */
export interface Reopened {
  readonly accounts: readonly AccountRecord[];
  readonly waves: ReadonlyMap<number, OpenWave>;
}

/**
 * Opens every order of the journal rows again: what the order rows already know is believed, everything else is unknown and will be asked for.
 * What the dead process did not write is written now, one transaction per tenant: order rows, intents, events, and the mark that they are, so that dying here
 * again changes nothing.
 */
export async function reopenOrders(
  ctx: EngineContext,
  journals: readonly OpenJournal[],
  found: Found,
  moves: ReadonlyMap<number, RecordedMove>,
): Promise<Reopened> {
  const waves = new Map<number, OpenWave>();
  const accounts = new Set<AccountRecord>();
  for (const { scope, rows } of byScope(ctx, journals)) {
    const orders = rows.map((journal) => ({ journal, orders: journaledOrders(ctx, journal) }));
    const isMine = (copy: CopyRecord | undefined): boolean => copy !== undefined && scopeKey(copy.group.scope) === scopeKey(scope);
    const mine: Found = {
      intents: found.intents.filter(({ copy }) => isMine(copy)),
      proposals: found.proposals.filter(({ row }) => isMine(ctx.registry.copies.get(Number(row.copyNo)))),
    };
    const { written, booked } = await writeScope(ctx, scope, orders, mine, moves);
    for (const { journal, orders: ofRow } of orders) {
      const wave = waveOf(waves, journal);
      if (!wave.scopes.includes(scope)) wave.scopes.push(scope);
      for (const order of ofRow) {
        for (const signer of signersOf(order.copy.account)) ctx.nonces.raise(signer, order.nonce);
        if (reopen(ctx, order, wave, written.get(order.row.id), booked.get(order.row.id) ?? 0n)) accounts.add(order.copy.account);
      }
    }
  }
  return { accounts: [...accounts], waves };
}

interface RowOrders {
  readonly journal: OpenJournal;
  readonly orders: readonly JournaledOrder[];
}

function byScope(ctx: EngineContext, journals: readonly OpenJournal[]): { readonly scope: TenantScope; readonly rows: OpenJournal[] }[] {
  const scopes = new Map<string, { readonly scope: TenantScope; readonly rows: OpenJournal[] }>();
  for (const journal of journals) {
    const scope = scopeOf(ctx, journal.row);
    if (scope === null) continue;
    const entry = scopes.get(scopeKey(scope)) ?? { scope, rows: [] };
    entry.rows.push(journal);
    scopes.set(scopeKey(scope), entry);
  }
  return [...scopes.values()];
}

async function writeScope(
  ctx: EngineContext,
  scope: TenantScope,
  rows: readonly RowOrders[],
  { intents, proposals }: Found,
  moves: ReadonlyMap<number, RecordedMove>,
): Promise<{ readonly written: ReadonlyMap<string, WrittenOrder>; readonly booked: ReadonlyMap<string, bigint> }> {
  const ids = rows.flatMap(({ orders }) => orders.map((order) => order.row.id));
  const unwritten = rows.filter(({ journal }) => journal.row.writtenAt === null);
  const read = await ctx.storage.scoped(scope, async (unit) => {
    const written = await writtenOrders(unit, ids);
    const missing = rows.flatMap(({ orders }) => orders.filter((order) => !written.has(order.row.id)).map((order) => order.row));
    await unit.orders.save(missing);
    const filled = await firstFillTimes(
      unit,
      missing.map(({ id }) => id),
    );
    await markOrdersFilled(unit, filled);
    await savePositionStates(unit, intents.map(stateOf(ctx)));
    await saveProposals(unit, newestRows(proposals));
    await unit.journal.markWritten(
      ctx.shard,
      unwritten.map(({ journal }) => journal.row.moveId),
    );
    const booked = await bookedSizes(unit, ids);
    await unit.events.append([...eventsOf(ctx, unwritten, moves), ...proposals.map(({ event }) => event)]);
    return { written, booked };
  });
  if (unwritten.length > 0) ctx.wakeEvents(scope);
  return read;
}

const stateOf =
  (ctx: EngineContext) =>
  ({ copy, coin }: FoundIntent) => {
    const { booked, intent } = ctx.booked.get(copy.no, coin);
    return positionStateOf(copy.no, sheetOf(copy, coin).instrument, booked, intent);
  };

function eventsOf(ctx: EngineContext, rows: readonly RowOrders[], moves: ReadonlyMap<number, RecordedMove>): NewEvent[] {
  return rows.flatMap(({ journal, orders }) => recoveredEvents(ctx, journal, orders, moves.get(Number(journal.row.moveId)) ?? null));
}

/** A wave is a move's when its rows carry the leader's fill time. */
function waveOf(waves: Map<number, OpenWave>, { row, packed }: OpenJournal): OpenWave {
  const journalNo = Number(row.moveId);
  const known = waves.get(journalNo);
  if (known !== undefined) return known;
  const wave: OpenWave = { journalNo, isMove: packed.firstFillAt > 0, scopes: [], open: 1, handed: true };
  waves.set(journalNo, wave);
  return wave;
}

/** Keys that may have signed an order of an earlier process: its agent may have been renewed since. */
const signersOf = ({ signer, formerSigner }: AccountRecord): readonly SignerHandle[] => (formerSigner === null ? [signer] : [signer, formerSigner]);

/** What the venue said of an order that filled; undefined where no answer is written. */
function answerOf(order: JournaledOrder, written: WrittenOrder | undefined): SentOrder['answer'] {
  if (written === undefined || written.venueOrderId === null || !FILLED.has(written.status)) return undefined;
  const { venueOrderId: orderId, filledSize, averagePrice } = written;
  const filledLots = toLots(order.sheet.instrument, size(filledSize));
  return { orderId, filledLots, averagePrice: averagePrice > 0n ? price(averagePrice) : null };
}

/** Reserves what may still fill and takes what is known to have filled but is not booked. False when nothing of the order is open. */
function reopen(ctx: EngineContext, order: JournaledOrder, wave: OpenWave, written: WrittenOrder | undefined, booked: bigint): boolean {
  const { copy, sheet, buy } = order;
  const status = written?.status ?? 'unknown';
  if (NOTHING_FILLED.has(status)) return false;
  const bookedLots = toLots(sheet.instrument, size(booked));
  const filledLots = FILLED.has(status) ? toLots(sheet.instrument, size(written?.filledSize ?? 0n)) : null;
  const left = (filledLots ?? order.lots) - bookedLots;
  const answer = answerOf(order, written);
  if (filledLots !== null && left <= 0) return false;
  if (left > 0) reservePending(sheet, copy.row, order, left);
  const fill = { buy, lots: left, price: Number(answer?.averagePrice ?? likelyPrice(sheet, buy, order.price)), fee: 0 };
  if (filledLots !== null) applyFill(copy.watched.book, sheet, copy.row, fill, order.exit ? 'exit' : 'entry');
  ctx.openOrders.add({
    clientOrderId: order.row.clientOrderId,
    orderId: order.row.id,
    createdAt: order.row.createdAt,
    // The process that wrote it down may have sent it minutes later, and just before it died.
    leftBy: ctx.clock.monotonic(),
    // And may be alive, with bytes on their way: when they arrive is not known, so its nonce is waited with once it is found spent.
    givenUp: true,
    copy,
    sheet,
    buy,
    lots: order.lots,
    price: order.price,
    nonce: order.nonce,
    signers: signersOf(copy.account),
    expiresAfter: order.expiresAfter,
    exit: order.exit,
    wave,
    filledLots,
    bookedLots,
    ledBooked: bookedLots,
    askAt: 0,
    ...(answer === undefined ? {} : { answer }),
  });
  return true;
}
