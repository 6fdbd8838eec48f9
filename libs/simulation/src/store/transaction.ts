/** A broken unique key, foreign key or check, as the database refuses it. */
export class KeyBroken extends Error {
  override readonly name = 'KeyBroken';
}

/** A newer engine has begun its term, as PostgreSQL's storage says it. */
export class TermOverError extends Error {
  override readonly name = 'TermOverError';
}

/**
 * A transaction's way back: undoes what it did, last thing first. It is also what a write needs to be made at all: none is once the transaction ended,
 * only reads, or was refused a statement.
 */
export class Undo {
  private readonly steps: (() => void)[] = [];
  private state: 'open' | 'reading' | 'refused' | 'ended';

  constructor(readOnly: boolean) {
    this.state = readOnly ? 'reading' : 'open';
  }

  /** Notes how a write is undone, before it is made. Throws where no write may be made. */
  add(step: () => void): void {
    if (this.state !== 'open') throw new Error(`a write in a transaction that is ${this.state}`);
    this.steps.push(step);
  }

  /** Refuses a statement: the transaction writes nothing more, and nothing of it will stand. */
  refuse(why: string): never {
    if (this.state === 'open') this.state = 'refused';
    throw new KeyBroken(why);
  }

  /** Refuses a statement in which a key stands twice. */
  refuseTwice(table: string, keys: readonly unknown[]): void {
    if (new Set(keys).size < keys.length) this.refuse(`${table}: a key stands twice in one statement`);
  }

  /** Ends the transaction; false when nothing of it stands, because a statement was refused. */
  end(): boolean {
    const { state } = this;
    this.state = 'ended';
    if (state === 'refused') this.undo();
    return state !== 'refused';
  }

  /** Ends the transaction and undoes everything it wrote. */
  all(): void {
    this.state = 'ended';
    this.undo();
  }

  private undo(): void {
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) step();
  }
}
