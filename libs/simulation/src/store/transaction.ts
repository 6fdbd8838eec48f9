/** Undoes what a transaction did, last thing first. */
export class Undo {
  private readonly steps: (() => void)[] = [];

  add(step: () => void): void {
    this.steps.push(step);
  }

  all(): void {
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) step();
  }
}

/** A broken unique or foreign key, as the database refuses it. */
export class KeyBroken extends Error {
  override readonly name = 'KeyBroken';
}
