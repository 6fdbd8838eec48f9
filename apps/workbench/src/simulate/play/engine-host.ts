import { ok } from '@lockstep/kernel';
import type { LogFields, Logger } from '@lockstep/platform';
import {
  Link,
  type LockLost,
  openWorldVenue,
  SeededIds,
  SeededRandom,
  type VirtualProcess,
  type VirtualTime,
  WAVE_WRITTEN,
  WORLD_VENUE_TERMS,
  type WorldClock,
} from '@lockstep/simulation';
import type { EngineStorage } from '@lockstep/storage';
import { bootEngine, ENGINE_LIMITS, type Engine } from '../../../../engine/src/index';
import { EngineDied } from './engine-died';
import type { FaultSwitches } from './faults';
import { LockOfProcess } from './lost-lock';
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
  /** A process lost its lock, which it goes by for so long; another began its term beside one that did; one that did sends something, or wrote it. */
  readonly locks: (what: LockNews) => void;
  readonly logged: (level: 'warn' | 'error' | 'fatal', message: string, fields: LogFields) => void;
}

export type LockNews =
  | { readonly kind: 'lock_lost'; readonly process: string; readonly certainMs: number }
  | { readonly kind: 'former_sent'; readonly process: string; readonly about: string }
  | { readonly kind: 'term_begun' | 'former_wrote'; readonly process: string };

interface Plan {
  readonly point: string;
  nth: number;
  readonly happens: () => void;
}

interface Running {
  readonly name: string;
  readonly process: VirtualProcess;
  readonly lock: LockOfProcess;
  engine: Engine | null;
  plan: Plan | null;
  /** It was to end by a moment that has come or will. */
  isDoomed: boolean;
  offsetMs: number;
  hasTerm: boolean;
}

/**
 * Engine processes of a run: one leads at most, as the lock on the database has it; one that ended by itself is started again. Those that lost the lock live on for
 * a while beside it.
 */
export class EngineHost {
  private leader: Running | null = null;
  private readonly formers = new Set<Running>();
  private offsetMs = 0;
  private started = 0;
  private wanted = false;
  deaths = 0;

  constructor(private readonly parts: HostParts) {}

  /**
   * Starts an engine process. False: another leads, and this one gave up. One whose end was to be over by now, in a script that is played late, ends first: a start
   * that gave up for it would leave the world without an engine for good.
   */
  start(): boolean {
    this.wanted = true;
    if (this.leader?.isDoomed === true) this.end(this.leader);
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
    leader.isDoomed = true;
    leader.plan = {
      point,
      nth,
      happens: () => {
        this.end(leader);
        throw new EngineDied();
      },
    };
    this.parts.time.after(latestMs, () => {
      if (this.leader === leader) this.end(leader);
    });
  }

  /** The leading process loses its lock: now, or when it passes a point, or after `latestMs` in any case. */
  loseLock(terms: LockLost): void {
    const { leader } = this;
    if (leader === null || leader.plan !== null) return;
    if (terms.point === null) {
      this.lost(leader, terms);
      return;
    }
    const plan: Plan = { point: terms.point, nth: terms.nth, happens: () => this.lost(leader, terms) };
    leader.plan = plan;
    this.parts.time.after(terms.latestMs, () => {
      if (leader.plan === plan) this.lost(leader, terms);
    });
  }

  /** Ends every process. */
  stop(): void {
    this.wanted = false;
    for (const running of [...this.formers, ...(this.leader === null ? [] : [this.leader])]) this.end(running);
  }

  setOffset(ms: number): void {
    this.offsetMs = Math.max(-CLOCK_OFF_MAX_MS, Math.min(CLOCK_OFF_MAX_MS, ms));
    if (this.leader === null) return;
    this.leader.offsetMs = this.offsetMs;
    this.leader.process.setOffset(this.offsetMs);
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
    const lock = new LockOfProcess(parts.time, (about) => parts.locks({ kind: 'former_sent', process: name, about }));
    const running: Running = { name, process, lock, engine: null, plan: null, isDoomed: false, offsetMs: this.offsetMs, hasTerm: false };
    this.leader = running;
    parts.lives(name, true);
    const random = new SeededRandom(parts.seed * 1_000 + this.started);
    const tap = parts.tap(name);
    const link = new Link(
      parts.time,
      process,
      new SeededRandom(parts.seed * 7_919 + this.started),
      { leastMs: WAY_LEAST_MS, mostMs: WAY_MOST_MS },
      lock.faults(parts.faults.link),
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
        committed: (what) => parts.committed(name, running.offsetMs, what),
        reach: () => lock.reach,
        writing: () => this.writing(running),
        answersMs: (isWave) => {
          if (isWave) this.arrive(running, WAVE_WRITTEN);
          return lock.answersMs;
        },
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
      rehearses: false,
      onWave: () => undefined,
      broken: (why) => this.broke(running, why),
      lead: {
        holds: () => lock.isCertain,
        end: (why) => {
          this.broke(running, why);
          throw new EngineDied();
        },
      },
    });
    boot.then(
      (engine) => {
        running.engine = engine;
      },
      (failure: unknown) => this.broke(running, failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)),
    );
  }

  private pass(running: Running, point: string): void {
    if (!running.process.alive) throw new EngineDied();
    this.arrive(running, point);
  }

  private arrive(running: Running, point: string): void {
    const { plan } = running;
    if (plan === null || plan.point !== point) return;
    plan.nth -= 1;
    if (plan.nth > 0) return;
    running.plan = null;
    plan.happens();
  }

  /** It lives on until its time is over or something ends it; the next one begins, with a clock of its own. */
  private lost(running: Running, terms: LockLost): void {
    // One that has not begun yet would be the next one itself.
    if (this.leader !== running || !running.hasTerm) return;
    running.plan = null;
    running.lock.lose(terms);
    this.leader = null;
    this.formers.add(running);
    this.offsetMs = terms.nextOffsetMs;
    this.parts.locks({ kind: 'lock_lost', process: running.name, certainMs: terms.certainMs });
    this.parts.time.after(terms.livesMs, () => this.end(running));
    this.beginAfter(terms.nextInMs);
  }

  /** The first transaction of a process begins its term. What one that lost its lock still writes is told once it stands. */
  private writing(running: Running): () => void {
    const { name } = running;
    if (running.lock.isOver) return () => this.parts.locks({ kind: 'former_wrote', process: name });
    if (running.hasTerm) return () => undefined;
    running.hasTerm = true;
    const ended = [...this.formers].filter((former) => former !== running);
    for (const former of ended) former.lock.end();
    return ended.length === 0 ? () => undefined : () => this.parts.locks({ kind: 'term_begun', process: name });
  }

  private beginAfter(ms: number): void {
    this.parts.time.after(ms, () => {
      if (this.wanted && this.leader === null) this.begin();
    });
  }

  private broke(running: Running, why: string): void {
    if (!running.process.alive) return;
    this.parts.logged('warn', 'an engine ended by itself', { why });
    // Not from inside its own call: what called may have more to do that must not happen.
    const led = this.leader === running;
    this.end(running);
    // A supervisor starts one that lost its lock again too: that one waits for the lock and changes nothing.
    if (!led) return;
    this.wanted = true;
    this.beginAfter(RESTART_MS);
  }

  private end(running: Running): void {
    if (!running.process.alive) return;
    running.process.kill();
    this.deaths += 1;
    if (this.leader === running) this.leader = null;
    this.formers.delete(running);
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
