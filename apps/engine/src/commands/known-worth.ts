import type { InstrumentSheet } from '@lockstep/replication';
import { hasAnswerToCome } from '../books/true-up';
import type { EngineContext } from '../context';
import type { OpenOrder } from '../state/open-orders';
import type { CopyRecord } from '../state/registry';
import { refreshPrices } from '../wave/plan-moves';
import type { CommandParts } from './command-end';

/** Wait between two looks at whether a copy's worth is known, in ms. */
export const WORTH_RETRY_MS = 250;
/** Looks before money moves by what is known: a minute, or two seconds where it presses. */
const LOOKS_MAX = 240;
const LOOKS_MAX_PRESSING = 8;

/** How often a flow is tried, counted from 1 in this process, and whether another command waits behind it: a stop maybe. */
export interface FlowTry {
  readonly attempt: number;
  readonly isAwaited: boolean;
}

/** Whether money that is to move may wait once more for what its copy is worth. */
export const mayWaitForWorth = (attempt: number, presses: boolean): boolean => attempt <= (presses ? LOOKS_MAX_PRESSING : LOOKS_MAX);

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
 * The same once what entries and mirrors that stand may have filled unseen was read; false where it could not be. Nobody is asked about a protective stop: its fill
 * closes the copy whatever was lost.
 */
export async function isWorthRead(ctx: EngineContext, { collector }: Pick<CommandParts, 'collector'>, copy: CopyRecord): Promise<boolean> {
  const stands =
    [...ctx.openOrders.ofAccount(copy.account.index)].some((order) => order.copy === copy) ||
    ctx.standingStops.ofCopy(copy).some(({ mirror }) => mirror !== null);
  if (stands && !(await collector.read(copy.account))) return false;
  return isWorthKnown(ctx, copy);
}

/** Whether an order may stand for long, and what is known of its fills is booked. */
const isStanding = ({ rest, filledLots, bookedLots, ledBooked }: OpenOrder): boolean =>
  rest !== undefined && filledLots === null && bookedLots === ledBooked;

/** A price that is too old for new risk is none. */
function isPriced({ clock, limits }: EngineContext, { rows, mark, markAt }: InstrumentSheet, row: number): boolean {
  return rows.position[row] === 0 || (mark > 0 && clock.now() - markAt <= limits.markMaxAgeMs);
}
