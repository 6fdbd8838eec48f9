/** A rule that was broken, as the auditor tells it. */
export interface ToldViolation {
  readonly kind: string;
  readonly text: string;
  /** Number of the step of the script it was found after. */
  readonly step: number;
  /** Venue time, epoch ms. */
  readonly at: number;
  /** The copy and the order it is about; null: none, or several. */
  readonly copyId: string | null;
  readonly cloid: string | null;
}

/** What one seed came to. */
export interface SeedOutcome {
  readonly seed: number;
  /** Null: the sound engine. */
  readonly broken: string | null;
  readonly store: 'memory' | 'postgres';
  readonly steps: number;
  /** Orders that add risk, judged one by one. */
  readonly decisions: number;
  readonly orders: number;
  readonly fills: number;
  readonly marks: number;
  readonly deaths: number;
  readonly copies: number;
  /** How often each kind of step happened. */
  readonly kinds: Readonly<Record<string, number>>;
  /** SHA-256 over everything the engine was told and sent: equal for equal seeds. */
  readonly digest: string;
  /** SHA-256 over the bytes of every journal row the engine committed, in the order of their commits. */
  readonly journal: string;
  readonly violations: readonly ToldViolation[];
  /** The run could not go on: a failure of the simulation itself or an engine that did not come to rest. */
  readonly failure: string | null;
  readonly ms: number;
  /** Processor time of its process since the seed before, compiling and collecting garbage included. */
  readonly cpuMs: number;
}

/** What a child process is asked to run. */
export interface SeedWork {
  readonly seeds: readonly number[];
  readonly steps: number;
  readonly broken: string | null;
  readonly store: 'memory' | 'postgres';
  /** Owner's address of the server for seeds on PostgreSQL; null: none is needed. */
  readonly serverUrl: string | null;
  /** Folder of the recordings the worlds are made of; null: they are drawn. */
  readonly recorded: string | null;
  /** Kinds of violations that end a seed, and the work with it, as soon as one of them is told; none: every seed is played to its end. */
  readonly until: readonly string[];
}

/** Whether anything was found in a seed. */
export const found = (outcome: SeedOutcome): boolean => outcome.violations.length > 0 || outcome.failure !== null;
