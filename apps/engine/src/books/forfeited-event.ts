import { formatSize, type Instrument, size } from '@lockstep/kernel';
import { type Forfeit, microToSize } from '@lockstep/replication';
import type { NewEvent } from '@lockstep/storage';
import type { EngineContext } from '../context';
import { newEvent } from '../new-event';
import type { CopyRecord } from '../state/registry';

/** Tells that an increment of a copy was given up. */
export function forfeitedEvent(
  ctx: Pick<EngineContext, 'clock' | 'ids'>,
  copy: CopyRecord,
  instrument: Instrument,
  { amount, reason }: Pick<Forfeit, 'amount' | 'reason'>,
): NewEvent {
  const given = formatSize(size(microToSize(instrument, amount)));
  return newEvent(ctx, 'copy.forfeited', ctx.clock.now(), { copy_id: copy.id, coin: instrument.coin, size: given, reason });
}
