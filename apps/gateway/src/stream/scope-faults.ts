import type { EpochMs } from '@lockstep/kernel';
import type { SandboxFaultRow } from '@lockstep/storage';
import type { FaultId, TestScope } from '@lockstep/tenancy';
import type { Faults } from '../faults/faults';

/** What becomes of one event on its way to a reader. */
export interface EventFate {
  readonly twice: boolean;
  /** The stream is cut behind it. */
  readonly cut: boolean;
}

/** A reader of a stream, as faults see it. */
export interface FaultyReader {
  readonly keyId: string;
  readonly openedAt: EpochMs;
}

/** What a connection asks of the faults of its scope. */
export interface ReaderFaults {
  /** Whether the events to come have to be asked about. */
  pending(): boolean;
  /** What becomes of the next `count` events of this reader: of so many, or of fewer when its stream is cut behind the last of them. */
  ahead(count: number): Promise<readonly EventFate[]>;
}

/** The stream faults of one test environment, as this gateway last read them, and which of its readers met them. */
export class ScopeFaults {
  private known: readonly SandboxFaultRow[] = [];
  private reading: Promise<void> | null = null;
  private readonly metOpen = new WeakMap<FaultyReader, Set<FaultId>>();

  constructor(
    private readonly faults: Pick<Faults, 'ofStreams' | 'strikesOf'>,
    private readonly scope: TestScope,
  ) {}

  get any(): boolean {
    return this.known.length > 0;
  }

  /** Reads what is in force. Calls that come meanwhile share the reading. */
  refresh(): Promise<void> {
    this.reading ??= this.read().finally(() => {
      this.reading = null;
    });
    return this.reading;
  }

  /** Nothing is in force any more. */
  forget(): void {
    this.known = [];
  }

  /** Those of these readers whose streams a fault cuts now: it meets each that was open when it was set, once. */
  async cutNow<R extends FaultyReader>(readers: readonly R[]): Promise<readonly R[]> {
    const cut = new Set<R>();
    for (const fault of this.known) {
      if (fault.kind !== 'stream_dropped' || fault.everyEvents !== null) continue;
      const met = readers.filter(
        (reader) => reader.openedAt <= fault.createdAt && isOf(fault, reader) && !cut.has(reader) && this.meets(reader, fault),
      );
      if (met.length === 0) continue;
      const strikes = await this.faults.strikesOf(this.scope, fault.id, met.length, false).catch((error: unknown) => {
        // Not counted: they meet it when it is looked for again.
        for (const reader of met) this.metOpen.get(reader)?.delete(fault.id);
        throw error;
      });
      for (const index of strikes) {
        const struck = met[index];
        if (struck !== undefined) cut.add(struck);
      }
    }
    return [...cut];
  }

  /** What a reader's connection asks. */
  readerOf(reader: FaultyReader): ReaderFaults {
    const seen = new Map<FaultId, number>();
    return {
      pending: () => this.reading !== null || this.known.some((fault) => isOfEvents(fault) && isOf(fault, reader)),
      ahead: async (count) => {
        await this.reading;
        return this.ahead(reader, seen, count);
      },
    };
  }

  private async ahead(reader: FaultyReader, seen: Map<FaultId, number>, count: number): Promise<readonly EventFate[]> {
    const faults = this.known.filter((fault) => isOfEvents(fault) && isOf(fault, reader));
    const cuts = await this.struck(
      faults.filter(({ kind }) => kind === 'stream_dropped'),
      seen,
      count,
    );
    const last = Math.min(...cuts);
    // Behind a cut nothing is sent, so nothing there is met either.
    const sent = Math.min(count, last + 1);
    const twice = await this.struck(
      faults.filter(({ kind }) => kind === 'event_repeated'),
      seen,
      sent,
    );
    return Array.from({ length: sent }, (_, index) => ({ twice: twice.has(index), cut: index === last }));
  }

  /** Which of the next `count` events these faults strike, from 0. */
  private async struck(faults: readonly SandboxFaultRow[], seen: Map<FaultId, number>, count: number): Promise<ReadonlySet<number>> {
    const found = new Set<number>();
    for (const { id, kind, everyEvents } of faults) {
      const before = seen.get(id) ?? 0;
      seen.set(id, before + count);
      const met = Array.from({ length: count }, (_, index) => index).filter((index) => (before + index + 1) % (everyEvents ?? 1) === 0);
      if (met.length === 0) continue;
      for (const strike of await this.faults.strikesOf(this.scope, id, met.length, kind === 'stream_dropped')) {
        const index = met[strike];
        if (index !== undefined) found.add(index);
      }
    }
    return found;
  }

  private meets(reader: FaultyReader, { id }: SandboxFaultRow): boolean {
    const met = this.metOpen.get(reader) ?? new Set<FaultId>();
    this.metOpen.set(reader, met);
    if (met.has(id)) return false;
    met.add(id);
    return true;
  }

  private async read(): Promise<void> {
    this.known = await this.faults.ofStreams(this.scope);
  }
}

const isOf = ({ keyId }: SandboxFaultRow, reader: FaultyReader): boolean => keyId === null || keyId === reader.keyId;
/** Whether a fault meets events; the other ones meet open streams. */
const isOfEvents = ({ kind, everyEvents }: SandboxFaultRow): boolean => kind === 'event_repeated' || everyEvents !== null;
