import type { TenantScope } from '@lockstep/kernel';
import { PROTECTIVE_LEG } from '@lockstep/replication';
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
  readonly settled: readonly { readonly no: CommandRow['no']; readonly status: 'applied' | 'refused'; readonly result: unknown }[];
  /** Flows of copies' allocations, by what caused them. */
  readonly flows: readonly string[];
  readonly crosses: readonly InternalCross[];
  readonly states: readonly { readonly copyNo: number; readonly from: string; readonly state: string }[];
  /** Protective stops that were written down before they leave. */
  readonly stops: Parameters<EngineScopedUnit['orders']['save']>[0];
  /** Mirrors of leaders' working orders that were written down before they leave, and when they were given to the database. */
  readonly mirrors: readonly { readonly row: StandingRow; readonly givenAt: number }[];
}

type StandingRow = Parameters<EngineScopedUnit['records']['saveStandingOrders']>[0][number];

interface Told {
  readonly journal: Committed['journal'][number][];
  journaledAt: number;
  readonly settled: Committed['settled'][number][];
  readonly states: Committed['states'][number][];
  readonly stops: Committed['stops'][number][];
  readonly flows: string[];
  readonly mirrors: Committed['mirrors'][number][];
  readonly crosses: InternalCross[];
}

export interface ProcessStorageParts {
  readonly storage: EngineStorage;
  readonly process: VirtualProcess;
  readonly faults: FaultSwitches;
  /** The world's time. */
  readonly exact: () => number;
  readonly committed: (what: Committed) => void;
  /** How the process reaches the database, besides the faults of all. */
  readonly reach: () => 'reachable' | 'refused' | 'silent';
  /** At the end of a transaction that may write: what is to be done once it stands. Transactions come one after another, so the order is that of their commits. */
  readonly writing: () => () => void;
  /** A transaction that may write stands, a wave with it or not; the process is told so much later. */
  readonly answersMs: (isWave: boolean) => number;
}

/** Storage as one engine process has it: it fails as it is told, tells what was committed, and gives a dead process nothing any more. */
export class ProcessStorage implements EngineStorage {
  constructor(private readonly parts: ProcessStorageParts) {}

  scoped<T>(scope: TenantScope, work: (unit: EngineScopedUnit) => Promise<T>, options?: Parameters<EngineStorage['scoped']>[2]): Promise<T> {
    const told: Told = { journal: [], journaledAt: 0, settled: [], states: [], stops: [], flows: [], mirrors: [], crosses: [] };
    return this.run(
      (end) => this.parts.storage.scoped(scope, async (unit) => end(await work(new WatchedUnit(unit, told, this.parts.exact))), options),
      () => this.parts.committed({ scope, ...told }),
      options?.readOnly === true,
      () => told.journal.length > 0,
    );
  }

  platform<T>(work: (unit: EnginePlatformUnit) => Promise<T>, options?: Parameters<EngineStorage['platform']>[1]): Promise<T> {
    return this.run(
      (end) => this.parts.storage.platform(async (unit) => end(await work(unit)), options),
      () => undefined,
      options?.readOnly === true,
    );
  }

  private async run<T>(
    begin: (end: (value: T) => T) => Promise<T>,
    committed: () => void,
    readOnly: boolean,
    isWave: () => boolean = () => false,
  ): Promise<T> {
    const { process, faults, reach } = this.parts;
    if (!process.alive || reach() === 'silent') return never();
    if (reach() === 'refused') throw new Error('the simulated database is not reached');
    const { delayMs, down, lost } = faults.transaction();
    if (delayMs > 0) await new Promise<void>((resolve) => void process.after(delayMs, resolve));
    if (down) throw new Error('the simulated database is down');
    let value: T;
    let stands = (): void => undefined;
    try {
      value = await begin((made) => {
        // Died in the middle: nothing of it stands.
        if (!process.alive) throw new EngineDied();
        if (lost === 'undone') throw new CommitUnknownError(new Error('simulated'));
        if (!readOnly) stands = this.parts.writing();
        return made;
      });
    } catch (failure) {
      if (!process.alive) return never();
      throw failure;
    }
    stands();
    committed();
    const lateMs = readOnly ? 0 : this.parts.answersMs(isWave());
    if (lateMs > 0) await new Promise<void>((resolve) => void process.after(lateMs, resolve));
    if (!process.alive) return never();
    if (lost === 'stands') throw new CommitUnknownError(new Error('simulated'));
    return value;
  }
}

/** What a dead process waits for. */
const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/** A transaction of which is noted what others judge. Parts are passed on as they are asked for: most transactions need one or two. */
class WatchedUnit implements EngineScopedUnit {
  private made: EngineScopedUnit['records'] | null = null;

  constructor(
    private readonly unit: EngineScopedUnit,
    private readonly told: Told,
    private readonly exact: () => number,
  ) {}

  get now() {
    return this.unit.now;
  }

  get scope() {
    return this.unit.scope;
  }

  get copies() {
    return this.unit.copies;
  }

  get entitlements() {
    return this.unit.entitlements;
  }

  get leaderTerms() {
    return this.unit.leaderTerms;
  }

  get events() {
    return this.unit.events;
  }

  get feeSchedules() {
    return this.unit.feeSchedules;
  }

  get fills() {
    return this.unit.fills;
  }

  get killSwitches() {
    return this.unit.killSwitches;
  }

  get leaders() {
    return this.unit.leaders;
  }

  get ledger(): EngineScopedUnit['ledger'] {
    const { ledger } = this.unit;
    const post: typeof ledger.post = (transactions, ...rest) => {
      this.told.flows.push(...transactions.filter(({ kind }) => kind === 'allocation').map(({ source }) => source));
      return ledger.post(transactions, ...rest);
    };
    return Object.create(ledger, { post: { value: post } });
  }

  /** Everything else of it stays what it is. */
  get orders(): EngineScopedUnit['orders'] {
    const { orders } = this.unit;
    const save = (rows: Committed['stops']) => {
      this.told.stops.push(...rows.filter(({ leg, status }) => leg === PROTECTIVE_LEG && status === 'unknown'));
      return orders.save(rows);
    };
    return Object.create(orders, { save: { value: save } });
  }

  get riskLimits() {
    return this.unit.riskLimits;
  }

  get spareAgents() {
    return this.unit.spareAgents;
  }

  get venueAccounts() {
    return this.unit.venueAccounts;
  }

  get journal(): EngineScopedUnit['journal'] {
    const { journal } = this.unit;
    return {
      insertAll: (rows) => {
        this.told.journal.push(...rows);
        this.told.journaledAt = this.exact();
        return journal.insertAll(rows);
      },
      markWritten: (shard, ids) => journal.markWritten(shard, ids),
      ofMoves: (shard, ids) => journal.ofMoves(shard, ids),
      unfinished: (shard, limit) => journal.unfinished(shard, limit),
    };
  }

  get commands(): EngineScopedUnit['commands'] {
    const { commands } = this.unit;
    return {
      begunSince: (kind, targetId, at) => commands.begunSince(kind, targetId, at),
      noteBegun: (no) => commands.noteBegun(no),
      pending: (limit, after) => commands.pending(limit, after),
      settle: async (no, status, result) => {
        const settled = await commands.settle(no, status, result);
        if (settled) this.told.settled.push({ no, status, result });
        return settled;
      },
    };
  }

  get records(): EngineScopedUnit['records'] {
    this.made ??= this.watchedRecords();
    return this.made;
  }

  private watchedRecords(): EngineScopedUnit['records'] {
    const { records } = this.unit;
    return {
      ...records,
      recordCross: async (cross) => {
        await records.recordCross(cross);
        this.told.crosses.push(cross);
      },
      saveStandingOrders: (rows) => {
        const fresh = rows.filter(({ purpose, status }) => purpose === 'mirror' && status === 'sent');
        this.told.mirrors.push(...fresh.map((row) => ({ row, givenAt: this.exact() })));
        return records.saveStandingOrders(rows);
      },
      writeCopyState: async (copyNo, change) => {
        const written = await records.writeCopyState(copyNo, change);
        if (written) this.told.states.push({ copyNo, from: change.from, state: change.state });
        return written;
      },
    };
  }
}
