import { type InstrumentSheet, MICRO, noteMirrorFill, payForOthers, payOwed } from '@lockstep/replication';
import type { ClientOrderId } from '@lockstep/venues/port';
import type { EngineContext } from '../context';
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
