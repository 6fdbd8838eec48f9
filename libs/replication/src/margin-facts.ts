import type { OrderFacts } from '@lockstep/risk';
import type { CopyBook } from './book';
import type { InstrumentSheet } from './instrument-columns';
import { type AskedBeside, askedBeside, clearingValue } from './margin-cap';
import { leverageOf, unrealisedAt } from './revalue';

/** What the gate judges margin by: sums of the live columns, for rows with an order that enters and a floor. Null where no copy has a floor. */
export function marginFacts(
  book: CopyBook,
  sheet: InstrumentSheet,
  orders: { readonly count: number; readonly row: Int32Array; readonly exit: Uint8Array },
): OrderFacts['margin'] {
  if (!book.hasFloors) return null;
  const { copies, rowCount } = book;
  const column = (): Float64Array => new Float64Array(rowCount);
  const facts = {
    floor: copies.minDistance,
    value: column(),
    otherInitial: column(),
    otherUsed: column(),
    otherKept: column(),
    position: sheet.rows.position,
    unrealised: column(),
    leverage: column(),
    reserve: copies.entryBound,
    maxLeverage: sheet.instrument.maxLeverage,
    isolated: sheet.instrument.onlyIsolated,
  };
  const beside: AskedBeside = { initial: 0, used: 0, kept: 0 };
  for (let order = 0; order < orders.count; order += 1) {
    const row = orders.row[order] ?? 0;
    const floor = copies.minDistance[row] ?? -1;
    if (orders.exit[order] === 1 || floor < 0) continue;
    askedBeside(book, sheet, row, floor, beside);
    facts.value[row] = clearingValue(book, sheet, row);
    facts.otherInitial[row] = beside.initial;
    facts.otherUsed[row] = beside.used;
    facts.otherKept[row] = beside.kept;
    facts.unrealised[row] = unrealisedAt(sheet, row, sheet.mark);
    facts.leverage[row] = leverageOf(copies, sheet, row);
  }
  return facts;
}
