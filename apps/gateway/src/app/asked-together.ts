/** Answers for these names; those about which there is nothing are absent. */
export type AskForAll<V> = (names: readonly string[]) => Promise<ReadonlyMap<string, V>>;

/** How long the next question waits for the answer to the one before. */
const QUESTION_PATIENCE_MS = 250;

interface Waiting<V> {
  readonly promise: Promise<V | null>;
  readonly resolve: (value: V | null) => void;
  readonly reject: (error: unknown) => void;
}

/** How much is asked for at once. */
export interface AskedAtOnce {
  /** Names of one question at most. */
  readonly namesMax: number;
  /** Questions under way at most, those not counted that are late; whoever comes while there are so many is part of the next one. */
  readonly questionsMax: number;
}

/**
 * Asks for many at once: names that come in one turn of the event loop, or while as many questions are under way as may be, are one question. Nothing is kept:
 * every answer was asked for after whoever gets it had come, so what was changed before is in it.
 */
export class AskedTogether<V> {
  private waiting = new Map<string, Waiting<V>>();
  private underWay = 0;
  private isDue = false;

  constructor(
    private readonly question: AskForAll<V>,
    private readonly atOnce: AskedAtOnce,
  ) {}

  /** What there is about a name; null: nothing. Fails as its question does. */
  find(name: string): Promise<V | null> {
    const known = this.waiting.get(name);
    if (known !== undefined) return known.promise;
    const waiting = promised<V>();
    this.waiting.set(name, waiting);
    this.soon();
    return waiting.promise;
  }

  /** Behind everything that is ready to run now: whoever comes in the same turn is part of the question. */
  private soon(): void {
    if (this.isDue || this.underWay >= this.atOnce.questionsMax) return;
    this.isDue = true;
    process.nextTick(() => {
      this.isDue = false;
      this.ask();
    });
  }

  private ask(): void {
    while (this.waiting.size > 0 && this.underWay < this.atOnce.questionsMax) {
      const asked = this.takeSome();
      this.underWay += 1;
      void this.answeredOrLate(asked).then(() => {
        this.underWay -= 1;
        if (this.waiting.size > 0) this.soon();
      });
    }
  }

  /** The first that wait, so many as one question may name. */
  private takeSome(): readonly (readonly [string, Waiting<V>])[] {
    const all = this.waiting;
    if (all.size <= this.atOnce.namesMax) {
      this.waiting = new Map();
      return [...all];
    }
    const some = [...all].slice(0, this.atOnce.namesMax);
    for (const [name] of some) all.delete(name);
    return some;
  }

  /** A question whose answer does not come, because its connection hangs, holds up nobody who comes later. */
  private answeredOrLate(asked: readonly (readonly [string, Waiting<V>])[]): Promise<void> {
    return new Promise((resolve) => {
      const late = setTimeout(resolve, QUESTION_PATIENCE_MS);
      void this.answer(asked).then(() => {
        clearTimeout(late);
        resolve();
      });
    });
  }

  private async answer(asked: readonly (readonly [string, Waiting<V>])[]): Promise<void> {
    try {
      const values = await this.question(asked.map(([name]) => name));
      for (const [name, { resolve }] of asked) resolve(values.get(name) ?? null);
    } catch (error) {
      for (const [, { reject }] of asked) reject(error);
    }
  }
}

function promised<V>(): Waiting<V> {
  let [resolve, reject]: [Waiting<V>['resolve'], Waiting<V>['reject']] = [() => undefined, () => undefined];
  const promise = new Promise<V | null>((...ends) => {
    [resolve, reject] = ends;
  });
  return { promise, resolve, reject };
}
