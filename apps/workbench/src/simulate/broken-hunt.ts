import type { BrokenEngine } from './broken/break-engine';
import type { SeedOutcome, SeedWork, ToldViolation } from './outcome';

/** What a broken engine came to. */
export interface BrokenOutcome {
  readonly name: string;
  readonly rule: string;
  /** The seed it was caught in and the kind of violation it was caught by; null: in none. */
  readonly caughtIn: number | null;
  readonly caughtBy: string | null;
  /** Seeds it was played in. */
  readonly seeds: number;
  /** What it was caught by as the auditor told it, or why its last seed could not go on. */
  readonly first: string;
}

/** What is known of one broken engine so far. */
interface Hunted {
  readonly engine: BrokenEngine;
  readonly left: number[];
  seeds: number;
  /** Told of it in a seed, and not compared with the sound engine there yet. */
  suspect: { readonly seed: number; readonly told: readonly ToldViolation[] } | null;
  caught: { readonly seed: number; readonly by: ToldViolation } | null;
  failure: string | null;
}

/**
 * Which broken engines are caught, and in which seed. One is caught by a violation of a kind its entry names that the sound engine, in the same seed, shows none
 * of. What the sound engine shows is played once for each such seed; a seed it could not go on in catches nobody.
 */
export class BrokenHunt {
  private readonly hunted: readonly Hunted[];
  /** Kinds the sound engine showed in a seed; null: it could not go on. */
  private readonly sound = new Map<number, ReadonlySet<string> | null>();

  /** @param seedsOf where an engine is looked for, in this order. */
  constructor(
    engines: readonly BrokenEngine[],
    seedsOf: (name: string) => readonly number[],
    private readonly worlds: Pick<SeedWork, 'steps' | 'recorded'>,
  ) {
    this.hunted = engines.map((engine) => ({ engine, left: [...seedsOf(engine.name)], seeds: 0, suspect: null, caught: null, failure: null }));
  }

  told({ broken, seed, violations, failure }: SeedOutcome): void {
    if (broken === null) {
      this.sound.set(seed, failure === null ? new Set(violations.map(({ kind }) => kind)) : null);
      return;
    }
    const one = this.hunted.find(({ engine }) => engine.name === broken);
    if (one === undefined) return;
    one.left.splice(one.left.indexOf(seed), 1);
    one.seeds += 1;
    one.failure = failure;
    const told = violations.filter(({ kind }) => one.engine.caughtBy.some((expected) => expected === kind));
    if (told.length > 0) one.suspect = { seed, told };
  }

  /** What has to be played next: the sound engine where something was told, broken ones where nothing holds against them yet. Empty: all is known. */
  next(): SeedWork[] {
    for (const one of this.hunted) this.compare(one);
    const compared = new Set(this.hunted.flatMap(({ suspect }) => (suspect === null ? [] : [suspect.seed])));
    const open = this.hunted.filter(({ left, suspect, caught }) => left.length > 0 && suspect === null && caught === null);
    return [
      ...open.map(({ engine, left }) => this.work([...left], engine.name, engine.caughtBy)),
      ...[...compared].map((seed) => this.work([seed], null, [])),
    ];
  }

  outcomes(): BrokenOutcome[] {
    return this.hunted.map(({ engine: { name, rule }, seeds, caught, failure }) => ({
      name,
      rule,
      caughtIn: caught?.seed ?? null,
      caughtBy: caught?.by.kind ?? null,
      seeds,
      first: caught?.by.text ?? failure ?? '',
    }));
  }

  private compare(one: Hunted): void {
    const sound = one.suspect === null ? undefined : this.sound.get(one.suspect.seed);
    if (one.suspect === null || sound === undefined) return;
    const by = sound === null ? undefined : one.suspect.told.find(({ kind }) => !sound.has(kind));
    if (by !== undefined) one.caught = { seed: one.suspect.seed, by };
    one.suspect = null;
  }

  private work(seeds: readonly number[], broken: string | null, until: readonly string[]): SeedWork {
    return { ...this.worlds, seeds, broken, until, store: 'memory', serverUrl: null };
  }
}
