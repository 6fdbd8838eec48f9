import { type Clock, type EpochMs, type TenantScope, type Timer, type Timers } from '@lockstep/kernel';
import type { FeeScheduleRow } from '@lockstep/storage';
import { scopeKey } from '@lockstep/tenancy';

/** Longest wait between two looks, in ms: a wall clock that is set forward is met within it. */
const WAIT_MAX_MS = 60_000;

/** A version as far as its time matters. */
type Timed = Pick<FeeScheduleRow, 'effectiveFrom'>;

interface Announced<V> {
  readonly scope: TenantScope;
  readonly versions: readonly V[];
  /** First moment at which another version comes into force. */
  readonly next: EpochMs;
}

/**
 * Lets announced fee schedules come into force at their time. What was read of a scope stays good until the next command about it: versions are only ever
 * added, each with its command. Nothing is read again when a time comes, and nothing waits where nothing is announced.
 */
export class FeeTimes<V extends Timed = FeeScheduleRow> {
  private readonly announced = new Map<string, Announced<V>>();
  private timer: Timer | null = null;
  private running = false;

  /** @param apply puts the version in force now on everything of a scope. */
  constructor(
    private readonly clock: Pick<Clock, 'now'>,
    private readonly timers: Pick<Timers, 'after'>,
    private readonly apply: (scope: TenantScope, versions: readonly V[]) => void,
    /** The real moment at which a scope's schedule changes that says so. */
    private readonly realTime: (scope: TenantScope, business: EpochMs) => EpochMs = (_scope, business) => business,
  ) {}

  /** Takes a scope's versions as they were read just now; what is in force already is the caller's to apply. */
  note(scope: TenantScope, versions: readonly V[]): void {
    const now = this.clock.now();
    const next = earliest(versions.map(({ effectiveFrom }) => this.realTime(scope, effectiveFrom)).filter((time) => time > now));
    if (next === null) this.announced.delete(scopeKey(scope));
    else this.announced.set(scopeKey(scope), { scope, versions, next });
    if (this.running) this.arm();
  }

  /** As `note`, and puts what is in force now on everything of the scope. */
  take(scope: TenantScope, versions: readonly V[]): void {
    this.note(scope, versions);
    this.apply(scope, versions);
  }

  /** A scope's clock changed: what it announced comes into force at other moments, perhaps now. */
  retime(scope: TenantScope): void {
    const announced = this.announced.get(scopeKey(scope));
    if (announced !== undefined) this.take(scope, announced.versions);
  }

  start(): void {
    this.running = true;
    this.look();
  }

  stop(): void {
    this.running = false;
    this.timer?.cancel();
    this.timer = null;
  }

  private look(): void {
    const now = this.clock.now();
    for (const { scope, versions, next } of [...this.announced.values()]) if (next <= now) this.take(scope, versions);
    this.arm();
  }

  private arm(): void {
    this.timer?.cancel();
    this.timer = null;
    const first = earliest([...this.announced.values()].map(({ next }) => next));
    if (first === null) return;
    this.timer = this.timers.after(Math.min(Math.max(0, first - this.clock.now()), WAIT_MAX_MS), () => this.look());
  }
}

const earliest = (times: readonly EpochMs[]): EpochMs | null =>
  times.reduce<EpochMs | null>((first, time) => (first === null || time < first ? time : first), null);
