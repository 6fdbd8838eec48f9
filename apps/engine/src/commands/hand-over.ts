import {
  abs,
  type EpochMs,
  formatMoney,
  formatPrice,
  formatSize,
  money,
  notional,
  type Price,
  price,
  type Size,
  size,
  type TenantScope,
} from '@lockstep/kernel';
import { averageEntry, postFill } from '@lockstep/ledger';
import { revalue, STATUS } from '@lockstep/replication';
import { nextCopyState } from '@lockstep/roster';
import { addOwnPositions, type EngineScopedUnit, recordFollowerClose, saveEquity, savePositionStates } from '@lockstep/storage';
import { bookAllocation } from '../books/book-allocation';
import { positionStateOf, sheetOf } from '../books/position-state-of';
import type { EngineContext } from '../context';
import { newEvent } from '../new-event';
import { type BookedPosition, bookFill } from '../state/copy-ledger';
import { NO_INTENT } from '../state/intent';
import { copyStateOf } from '../state/load-scope';
import type { CopyRecord } from '../state/registry';
import { flatEquityStateOf } from '../state/save-equity';
import { dropEnded, leftBy } from '../state/shared-accounts';
import { refreshPrices } from '../wave/plan-moves';
import { aloneInAll } from './alone-in-all';
import { applied, type CommandEnd, type CommandParts, refused } from './command-end';
import { forgetTargets } from './forget-targets';
import { stopUnstarted } from './stop-unstarted';
import { writeState } from './write-state';

/*
 * Stop mode `hand_over`: nothing is traded for the copy from the moment it is asked for, unsent exits stay here too, and what it holds becomes the follower's
 * own. The state is written first; a process that dies finds the copy `handing_over` and goes on. It ends, once every order that left is accounted for, in one
 * transaction: the copy's books are closed at the marks, what it held is added to the follower's own part of the account, and the proof lists it.
 */

/** Longest wait for a fresh mark, and for the comparison that counts trades of the follower's own, ms; then the last mark or the entry price stands. */
const SETTLE_WAIT_MS = 60_000;

/** The copy trades nothing from here on; {@link endHandOver} writes its end. One that never began ends at once. */
export async function handOverCopy(ctx: EngineContext, parts: CommandParts, scope: TenantScope, copyId: string): Promise<CommandEnd> {
  const copy = ctx.registry.copiesById.get(copyId);
  if (copy === undefined) return stopUnstarted(ctx, parts, scope, copyId, 'stop_hand_over');
  const state = copyStateOf(copy.state);
  const { book } = copy.watched;
  if (state === 'handing_over') return applied();
  // A loss limit that was met a moment ago closes the copy, though its state is not written yet: what is being closed is not kept.
  const closes = ((book.copies.status[copy.row] ?? 0) & (STATUS.breaker | STATUS.closing)) !== 0;
  if (state === null || nextCopyState(state, 'hand_over') === null || closes) {
    // An earlier try may have set it, and its write have come second.
    book.setStatus(copy.row, STATUS.handingOver, false);
    return refused('wrong_state', closes ? 'closing' : copy.state);
  }
  // Columns first: nothing new leaves from here on, whatever the write below takes; a write that failed is made again with the command.
  book.setStatus(copy.row, STATUS.handingOver, true);
  ctx.stops.changed();
  await writeState(ctx, parts.books, copy, state, 'handing_over', 'stop_hand_over');
  // The end of another stop, which could not be written, may have taken it back.
  if (copy.state === 'handing_over') book.setStatus(copy.row, STATUS.handingOver, true);
  return applied();
}

/** One position that goes over to the follower. */
interface Handed {
  readonly coin: string;
  /** Signed. */
  readonly quantity: Size;
  readonly price: Price;
  readonly after: BookedPosition;
  readonly closedPnl: bigint;
}

/** Ends copies that are handed over, each as soon as nothing of it is on its way. */
export class HandOvers {
  /** Since when a copy waits for marks and comparisons, monotonic ms. */
  private readonly since = new WeakMap<CopyRecord, number>();

  constructor(
    private readonly ctx: EngineContext,
    private readonly parts: Pick<CommandParts, 'books' | 'lanes'>,
  ) {}

  /** True when everything is known that the end needs. The caller has seen that no order is open. */
  ready(copy: CopyRecord): boolean {
    const { ctx } = this;
    const now = ctx.clock.monotonic();
    const since = this.since.get(copy) ?? now;
    this.since.set(copy, since);
    refreshPrices(copy.watched);
    const held = heldBy(ctx, copy);
    // The columns show what a wave has reserved and not sent yet, and fills whose money is not booked.
    const settled = [...copy.watched.book.allSheets()].every(
      ({ rows }) => (rows.pendingBuy[copy.row] ?? 0) + (rows.pendingSell[copy.row] ?? 0) === 0,
    );
    if (!settled) return false;
    // A loss limit was met in the moment of the command: what it closes is closed first.
    if (held.length > 0 && ((copy.watched.book.copies.status[copy.row] ?? 0) & STATUS.closing) !== 0) return false;
    if (now - since > SETTLE_WAIT_MS) return true;
    const oldest = ctx.clock.now() - ctx.limits.markMaxAgeMs;
    return held.every((coin) => {
      const sheet = sheetOf(copy, coin);
      return sheet.mark > 0 && sheet.markAt >= oldest && !ctx.ownTrades.has(copy.account, sheet.instrument);
    });
  }

  /** Ends it while no wave and no comparison of an instrument it holds runs. Throws what the database refuses; then nothing has changed. */
  async end(copy: CopyRecord): Promise<void> {
    await aloneInAll(this.parts.lanes, copy.watched, heldBy(this.ctx, copy), () => this.write(copy));
  }

  private async write(copy: CopyRecord): Promise<void> {
    const { ctx } = this;
    if (copy.state !== 'handing_over' || !this.ready(copy) || ctx.standingStops.holdsBack(copy) || this.parts.books.owesRow(copy.no)) return;
    const left = leftBy(copy);
    await writeState(ctx, this.parts.books, copy, 'handing_over', 'stopped', 'handed_over', (unit) => writeEnd(ctx, copy, unit));
    // A reading of the venue that is older than this is compared with nothing.
    copy.account.touched += 1;
    ctx.booked.drop(copy.no);
    dropEnded(ctx, copy, left);
    copy.account.changedInsideAt = ctx.clock.now();
  }
}

/** Coins in which something of a copy is booked. */
export const heldBy = (ctx: EngineContext, copy: CopyRecord): readonly string[] =>
  [...ctx.booked.coins(copy.no)].filter(([, { booked }]) => booked.book.quantity !== 0n).map(([coin]) => coin);

/** Closes the copy's books in the transaction of its last state. Everything is read here, behind what the books had in hand. */
async function writeEnd(ctx: EngineContext, copy: CopyRecord, unit: EngineScopedUnit): Promise<void> {
  const now = ctx.clock.now();
  refreshPrices(copy.watched);
  revalue(copy.watched.book, Math.floor(now), ctx.limits.markMaxAgeMs);
  const handed = heldBy(ctx, copy).map((coin) => handedOf(ctx, copy, coin));
  await writePositions(ctx, copy, unit, handed, now);
  await forgetTargets(ctx, copy, unit);
  const realised = handed.reduce((sum, { closedPnl }) => sum + closedPnl, 0n);
  await saveEquity(unit, [flatEquityStateOf(ctx, copy, realised)]);
  await bookAllocation(unit, copy.id, money(0n), 'stopped', ctx.clocks.businessTime(copy.group.scope, now));
  await unit.events.append([
    newEvent(ctx, 'copy.flat', now, { copy_id: copy.id, flat: handed.length === 0, dust_pending: [], handed_over: handed.map(proofOf) }),
  ]);
}

function handedOf(ctx: EngineContext, copy: CopyRecord, coin: string): Handed {
  const { booked } = ctx.booked.get(copy.no, coin);
  const { mark } = sheetOf(copy, coin);
  const { quantity } = booked.book;
  const at = mark > 0 ? price(BigInt(mark)) : (averageEntry(booked.book) ?? price(0n));
  const { after, closedPnl } = bookFill(booked, size(-quantity), at, money(0n));
  return { coin, quantity, price: at, after, closedPnl };
}

async function writePositions(ctx: EngineContext, copy: CopyRecord, unit: EngineScopedUnit, handed: readonly Handed[], now: EpochMs): Promise<void> {
  const transactions = handed.map((one) => transactionOf(copy, one, now)).filter((transaction) => transaction !== null);
  const states = handed.map(({ coin, after }) => positionStateOf(copy.no, sheetOf(copy, coin).instrument, after, NO_INTENT));
  await savePositionStates(unit, states);
  // By the clock its end is written by: what it left then is told from what was closed against it before.
  for (const { coin, quantity } of handed) await recordFollowerClose(unit, { copyNo: copy.no, coin, closedAtMs: unit.now, quantity: -quantity });
  await addOwnPositions(
    unit,
    handed.map(({ coin, quantity }) => ({ venueAccountNo: copy.account.no, coin, quantity })),
  );
  if (transactions.length > 0) await unit.ledger.post(transactions);
  if (handed.length === 0) return;
  await unit.events.append(
    handed.map(({ coin }) =>
      newEvent(ctx, 'position.changed', now, { copy_id: copy.id, coin, position: '0', target: '0', average_entry: null, dust_pending: false }),
    ),
  );
}

/** The profit of the copy's last mark becomes its own; no venue fee is paid, because nothing was traded. */
function transactionOf(copy: CopyRecord, { coin, quantity, price: at, closedPnl }: Handed, now: EpochMs) {
  const { collateral } = sheetOf(copy, coin).instrument;
  return postFill({
    source: `hand_over:${copy.no}:${coin}`,
    copyId: copy.id,
    occurredAtMs: now,
    coin,
    notional: notional(size(abs(quantity)), at, 'zero'),
    asset: collateral,
    closedPnl: money(closedPnl),
    feeAsset: collateral,
    fee: money(0n),
    builderFee: money(0n),
    markup: null,
  });
}

const proofOf = ({ coin, quantity, price: at }: Handed) => ({
  coin,
  size: formatSize(quantity),
  price: formatPrice(at),
  notional: formatMoney(notional(size(abs(quantity)), at, 'zero')),
});
