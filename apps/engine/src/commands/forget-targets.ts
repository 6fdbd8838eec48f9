import { type EngineScopedUnit, savePositionStates } from '@lockstep/storage';
import { positionStateOf } from '../books/position-state-of';
import type { EngineContext } from '../context';
import { newEvent } from '../new-event';
import { NO_INTENT } from '../state/intent';
import type { CopyRecord } from '../state/registry';

/**
 * Writes with the end of a copy that it wants nothing any more where it holds nothing: what was owed to it and never filled would stand in its row for good.
 * What the columns want no more may stand in the row still: the wave that took it back was not written yet, and of an ended copy it is not.
 */
export async function forgetTargets(ctx: EngineContext, copy: CopyRecord, unit: EngineScopedUnit): Promise<void> {
  const wanted = [...copy.watched.book.allSheets()].filter(({ rows, instrument }) => {
    const { booked, intent } = ctx.booked.get(copy.no, instrument.coin);
    return booked.book.quantity === 0n && ((rows.target[copy.row] ?? 0) !== 0 || intent.targetMicro !== 0);
  });
  if (wanted.length === 0) return;
  await savePositionStates(
    unit,
    wanted.map(({ instrument }) => positionStateOf(copy.no, instrument, ctx.booked.get(copy.no, instrument.coin).booked, NO_INTENT)),
  );
  await unit.events.append(
    wanted.map(({ instrument: { coin } }) =>
      newEvent(ctx, 'position.changed', ctx.clock.now(), {
        copy_id: copy.id,
        coin,
        position: '0',
        target: '0',
        average_entry: null,
        dust_pending: false,
      }),
    ),
  );
}
