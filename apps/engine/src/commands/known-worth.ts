import type { InstrumentSheet } from '@lockstep/replication';
import { hasAnswerToCome } from '../books/true-up';
import { forAtMost } from '../bounded';
import type { EngineContext } from '../context';
import type { OpenOrder } from '../state/open-orders';
import type { CopyRecord } from '../state/registry';
import { refreshPrices } from '../wave/plan-moves';
import type { CommandParts } from './command-end';

/** Wait between two looks at whether a copy's worth is known, in ms. */
export const WORTH_RETRY_MS = 250;
/** The same where the venue had to be asked: a reading costs what all share. */
export const READ_RETRY_MS = 1_000;
/** Longest wait for one reading, in ms; it goes on, and the next look joins it. */
const READ_MAX_MS = 1_000;
/** How long money waits before it moves by what is known, and where it presses, in ms. */
const WAIT_MAX_MS = 60_000;
const WAIT_MAX_PRESSING_MS = 2_000;

/** For how long a flow has been tried in this process, and whether another command waits behind it: a stop maybe. */
export interface FlowTry {
  readonly triedMs: number;
  readonly isAwaited: boolean;
}

/** Whether money that is to move may wait once more for what its copy is worth. */
export const mayWaitForWorth = (triedMs: number, presses: boolean): boolean => triedMs < (presses ? WAIT_MAX_PRESSING_MS : WAIT_MAX_MS);

/**
 * Whether nothing is on its way that changes what a copy is worth now once it is told: a fill, what it cost, a charge of funding, or a price of what it holds.
 * A flow chains the unit value to the equity that is known: what of it is missing then would be a loss, or a profit, of the money that is left.
 */
export function isWorthKnown(ctx: EngineContext, copy: CopyRecord): boolean {
  const { book } = copy.watched;
  if (!ctx.registry.holds(copy)) return true;
  if ((book.copies.chargedUnbooked[copy.row] ?? 0) > 0) return false;
  if (ctx.standingStops.ofCopy(copy).some(({ filledLots, toldLots, bookedLots }) => Math.max(filledLots ?? 0, toldLots) > bookedLots)) return false;
  const open = [...ctx.openOrders.ofAccount(copy.account.index)].filter((order) => order.copy === copy);
  if (!open.every(isStanding)) return false;
  refreshPrices(copy.watched);
  return [...book.allSheets()].every(
    (sheet) =>
      isPriced(ctx, sheet, copy.row) &&
      !hasAnswerToCome(
        sheet,
        copy.row,
        open.filter((order) => order.sheet === sheet),
      ),
  );
}

/**
 * The same once what entries and mirrors that stand may have filled unseen was read; false where it could not be, or not in time: a stop may wait behind this. Nobody
 * is asked about a protective stop: its fill closes the copy whatever was lost.
 */
export async function isWorthRead(ctx: EngineContext, { collector }: Pick<CommandParts, 'collector'>, copy: CopyRecord): Promise<boolean> {
  const stands =
    [...ctx.openOrders.ofAccount(copy.account.index)].some((order) => order.copy === copy) ||
    ctx.standingStops.ofCopy(copy).some(({ mirror }) => mirror !== null);
  if (stands && !(await isReadInTime(ctx, collector, copy))) return false;
  return isWorthKnown(ctx, copy);
}

async function isReadInTime({ timers }: EngineContext, collector: CommandParts['collector'], { account }: CopyRecord): Promise<boolean> {
  let isRead = false;
  await forAtMost(
    timers,
    READ_MAX_MS,
    collector.read(account).then((read) => (isRead = read)),
  );
  return isRead;
}

/** Whether an order may stand for long, and what is known of its fills is booked. */
const isStanding = ({ rest, filledLots, bookedLots, ledBooked }: OpenOrder): boolean =>
  rest !== undefined && filledLots === null && bookedLots === ledBooked;

/** A price that is too old for new risk is none. */
function isPriced({ clock, limits }: EngineContext, { rows, mark, markAt }: InstrumentSheet, row: number): boolean {
  return rows.position[row] === 0 || (mark > 0 && clock.now() - markAt <= limits.markMaxAgeMs);
}
