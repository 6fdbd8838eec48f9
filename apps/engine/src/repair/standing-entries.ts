import { ALLOWED, MICRO } from '@lockstep/replication';
import type { EngineContext } from '../context';
import type { OpenOrder } from '../state/open-orders';

/**
 * Whether an order may stand at the venue now: an entry of a copy that rests on slippage, until its window ends, and only while nothing has come in between:
 * the copy takes risk, was not halted since, is bound by the same terms and may enter the instrument, its leader never reduced or turned since it was placed,
 * wherever he stands by now, and its target still wants all that stands. A process that starts anew knows no terms of what it finds, and cancels it.
 */
export function mayRest(ctx: Pick<EngineContext, 'clock'>, { rest, copy, sheet, buy }: OpenOrder): boolean {
  if (rest === undefined || ctx.clock.now() >= rest.until) return false;
  const { book } = copy.watched;
  const { copies } = book;
  const { row } = copy;
  if (copies.copyNo[row] !== copy.no || copies.restOnBreach[row] !== 1) return false;
  if (!book.takesRisk(row, ctx.clock.now()) || copies.halts[row] !== rest.halts) return false;
  if (sheet.rows.allowed[row] !== ALLOWED.yes) return false;
  // Told counts: while the database is slow it may not be recorded for long.
  if (sheet.leaderReductions !== rest.leaderReductions || copy.watched.leaving.has(sheet.instrument.coin)) return false;
  const direction = buy ? 1 : -1;
  const pending = (buy ? sheet.rows.pendingBuy[row] : sheet.rows.pendingSell[row]) ?? 0;
  const reached = (sheet.rows.position[row] ?? 0) * direction + pending;
  return (sheet.rows.target[row] ?? 0) * direction > (reached - 1) * MICRO;
}

/** Whether an order that stands as far as we know must end: whatever stops it is acted on at once, not when the venue is asked the next time. */
export const restEnds = (ctx: Pick<EngineContext, 'clock'>, order: OpenOrder): boolean => order.rest !== undefined && !mayRest(ctx, order);
