import { toLots } from '@lockstep/kernel';
import {
  claimOf,
  forgetAhead,
  type InstrumentSheet,
  isHandingOver,
  type MirrorTotals,
  mayBeAhead,
  NO_MIRRORS,
  putMirrors,
  STATUS,
  type StandingMirror,
  settleAhead,
  unfilledOf,
} from '@lockstep/replication';
import type { EngineContext } from '../context';
import type { CopyRecord, WatchedAccount } from '../state/registry';
import { type StandingStop, workingLots } from '../stops/standing-stops';
import { isSettled } from '../stops/stop-tasks';

/** A mirror as it is compared with what should stand. */
export interface KeptMirror extends StandingMirror {
  readonly stop: StandingStop;
}

/** Whether a copy is to have no mirrors: it mirrors no more, is closed, or met a loss limit. What the leader's orders are does not matter then. */
export function endsMirrors({ watched, row, settings }: CopyRecord): boolean {
  const status = watched.book.copies.status[row] ?? 0;
  return settings.policy !== 'orders' || isHandingOver(status) || (status & (STATUS.closing | STATUS.breaker)) !== 0;
}

/** What a death left ahead in a copy that has nothing ahead any more: its target is what it is to hold, and what is beyond it is closed. For a process that begins. */
export function forgetStrayAhead({ watched, row }: CopyRecord): void {
  const { book } = watched;
  for (const { rows } of book.allSheets()) if (!mayBeAhead(book.copies, rows, row)) forgetAhead(rows, row);
}

/** What a death left ahead that hung on orders which ended with it: mirrors filled what these were to fill. For a process that begins, once all that may still fill is reserved. */
export function settleStrayAhead({ watched, row }: CopyRecord): void {
  for (const { rows } of watched.book.allSheets()) for (const buy of [true, false]) settleAhead(rows, row, buy);
}

/** Mirrors of a copy in an instrument. */
export function mirrorsIn(ctx: Pick<EngineContext, 'standingStops'>, copy: CopyRecord, coin: string): readonly KeptMirror[] {
  return ctx.standingStops.mirrorsOf(copy, coin).flatMap((stop) => {
    const { mirror } = stop;
    if (mirror === null) return [];
    return {
      stop,
      id: stop.clientOrderId,
      leaderOrderId: mirror.leaderOrderId,
      buy: stop.buy,
      reduceOnly: mirror.reduceOnly,
      price: Number(stop.price),
      trigger: mirror.trigger,
      working: workingLots(stop),
      placed: toLots(stop.instrument, stop.size),
      basis: mirror.basis,
      settled: isSettled(stop),
    };
  });
}

/**
 * Brings what a copy's mirrors come to into its columns: everything that may still fill at its worst for limits, what the leader's orders filled for already as
 * on its way. While the leader's orders are not known, all entries are taken for on their way: nothing is bought beside them.
 *
 * An exit of everything waits for no mirror, nor does any exit while the leader's orders are not known, because nobody knows what it would wait for: it leaves reduce-only, and where a mirror closed first there is nothing left that it could close too much of.
 * `leaderLots`: what the leader holds, or will once the move that is planned now is.
 */
export function refreshMirrors(
  ctx: Pick<EngineContext, 'standingStops'>,
  copy: CopyRecord,
  sheet: InstrumentSheet,
  leaderLots: number = sheet.leaderLots,
): void {
  putTotals(copy, sheet, mirrorsIn(ctx, copy, sheet.instrument.coin), leaderLots);
}

/** As {@link refreshMirrors}, for whoever has found the copy's mirrors in the instrument already. */
export function putTotals(copy: CopyRecord, sheet: InstrumentSheet, mirrors: readonly KeptMirror[], leaderLots: number = sheet.leaderLots): void {
  const { watched, row } = copy;
  if (watched.book.copies.copyNo[row] !== copy.no) return;
  const { working } = watched;
  const isKnown = working.knows(sheet.instrument.dex);
  const isFlat = (leaderLots === 0 || sheet.rows.target[row] === 0) && sheet.rows.aheadBuy[row] === 0 && sheet.rows.aheadSell[row] === 0;
  const waitsForNone = isFlat || !isKnown || endsMirrors(copy);
  const totals: { -readonly [K in keyof MirrorTotals]: number } = { ...NO_MIRRORS };
  for (const mirror of mirrors) {
    const unfilled = !isKnown ? 0 : unfilledOf(working.find(mirror.leaderOrderId), leaderLots);
    const claim = Math.min(mirror.working, claimOf(mirror, unfilled));
    if (mirror.reduceOnly) totals[mirror.buy ? 'exitBuy' : 'exitSell'] += waitsForNone ? 0 : claim;
    else {
      totals[mirror.buy ? 'buy' : 'sell'] += mirror.working;
      totals[mirror.buy ? 'standingBuy' : 'standingSell'] += mirror.working - claim;
    }
  }
  putMirrors(sheet, row, totals);
}

/** As {@link refreshMirrors}, for the copy of a mirror that came, filled or went. */
export function refreshMirrorOf(ctx: Pick<EngineContext, 'standingStops' | 'registry'>, stop: StandingStop, leaderLots?: number): void {
  const copy = ctx.registry.copies.get(stop.copyNo);
  // After a start there may be a mirror where nothing was traded yet.
  if (copy !== undefined) refreshMirrors(ctx, copy, copy.watched.book.sheet(stop.instrument), leaderLots);
}

/** As {@link refreshMirrors}, for all copies of a leader with mirrors in a coin, or in any. */
export function refreshMirrorsOf(
  ctx: Pick<EngineContext, 'standingStops' | 'registry'>,
  watched: WatchedAccount,
  coin: string | null,
  leaderLots?: number,
): void {
  const done = new Map<CopyRecord, Set<string>>();
  for (const stop of ctx.standingStops.mirrors()) {
    const copy = ctx.registry.copies.get(stop.copyNo);
    if (copy?.watched !== watched || (coin !== null && stop.instrument.coin !== coin)) continue;
    const coins = done.get(copy) ?? new Set<string>();
    if (coins.has(stop.instrument.coin)) continue;
    done.set(copy, coins.add(stop.instrument.coin));
    refreshMirrorOf(ctx, stop, leaderLots);
  }
}

/** Whether some copy of a leader mirrors orders. */
export function isMirrored({ book }: Pick<WatchedAccount, 'book'>): boolean {
  for (let row = 0; row < book.rowCount; row += 1) if (book.copies.mirrors[row] === 1) return true;
  return false;
}
