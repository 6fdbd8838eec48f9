import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SandboxFaultRow, ScopedUnit } from '@lockstep/storage';
import { type FaultId, isAimedAt, isInForce, type MetRequest, meet, meetRequest, type TestScope } from '@lockstep/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';
import { StrikingTurns } from './striking-turns';

/**
 * Which faults of a test environment strike. Only scopes whose keys say that there are some are asked about; their counts are kept in the database alone, so
 * that all gateways strike exactly as often as was asked for. A process that dies between counting and striking has counted one too many. Who counts has its turn
 * first (`StrikingTurns`): beyond the bound on those that wait, a fault neither meets nor strikes.
 */
@Injectable()
export class Faults {
  private readonly ending = new AbortController();
  private readonly turns = new StrikingTurns();

  constructor(@Inject(CONTEXT) private readonly context: GatewayContext) {
    // One for each request that is held up.
    setMaxListeners(0, this.ending.signal);
  }

  /** What is held up goes on: a process that ends finishes what it has begun, and its listener waits for it. */
  holdUpNobody(): void {
    this.ending.abort();
  }

  /** Waits as long as a fault of the kind `slow` says, or until the process ends. */
  async holdUp({ delayMs }: Pick<SandboxFaultRow, 'delayMs'>): Promise<void> {
    await sleep(delayMs ?? 0, undefined, { signal: this.ending.signal }).catch(() => undefined);
  }

  /** The fault that strikes a request, counted; null: none does. */
  async strikingRequest(scope: TestScope, request: MetRequest): Promise<SandboxFaultRow | null> {
    const { storage } = this.context;
    const known = await storage.scoped(scope, (unit) => unit.sandboxFaults.inForce(), { readOnly: true });
    if (!known.some((fault) => isAimedAt(fault, request))) return null;
    const struck = await this.turns.run(scope, () =>
      storage.scoped(scope, async (unit) => {
        await unit.sandboxFaults.hold();
        const meetings = meetRequest(await unit.sandboxFaults.inForce(), request, unit.now);
        await writeCounts(unit, meetings.met);
        return meetings.struck;
      }),
    );
    if (struck !== null) this.observe(struck, 1);
    return struck;
  }

  /** The faults of open streams and their events that are in force, in the order they were set. */
  async ofStreams(scope: TestScope): Promise<readonly SandboxFaultRow[]> {
    const known = await this.context.storage.scoped(scope, (unit) => unit.sandboxFaults.inForce(), { readOnly: true });
    return known.filter(({ kind }) => kind === 'stream_dropped' || kind === 'event_repeated');
  }

  /** Which of the next `count` streams or events that a fault meets it strikes, from 0, counted; with `untilStruck` it meets none behind the first of them. */
  async strikesOf(scope: TestScope, id: FaultId, count: number, untilStruck: boolean): Promise<readonly number[]> {
    const meetings = await this.turns.run(scope, () =>
      this.context.storage.scoped(scope, async (unit) => {
        await unit.sandboxFaults.hold();
        const fault = (await unit.sandboxFaults.inForce()).find((one) => one.id === id);
        if (fault === undefined || !isInForce(fault, unit.now)) return null;
        const made = meet(fault, count, untilStruck);
        await writeCounts(unit, [made.fault]);
        return made;
      }),
    );
    if (meetings === null) return [];
    this.observe(meetings.fault, meetings.strikes.length);
    return meetings.strikes;
  }

  private observe({ kind }: SandboxFaultRow, strikes: number): void {
    if (strikes > 0) this.context.metrics.count('lockstep_sandbox_faults_total', { kind }, strikes);
  }
}

async function writeCounts(unit: ScopedUnit, met: readonly SandboxFaultRow[]): Promise<void> {
  await unit.sandboxFaults.noteCounts(met);
  // The last strike of one may leave the scope without any: then nobody has to ask again.
  if (met.some(({ times, struck }) => times !== null && struck >= times)) await unit.sandboxFaults.tellKeys();
}
