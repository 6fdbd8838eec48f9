import type { InstrumentSheet, WavePlan } from '@lockstep/replication';
import type { ProposalChange } from '../proposals/proposal-changes';
import type { OpenWave } from '../state/open-orders';
import type { WatchedAccount } from '../state/registry';
import type { Approval } from './submit';

export type WaveCause = 'move' | 'repair' | 'close' | 'breaker';

/** A plan on its way through journal, venue and books. */
export interface PlannedWave {
  /** Number of its journal rows: the move's, or one of its own for a repair. */
  readonly journalNo: number;
  readonly cause: WaveCause;
  readonly watched: WatchedAccount;
  readonly sheet: InstrumentSheet;
  readonly plan: WavePlan;
  readonly kind: string;
  /** Orders are not to be sent: a newer move of the same instrument stands behind this one. */
  readonly superseded: boolean;
  /** The gate's word on the whole plan; asked again for what is left after an interruption. */
  readonly approval: Approval;
  /** Version of what stops risk as of that word: where it changed while the plan was being written down, the gate is asked again. */
  readonly judgedAt: number;
  /** Increments given up because their window had ended. */
  readonly forfeits: readonly ForfeitRecord[];
  /** Copies whose remnant this wave is the first to find too small to close alone. */
  readonly remnants?: readonly number[];
  /** What followers are asked about because of it; absent: nothing changed. */
  readonly asked?: readonly ProposalChange[];
  readonly open: OpenWave;
  readonly wayOut: WayOut;
  readonly marks: WaveMarks;
}

/** What was forecast for the orders of a wave, and that they are announced to their egress addresses until they are handed over. */
export interface WayOut {
  /** Last answer, epoch ms; 0: no limits are kept to. */
  readonly forecastEnd: number;
  /** They are handed over, or never will be. */
  done(): void;
}

export const NO_WAY_OUT: WayOut = { forecastEnd: 0, done: () => undefined };

export interface ForfeitRecord {
  readonly copyNo: number;
  /** Micro-lots. */
  readonly amount: number;
  readonly reason: string;
}

/** Stage marks of a wave, epoch ms with fractions; 0: does not apply. */
export interface WaveMarks {
  readonly leaderFillAt: number;
  readonly receivedAt: number;
  readonly recordedAt: number;
  readonly planStartedAt: number;
  readonly plannedAt: number;
  gatedAt: number;
  journaledAt: number;
  journalCommits: number;
  journalBytes: number;
}

/** The time journal rows of a scope were written at: order rows carry it, so that deriving them again meets the same keys. */
export type JournalTimes = ReadonlyMap<number, number>;

/** What is known once waves are written down, by book group. */
export interface Journaled {
  readonly times: JournalTimes;
  /** As of when the stops of what enters are known, monotonic ms. */
  readonly stopsAsOf: Map<number, number>;
}
