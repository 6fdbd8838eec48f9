import { setImmediate as turn } from 'node:timers/promises';
import { must } from '@lockstep/kernel';

/** A transaction that takes longer waits for something that will not come: for time, which waits for it. */
const TRANSACTION_MAX_MS = 120_000;

/**
 * Transactions of a simulated run on a real database, one after another in the order they were asked for, as memory has them: none of them races another,
 * so a seed plays the same each time. Time of the world stands while one is on its way.
 */
export class TransactionQueue {
  private tail: Promise<void> = Promise.resolve();
  private unended = 0;

  /** Does the work when everything asked for before has ended. */
  run<T>(work: () => Promise<T>): Promise<T> {
    this.unended += 1;
    const result = this.tail.then(work);
    const end = (): void => {
      this.unended -= 1;
    };
    this.tail = result.then(end, end);
    return result;
  }

  /** Resolves when nothing is on its way and whoever waited for it has gone on as far as it can. Throws when a transaction does not end. */
  async settled(): Promise<void> {
    await turn();
    while (this.unended > 0) {
      await this.ended();
      await turn();
    }
  }

  /** Resolves when everything asked for by now has ended. */
  private async ended(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), TRANSACTION_MAX_MS);
    });
    const ended = await Promise.race([this.tail, late]);
    clearTimeout(timer);
    must(ended !== 'late', `a transaction had not ended after ${TRANSACTION_MAX_MS} ms`);
  }
}
