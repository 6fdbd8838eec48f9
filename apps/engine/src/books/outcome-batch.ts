import type { KeptIntent } from '../wave/intents-of';
import type { JournalTimes, PlannedWave } from '../wave/planned-wave';
import type { RecordedMove } from '../wave/recorded-move';
import type { SendState } from '../wave/send-state';

/** A wave with everything that became of it, on its way into the books. */
export interface WaveOutcome {
  readonly wave: PlannedWave;
  readonly state: SendState;
  readonly times: JournalTimes;
  readonly move: RecordedMove | null;
  readonly intents: readonly KeptIntent[];
}
