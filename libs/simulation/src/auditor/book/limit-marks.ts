import type { EpochMs } from '@lockstep/kernel';
import type { StateActionSeen, StateLimitSeen } from '../terms';

/** A limit that is passed beyond doubt since a look of a process. */
export interface Passed {
  readonly limit: StateLimitSeen;
  readonly action: Exclude<StateActionSeen, 'none'>;
  readonly since: EpochMs;
  readonly process: string;
  /** Looks in a row at other marks that showed it. */
  looks: number;
  /** When so many looks had shown it as the copy asks for; null: not yet. */
  dueAt: EpochMs | null;
}

/** What an exit for a limit has to leave at most, and from when on it does. */
export interface Trim {
  readonly at: EpochMs;
  readonly process: string;
  /** Base units, 10^-8. */
  readonly most: bigint;
}

/** Which limits one copy passes. */
export class PassedLimits {
  readonly passed = new Map<StateLimitSeen, Passed>();
  /** Limits an engine may take for passed, since when. */
  readonly mayBe = new Map<StateLimitSeen, EpochMs>();
  /** Names the marks of the newest look. */
  lastPrices = '';

  clear(): void {
    this.passed.clear();
    this.mayBe.clear();
  }

  /** The copy is being closed, by the very mark maybe that passed a limit: what was passed since `from` need not have been told apart from that. */
  closing(from: EpochMs): void {
    for (const [limit, { since }] of this.passed) if (since >= from) this.passed.delete(limit);
  }

  /** A process that died takes what it saw with it. */
  died(process: string): void {
    for (const [limit, passed] of this.passed) if (passed.process === process) this.passed.delete(limit);
  }
}
