import { ok } from '@lockstep/kernel';
import type { LogFields, Logger } from '@lockstep/platform';
import {
  Link,
  openWorldVenue,
  SeededIds,
  SeededRandom,
  type VirtualProcess,
  type VirtualTime,
  WORLD_VENUE_TERMS,
  type WorldClock,
} from '@lockstep/simulation';
import type { EngineStorage } from '@lockstep/storage';
import { bootEngine, ENGINE_LIMITS, type Engine } from '../../../../engine/src/index';
import { EngineDied } from './engine-died';
import type { FaultSwitches } from './faults';
import { type Committed, ProcessStorage } from './process-storage';
import type { TrafficTap } from './traffic-tap';
import type { SimWakeups } from './wakeups';

/** A supervisor starts an engine again that ended by itself after so long, in ms. */
const RESTART_MS = 2_000;
/** Clocks of machines are kept by NTP: one that is further off is the doctor's business, and the auditor allows for no more. */
const CLOCK_OFF_MAX_MS = 450;
const WAY_LEAST_MS = 1;
const WAY_MOST_MS = 6;

export interface HostParts {
  readonly seed: number;
  /** Whether working orders of leaders are told to engines. */
  readonly tellsOrders: boolean;
  readonly time: VirtualTime;
  readonly clock: WorldClock;
  readonly storage: EngineStorage;
  readonly wakeups: SimWakeups;
  readonly faults: FaultSwitches;
  readonly tap: (process: string) => TrafficTap;
  readonly committed: (process: string, offsetMs: number, what: Committed) => void;
  readonly lives: (process: string, born: boolean) => void;
  readonly logged: (level: 'warn' | 'error' | 'fatal', message: string, fields: LogFields) => void;
}

interface Plan {
  readonly point: string;
  nth: number;
}

interface Running {
  readonly name: string;
  readonly process: VirtualProcess;
  engine: Engine | null;
  plan: Plan | null;
}

/** Engine processes of a run: one leads at most, as the lock on the database has it; one that ended by itself is started again. */
export class EngineHost {
  private leader: Running | null = null;
  private offsetMs = 0;
  private started = 0;
  private wanted = false;
  deaths = 0;

  constructor(private readonly parts: HostParts) {}

  /** Starts an engine process. False: another leads, and this one gave up. */
  start(): boolean {
    this.wanted = true;
    if (this.leader !== null) return false;
    this.begin();
    return true;
  }

  /** Ends the leading process: now, or when it passes a point for the nth time, or after `latestMs` in any case. */
  kill(point: string | null, nth: number, latestMs: number): void {
    this.wanted = false;
    const { leader } = this;
    if (leader === null) return;
    if (point === null) {
      this.end(leader);
      return;
    }
    leader.plan = { point, nth };
    this.parts.time.after(latestMs, () => {
      if (this.leader === leader) this.end(leader);
    });
  }

  setOffset(ms: number): void {
    this.offsetMs = Math.max(-CLOCK_OFF_MAX_MS, Math.min(CLOCK_OFF_MAX_MS, ms));
    this.leader?.process.setOffset(this.offsetMs);
  }

  get offset(): number {
    return this.offsetMs;
  }

  get engine(): Engine | null {
    return this.leader?.engine ?? null;
  }

  private begin(): void {
    const { parts } = this;
    this.started += 1;
    const name = `engine-${this.started}`;
    const process = parts.time.process(this.offsetMs);
    const running: Running = { name, process, engine: null, plan: null };
    this.leader = running;
    parts.lives(name, true);
    const random = new SeededRandom(parts.seed * 1_000 + this.started);
    const tap = parts.tap(name);
    const link = new Link(
      parts.time,
      process,
      new SeededRandom(parts.seed * 7_919 + this.started),
      { leastMs: WAY_LEAST_MS, mostMs: WAY_MOST_MS },
      parts.faults.link,
    );
    const boot = bootEngine({
      clock: process,
      timers: process,
      ids: new SeededIds(process, random),
      random,
      log: this.logger(running),
      storage: new ProcessStorage({
        storage: parts.storage,
        process,
        faults: parts.faults,
        exact: () => parts.time.exact(),
        committed: (what) => parts.committed(name, this.offsetMs, what),
      }),
      wakeups: deafWhenDead(parts.wakeups, process),
      opener: { keyIds: [], open: (sealed) => ok(Uint8Array.from(sealed)) },
      limits: { ...ENGINE_LIMITS, reconcileIntervalMs: 5_000, fundingPeriodMs: 20_000, fundingSpreadMs: 5_000, fundingGraceMs: 2_000 },
      shard: 0,
      pass: (point) => this.pass(running, point),
      networks: [{ venue: 'hyperliquid', network: 'sim', environment: 'test', url: '' }],
      tuning: {
        liveChain: 'mainnet',
        workers: 0,
        simulated: {},
        chunk: null,
        answerTimeoutMs: 0,
        presignaturesPerWorker: 0,
        egress: [],
        rateLimits: null,
      },
      openVenue: () => {
        const venue = openWorldVenue(parts.clock, link, process, tap, { ...WORLD_VENUE_TERMS, tellsOrders: parts.tellsOrders });
        return { venue, close: () => venue.close() };
      },
      onWave: () => undefined,
      broken: (why) => this.broke(running, why),
      lead: { holds: () => true, end: () => this.broke(running, 'its term is over') },
    });
    boot.then(
      (engine) => {
        running.engine = engine;
      },
      (failure: unknown) => this.broke(running, failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)),
    );
  }

  private pass(running: Running, point: string): void {
    const { plan } = running;
    if (!running.process.alive) throw new EngineDied();
    if (plan === null || plan.point !== point) return;
    plan.nth -= 1;
    if (plan.nth > 0) return;
    this.end(running);
    throw new EngineDied();
  }

  private broke(running: Running, why: string): void {
    if (!running.process.alive) return;
    this.parts.logged('warn', 'an engine ended by itself', { why });
    // Not from inside its own call: what called may have more to do that must not happen.
    this.end(running);
    this.wanted = true;
    this.parts.time.after(RESTART_MS, () => {
      if (this.wanted && this.leader === null) this.begin();
    });
  }

  private end(running: Running): void {
    if (!running.process.alive) return;
    running.process.kill();
    this.deaths += 1;
    if (this.leader === running) this.leader = null;
    this.parts.lives(running.name, false);
  }

  private logger(running: Running): Logger {
    const say =
      (level: 'warn' | 'error' | 'fatal') =>
      (message: string, fields: LogFields = {}): void => {
        if (running.process.alive) this.parts.logged(level, message, fields);
      };
    const silent = (): void => undefined;
    const logger: Logger = {
      trace: silent,
      debug: silent,
      info: silent,
      warn: say('warn'),
      error: say('error'),
      fatal: say('fatal'),
      child: () => logger,
    };
    return logger;
  }
}

function deafWhenDead(wakeups: SimWakeups, process: VirtualProcess) {
  return {
    publish: (channel: string, payload: string) => wakeups.publish(channel, payload),
    subscribe: (channel: string, listener: (payload: string) => void) =>
      wakeups.subscribe(channel, (payload) => {
        if (process.alive) listener(payload);
      }),
    onReconnect: () => wakeups.onReconnect(),
    close: () => wakeups.close(),
  };
}
