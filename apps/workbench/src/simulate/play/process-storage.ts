import type { TenantScope } from '@lockstep/kernel';
import type { VirtualProcess } from '@lockstep/simulation';
import {
  type CommandRow,
  CommitUnknownError,
  type EnginePlatformUnit,
  type EngineScopedUnit,
  type EngineStorage,
  type InternalCross,
} from '@lockstep/storage';
import { EngineDied } from './engine-died';
import type { FaultSwitches } from './faults';

/** What an engine's committed transaction did that others judge it by. */
export interface Committed {
  readonly scope: TenantScope;
  readonly journal: Parameters<EngineScopedUnit['journal']['insertAll']>[0];
  /** When the journal rows were given to the database, epoch ms of the world. */
  readonly journaledAt: number;
  readonly settled: readonly { readonly no: CommandRow['no']; readonly status: 'applied' | 'refused' }[];
  readonly crosses: readonly InternalCross[];
  readonly states: readonly { readonly copyNo: number; readonly from: string; readonly state: string }[];
}

export interface ProcessStorageParts {
  readonly storage: EngineStorage;
  readonly process: VirtualProcess;
  readonly faults: FaultSwitches;
  /** The world's time. */
  readonly exact: () => number;
  readonly committed: (what: Committed) => void;
}

/** Storage as one engine process has it: it fails as it is told, tells what was committed, and gives a dead process nothing any more. */
export class ProcessStorage implements EngineStorage {
  constructor(private readonly parts: ProcessStorageParts) {}

  scoped<T>(scope: TenantScope, work: (unit: EngineScopedUnit) => Promise<T>, options?: Parameters<EngineStorage['scoped']>[2]): Promise<T> {
    const told: {
      journal: Committed['journal'][number][];
      journaledAt: number;
      settled: Committed['settled'][number][];
      states: Committed['states'][number][];
      crosses: InternalCross[];
    } = {
      crosses: [],
      journal: [],
      journaledAt: 0,
      settled: [],
      states: [],
    };
    return this.run(
      (end) => this.parts.storage.scoped(scope, async (unit) => end(await work(this.watched(unit, told))), options),
      () => this.parts.committed({ scope, ...told }),
    );
  }

  platform<T>(work: (unit: EnginePlatformUnit) => Promise<T>, options?: Parameters<EngineStorage['platform']>[1]): Promise<T> {
    return this.run(
      (end) => this.parts.storage.platform(async (unit) => end(await work(unit)), options),
      () => undefined,
    );
  }

  private async run<T>(begin: (end: (value: T) => T) => Promise<T>, committed: () => void): Promise<T> {
    const { process, faults } = this.parts;
    if (!process.alive) return never();
    const { delayMs, down, lost } = faults.transaction();
    if (delayMs > 0) await new Promise<void>((resolve) => void process.after(delayMs, resolve));
    if (down) throw new Error('the simulated database is down');
    let value: T;
    try {
      value = await begin((made) => {
        // Died in the middle: nothing of it stands.
        if (!process.alive) throw new EngineDied();
        if (lost === 'undone') throw new CommitUnknownError(new Error('simulated'));
        return made;
      });
    } catch (failure) {
      if (!process.alive) return never();
      throw failure;
    }
    committed();
    if (!process.alive) return never();
    if (lost === 'stands') throw new CommitUnknownError(new Error('simulated'));
    return value;
  }

  private watched(
    unit: EngineScopedUnit,
    told: {
      journal: Committed['journal'][number][];
      journaledAt: number;
      settled: Committed['settled'][number][];
      states: Committed['states'][number][];
      crosses: InternalCross[];
    },
  ): EngineScopedUnit {
    const { exact } = this.parts;
    const { journal, commands, records } = unit;
    return {
      now: unit.now,
      scope: unit.scope,
      copies: unit.copies,
      events: unit.events,
      feeSchedules: unit.feeSchedules,
      fills: unit.fills,
      leaders: unit.leaders,
      ledger: unit.ledger,
      orders: unit.orders,
      riskLimits: unit.riskLimits,
      spareAgents: unit.spareAgents,
      venueAccounts: unit.venueAccounts,
      journal: {
        insertAll: (rows) => {
          told.journal.push(...rows);
          told.journaledAt = exact();
          return journal.insertAll(rows);
        },
        markWritten: (shard, ids) => journal.markWritten(shard, ids),
        ofMoves: (shard, ids) => journal.ofMoves(shard, ids),
        unfinished: (shard, limit) => journal.unfinished(shard, limit),
      },
      commands: {
        pending: (limit, after) => commands.pending(limit, after),
        settle: async (no, status, result) => {
          const settled = await commands.settle(no, status, result);
          if (settled) told.settled.push({ no, status });
          return settled;
        },
      },
      records: {
        ...records,
        recordCross: async (cross) => {
          await records.recordCross(cross);
          told.crosses.push(cross);
        },
        writeCopyState: async (copyNo, change) => {
          const written = await records.writeCopyState(copyNo, change);
          if (written) told.states.push({ copyNo, from: change.from, state: change.state });
          return written;
        },
      },
    };
  }
}

/** What a dead process waits for. */
const never = <T>(): Promise<T> => new Promise<T>(() => undefined);
