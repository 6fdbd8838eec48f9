import type { Clock, TenantScope } from '@lockstep/kernel';
import type { EngineStorage, UnitOptions } from '@lockstep/storage';
import { PlatformData } from './data';
import { MemoryPlatformUnit } from './platform-unit';
import { MemoryScopedUnit } from './scoped-unit';
import { KeyBroken, TermOverError, Undo } from './transaction';

/**
 * Storage of a simulated platform in memory: transactions one after another, each whole or not at all. It promises the engine what PostgreSQL does
 * (one suite of contract tests for both) and forgets everything with its process. Only the simulation uses it.
 */
export class MemoryStorage {
  readonly data = new PlatformData();
  private tail: Promise<void> = Promise.resolve();

  constructor(private readonly clock: Pick<Clock, 'now'>) {}

  scoped<T>(scope: TenantScope, work: (unit: MemoryScopedUnit) => Promise<T>, options: UnitOptions = {}): Promise<T> {
    return this.alone(options, (undo) => work(new MemoryScopedUnit(this.data, this.data.scope(scope), undo, this.clock.now())));
  }

  platform<T>(work: (unit: MemoryPlatformUnit) => Promise<T>, options: UnitOptions = {}): Promise<T> {
    return this.alone(options, (undo) => work(new MemoryPlatformUnit(this.data, undo, this.clock.now())));
  }

  /** Runs a transaction when those before it have ended; its throw undoes everything it wrote. */
  private alone<T>(options: UnitOptions, work: (undo: Undo) => Promise<T>): Promise<T> {
    const run = async (): Promise<T> => {
      // No term begins while it runs: transactions come one after another.
      if (options.term !== undefined && options.readOnly !== true && options.term !== this.data.term()) throw new TermOverError();
      const undo = new Undo(options.readOnly === true);
      try {
        const value = await work(undo);
        if (!undo.end()) throw new KeyBroken('a statement of this transaction was refused: nothing of it stands');
        return value;
      } catch (failure) {
        undo.all();
        throw failure;
      }
    };
    const result = this.tail.then(run);
    this.tail = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}

/** Holds the types together: what is here is what the engine asks for. */
export const asEngineStorage = (storage: MemoryStorage): EngineStorage => storage;
