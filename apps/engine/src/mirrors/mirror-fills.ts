import {
  aheadAfterFill,
  type InstrumentRows,
  type InstrumentSheet,
  MICRO,
  noteMirrorFill,
  payForOthers,
  payOwed,
  reachedOf,
} from '@lockstep/replication';
import type { ClientOrderId } from '@lockstep/venues/port';
import type { EngineContext } from '../context';
import type { Intent } from '../state/intent';
import type { CopyRecord } from '../state/registry';

type Stops = Pick<EngineContext, 'standingStops'>;

/** A fill of a mirror. */
interface MirrorFill {
  readonly clientOrderId: ClientOrderId | null;
  readonly buy: boolean;
  readonly lots: number;
}

/** Micro-lots of a mirror's fill that are owed, where `paid` of what is owed of it was filled in the same transaction before. */
export function owedOf({ standingStops }: Stops, clientOrderId: ClientOrderId | null, lots: number, paid: number): number {
  const owed = clientOrderId === null ? 0 : (standingStops.find(clientOrderId)?.mirror?.owed ?? 0);
  return Math.min(lots * MICRO, Math.max(0, owed - paid));
}

/** A mirror's fill as it is written down: `owed` micro-lots of it are owed; `unled`: signed lots, it among them, that are booked and that the columns take behind it. */
interface WrittenFill {
  readonly buy: boolean;
  readonly lots: number;
  readonly owed: number;
  readonly unled: number;
}

/**
 * What is ahead once a mirror's fill is, as it is written beside an intent. Positions are led by answers before they are booked, and moves whose intents are still
 * to be written have led the columns' target: a new process takes these into the intent again, and off what is ahead. What they take off there stands beside it.
 */
export function writtenAhead(
  intent: Intent,
  rows: InstrumentRows,
  row: number,
  { buy, lots, owed, unled }: WrittenFill,
): Pick<Intent, 'aheadBuy' | 'aheadSell'> {
  const toMove = (rows.target[row] ?? 0) - intent.targetMicro;
  const before = {
    target: intent.targetMicro,
    aheadBuy: buy ? Math.max(intent.aheadBuy, toMove) : intent.aheadBuy,
    aheadSell: buy ? intent.aheadSell : Math.max(intent.aheadSell, -toMove),
  };
  const { aheadBuy, aheadSell } = aheadAfterFill(before, buy, lots, reachedOf(rows, row, buy, (rows.position[row] ?? 0) + unled), owed);
  return { aheadBuy, aheadSell };
}

/** Takes the fill of a mirror into what is ahead in its copy's row, whose position has it, and into what is owed of its mirrors. */
export function takeMirrorFill({ standingStops }: Stops, copy: CopyRecord, sheet: InstrumentSheet, { clientOrderId, buy, lots }: MirrorFill): void {
  const mirror = clientOrderId === null ? null : (standingStops.find(clientOrderId)?.mirror ?? null);
  const { book } = copy.watched;
  if (mirror === null) {
    noteMirrorFill(book, sheet, copy.row, buy, lots);
    return;
  }
  const ofSide = standingStops
    .mirrorsOf(copy, sheet.instrument.coin)
    .flatMap((stop) => (stop.mirror !== null && stop.buy === buy ? stop.mirror : []));
  const owed = payOwed(mirror, ofSide, lots);
  payForOthers(mirror, ofSide, noteMirrorFill(book, sheet, copy.row, buy, lots, owed));
}
