import { fromLots, price } from '@lockstep/kernel';
import type { InstrumentSheet, MirrorTask } from '@lockstep/replication';
import { WORKING_BATCH_MAX } from '@lockstep/venues/port';
import type { CopyRecord } from '../state/registry';
import type { StopTask } from '../stops/stop-tasks';
import type { KeptMirror } from './mirror-totals';

/** Actions about the mirrors of one account, each with its orders. */
export type Actions = readonly (readonly StopTask[])[];

/** What is due about the mirrors of a copy, in the order it leaves in: what takes risk off first. */
export interface MirrorActions {
  readonly copy: CopyRecord;
  readonly cancels: Actions;
  readonly exits: Actions;
  readonly entries: Actions;
}

/** What is due in one instrument. */
export interface DueIn {
  readonly sheet: InstrumentSheet;
  readonly tasks: readonly MirrorTask<KeptMirror>[];
}

/** Tasks of a copy as actions: entries of each instrument in actions of their own, because they are judged together. */
export function mirrorActions(copy: CopyRecord, due: readonly DueIn[]): MirrorActions {
  // Nearly always so.
  if (due.every(({ tasks }) => tasks.length === 0)) return { copy, cancels: [], exits: [], entries: [] };
  const pick = (from: readonly DueIn[], kind: StopTask['kind'], enters: boolean): Actions => {
    const chosen = from.flatMap(({ sheet, tasks }) =>
      tasks
        .filter((task) => task.kind === kind && (task.kind !== 'cancel' && task.wish.entry) === enters)
        .map((task) => stopTaskOf(copy, sheet, task)),
    );
    return chosen.length === 0 ? [] : [chosen.slice(0, WORKING_BATCH_MAX)];
  };
  return {
    copy,
    cancels: pick(due, 'cancel', false),
    exits: [...pick(due, 'change', false), ...pick(due, 'place', false)],
    entries: [...due.flatMap((one) => pick([one], 'change', true)), ...due.flatMap((one) => pick([one], 'place', true))],
  };
}

/** Cancels of all that are told to stand; one on its way is cancelled once it is. */
export const cancelsOf = (mirrors: readonly KeptMirror[]): readonly MirrorTask<KeptMirror>[] =>
  mirrors.filter(({ settled }) => settled).map((mirror) => ({ kind: 'cancel', mirror, why: 'not_allowed' }));

function stopTaskOf(copy: CopyRecord, sheet: InstrumentSheet, task: MirrorTask<KeptMirror>): StopTask {
  if (task.kind === 'cancel') return { kind: 'cancel', standing: task.mirror.stop, why: task.why };
  const { order, entry, lots, basis } = task.wish;
  const wanted = {
    buy: order.buy,
    size: fromLots(sheet.instrument, lots),
    trigger: order.trigger === null ? null : price(BigInt(order.trigger.price)),
    worst: price(BigInt(order.price)),
    mirror: { leaderOrderId: order.orderId, basis: Math.max(1, basis), reduceOnly: !entry, trigger: order.trigger, owed: 0 },
  };
  return task.kind === 'place' ? { kind: 'place', copy, sheet, wanted } : { kind: 'change', copy, sheet, wanted, standing: task.mirror.stop };
}
