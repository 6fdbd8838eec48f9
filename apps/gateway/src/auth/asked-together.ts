/** Answers for these names; those about which there is nothing are absent. */
export type AskForAll<V> = (names: readonly string[]) => Promise<ReadonlyMap<string, V>>;

/** How long the next question waits for the answer to the one before. */
const QUESTION_PATIENCE_MS = 250;

interface Waiting<V> {
  readonly promise: Promise<V | null>;
  readonly resolve: (value: V | null) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Asks for many at once: one question at a time, and whoever comes meanwhile is part of the next one. Nothing is kept: every answer was asked for after
 * whoever gets it had come, so what was changed before is in it.
 */
export class AskedTogether<V> {
  private waiting = new Map<string, Waiting<V>>();
  private asking = false;

  constructor(
    private readonly question: AskForAll<V>,
    /** Names of one question at most. */
    private readonly namesMax: number,
  ) {}

  /** What there is about a name; null: nothing. Fails as its question does. */
  find(name: string): Promise<V | null> {
    const known = this.waiting.get(name);
    if (known !== undefined) return known.promise;
    const waiting = promised<V>();
    this.waiting.set(name, waiting);
    void this.ask();
    return waiting.promise;
  }

  private async ask(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    while (this.waiting.size > 0) {
      const asked = [...this.waiting].slice(0, this.namesMax);
      for (const [name] of asked) this.waiting.delete(name);
      await this.answeredOrLate(asked);
    }
    this.asking = false;
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
