import { fromLots, type Money, money, type Price, price, size } from '@lockstep/kernel';
import { type CopyBook, type InstrumentSheet, isHandingOver, unrealisedAt } from '@lockstep/replication';
import { type HeldPosition, lossFloor, protectiveStops, type StopTerms } from '@lockstep/risk';
import type { EngineContext } from '../context';
import type { CopyRecord } from '../state/registry';

/** A stop as it should stand. */
export interface WantedStop extends StopTerms {
  /** Worst price it may execute at. */
  readonly worst: Price;
}

/** What should stand for one instrument of a copy. `keep`: whatever stands; null: nothing. */
export interface StopWish {
  readonly sheet: InstrumentSheet;
  readonly stop: WantedStop | 'keep' | null;
}

/**
 * What stops a copy should have now, by instrument it holds; instruments that are not named should have none. Null while too little is known to say: then
 * whatever stands is left.
 *
 * A stop can only be told apart from others by who placed it, not by whose position it closes: one stands only where everything the account holds of the
 * instrument on that side is the copy's. Beside a position of the follower's own or of another copy, a stop and our own close in the same moment would
 * close theirs.
 */
export function wantedStops(ctx: Pick<EngineContext, 'clock' | 'limits' | 'registry'>, copy: CopyRecord): readonly StopWish[] | null {
  const { book } = copy.watched;
  const { row, account } = copy;
  if (book.copies.copyNo[row] !== copy.no || !takesStops(copy)) return [];
  const floor = lossFloor(book.copies, row);
  if (floor === null) return [];
  if (account.truthStale || !account.signs) return null;
  const held = [...book.allSheets()].filter(({ rows }) => (rows.position[row] ?? 0) !== 0);
  const oldest = ctx.clock.now() - ctx.limits.markMaxAgeMs;
  if (held.some(({ mark, markAt }) => mark <= 0 || markAt < oldest)) return null;
  const equity = equityNow(book, held, row);
  // Met already: everything is being closed, and what stands may help.
  if (equity <= floor.equity) return held.map((sheet) => ({ sheet, stop: 'keep' }));
  return stopsOf(held, row, equity, money(floor.equity), (sheet) => heldByOthers(ctx, copy, sheet));
}

/** Copy equity with the very positions and marks the stops are reckoned from: the columns' own was valued at the last marks, perhaps before a fill. */
function equityNow({ copies }: CopyBook, held: readonly InstrumentSheet[], row: number): Money {
  const unrealised = held.reduce((sum, sheet) => sum + unrealisedAt(sheet, row, sheet.mark), 0);
  return money(BigInt(Math.max(0, (copies.allocation[row] ?? 0) + (copies.netPnl[row] ?? 0) + unrealised)));
}

/** Whether the settings ask for stops and the venue can hold and settle them. */
function takesStops({ settings, account, watched, row }: CopyRecord): boolean {
  // What is handed over becomes the follower's: a stop of ours that outlived that would close it.
  if (isHandingOver(watched.book.copies.status[row] ?? 0)) return false;
  const { capabilities, workingOrders } = account.network.venue;
  const { triggerOrders, clientOrderId, nonceNoop, reduceOnly } = capabilities;
  return settings.breaker.protectiveStop && workingOrders !== undefined && triggerOrders && clientOrderId && nonceNoop && reduceOnly;
}

function stopsOf(
  held: readonly InstrumentSheet[],
  row: number,
  equity: Money,
  floor: Money,
  others: (sheet: InstrumentSheet) => readonly number[],
): readonly StopWish[] {
  const positions = held.map((sheet): HeldPosition => {
    const lots = sheet.rows.position[row] ?? 0;
    const quantity = fromLots(sheet.instrument, Math.abs(lots));
    return { instrument: sheet.instrument, position: size(lots < 0 ? -quantity : quantity), mark: price(BigInt(sheet.mark)) };
  });
  const stops = protectiveStops(positions, { equity, floor });
  return held.map((sheet, index) => {
    const lots = closableLots(sheet, row, others(sheet));
    const stop = stops[index] ?? null;
    if (stop === null || lots === 0) return { sheet, stop: null };
    const buy = (sheet.rows.position[row] ?? 0) < 0;
    return { sheet, stop: { buy, size: fromLots(sheet.instrument, lots), trigger: stop.trigger, worst: stop.worst } };
  });
}

/** What other copies on the account hold of an instrument, in signed lots each. */
function heldByOthers({ registry }: Pick<EngineContext, 'registry'>, copy: CopyRecord, { instrument }: InstrumentSheet): readonly number[] {
  const others = registry.copiesOf(copy.account).filter((other) => other !== copy);
  return others.map(({ watched, row }) => watched.book.findSheet(instrument.coin)?.rows.position[row] ?? 0);
}

/**
 * Lots a reduce-only order can close of the copy and of nobody else: none beside a position on the same side, of the follower's own or of another copy's, less
 * beside those on the other.
 */
function closableLots({ rows }: InstrumentSheet, row: number, others: readonly number[]): number {
  const position = rows.position[row] ?? 0;
  const beside = [rows.beside[row] ?? 0, ...others];
  if (beside.some((held) => held * position > 0)) return 0;
  return Math.max(0, Math.abs(position) - beside.reduce((sum, held) => sum + Math.abs(held), 0));
}
