import { CLASSES, type Cost, type EgressClass, type IpLimits, type MeterLimit } from './limits';
import { SpendWindow } from './spend-window';

/** What keeps a request from leaving. */
export type Bound = string;

class Meter {
  private readonly windows: ReadonlyMap<EgressClass, SpendWindow>;

  constructor(
    readonly limit: MeterLimit,
    windowMs: number,
    from?: Meter,
  ) {
    this.windows = new Map(CLASSES.map((each) => [each, from?.windows.get(each)?.copy() ?? new SpendWindow(windowMs)]));
  }

  of(cls: EgressClass): SpendWindow {
    const window = this.windows.get(cls);
    if (window === undefined) throw new RangeError(`no window of ${cls}`);
    return window;
  }

  used(now: number): number {
    let sum = 0;
    for (const window of this.windows.values()) sum += window.used(now);
    return sum;
  }

  /** What a class may still spend. `pressed`: orders wait, so that reads have what is held for them and no more. */
  room(cls: EgressClass, now: number, pressed: boolean): number {
    const { perWindow, kept } = this.limit;
    let room = perWindow;
    for (const [other, window] of this.windows) {
      const used = window.used(now);
      const held = other === cls ? 0 : (kept[other] ?? 0);
      room -= Math.max(used, held);
    }
    return Math.min(room, this.mostOf(cls, pressed) - this.of(cls).used(now));
  }

  /** First time at which `amount` fits, judged by what was spent until now. */
  readyAt(cls: EgressClass, amount: number, now: number, pressed: boolean): number {
    let at = now;
    // Each turn moves to the moment at which some slice is forgotten; there are finitely many.
    while (this.room(cls, at, pressed) < amount) {
      let next = Number.POSITIVE_INFINITY;
      for (const window of this.windows.values()) {
        const used = window.used(at);
        if (used > 0) next = Math.min(next, window.at(used - 1, at));
      }
      if (!Number.isFinite(next)) return next;
      at = next;
    }
    return at;
  }

  private mostOf(cls: EgressClass, pressed: boolean): number {
    const most = this.limit.most[cls] ?? this.limit.perWindow;
    return cls === 'read' && pressed ? Math.min(most, this.limit.kept.read ?? 0) : most;
  }
}

/** Share of a new answer in the mean: some fifty answers make it. */
const ANSWER_WEIGHT = 0.02;
/** The slowest of some hundred answers, in mean deviations from the mean. */
const SPREADS_OF_LAST = 3;
/** A pause that ended this long ago is forgotten: the next one begins short again. */
const BACKOFF_MEMORY_MS = 120_000;

/** Everything one egress address has: its meters, places for unanswered requests, and a pause when the venue complained. Times are monotonic ms. */
export class IpBudget {
  private meters: Meter[];
  private holds = 0;
  private heldUntil = 0;
  private backoffMs = 0;
  /** Mean time to an answer, and how far answers are from it in the mean. */
  answerMs: number;
  private spreadMs: number;

  constructor(
    readonly limits: IpLimits,
    from?: IpBudget,
  ) {
    this.meters = limits.meters.map((limit, index) => new Meter(limit, limits.windowMs, from?.meters[index]));
    this.holds = from?.holds ?? 0;
    this.heldUntil = from?.heldUntil ?? 0;
    this.backoffMs = from?.backoffMs ?? 0;
    this.answerMs = from?.answerMs ?? limits.answerMs;
    this.spreadMs = from?.spreadMs ?? 0;
  }

  /** The same state, to look ahead in: windows are forgotten as time passes, so looking ahead in the real one would lose them. */
  copy(): IpBudget {
    return new IpBudget(this.limits, this);
  }

  get inFlight(): number {
    return this.holds;
  }

  pausedUntil(now: number): number {
    return Math.max(now, this.heldUntil);
  }

  /** When the last of many answers is there, after the last request left. */
  get lastAnswerMs(): number {
    return this.answerMs + SPREADS_OF_LAST * this.spreadMs;
  }

  /** How many requests of this cost may leave now. */
  room(cls: EgressClass, cost: Cost, now: number, pressed = false): number {
    if (now < this.heldUntil) return 0;
    let room = cost.inFlight ? this.limits.inFlightMax - this.holds : Number.MAX_SAFE_INTEGER;
    for (const [index, meter] of this.meters.entries()) {
      const each = cost.meters[index] ?? 0;
      if (each > 0) room = Math.min(room, Math.floor(meter.room(cls, now, pressed) / each));
    }
    return Math.max(0, room);
  }

  /** Counts requests that leave now; a negative count takes back what was counted at this very moment. */
  spend(cls: EgressClass, cost: Cost, count: number, now: number): void {
    for (const [index, meter] of this.meters.entries()) {
      const amount = (cost.meters[index] ?? 0) * count;
      if (amount !== 0) meter.of(cls).spend(amount, now);
    }
    if (cost.inFlight) this.holds += count;
  }

  /** A request was answered, or given up, `tookMs` after it left. */
  answered(cls: EgressClass, cost: Cost, tookMs: number, now: number): void {
    if (cost.inFlight) this.holds = Math.max(0, this.holds - 1);
    this.spreadMs += (Math.abs(tookMs - this.answerMs) - this.spreadMs) * ANSWER_WEIGHT;
    this.answerMs += (tookMs - this.answerMs) * ANSWER_WEIGHT;
    if (tookMs <= this.limits.lateMs) return;
    for (const [index, meter] of this.meters.entries()) {
      const amount = cost.meters[index] ?? 0;
      if (amount > 0) meter.of(cls).delay(amount, now - tookMs, now);
    }
  }

  /** Gives places back without saying anything of time: for looking ahead. */
  release(count: number): void {
    this.holds = Math.max(0, this.holds - count);
  }

  /** The venue said that a limit was exceeded: somebody else uses this address, or it counts otherwise. Nothing leaves for a while, longer each time. */
  refused(now: number): void {
    if (now < this.heldUntil) return;
    const { backoffMinMs, backoffMaxMs } = this.limits;
    this.backoffMs = now - this.heldUntil > BACKOFF_MEMORY_MS ? backoffMinMs : Math.min(backoffMaxMs, Math.max(backoffMinMs, this.backoffMs * 2));
    this.heldUntil = now + this.backoffMs;
  }

  /** What the next request waits for, and until when; `places` frees with an answer, whose time only the caller knows. */
  bound(cls: EgressClass, cost: Cost, now: number, pressed = false): { readonly by: Bound; readonly until: number } | null {
    if (now < this.heldUntil) return { by: 'backoff', until: this.heldUntil };
    let found: { by: Bound; until: number } | null = null;
    const ahead = this.copy();
    for (const [index, meter] of ahead.meters.entries()) {
      const amount = cost.meters[index] ?? 0;
      if (amount === 0 || meter.room(cls, now, pressed) >= amount) continue;
      const until = meter.readyAt(cls, amount, now, pressed);
      if (found === null || until > found.until) found = { by: meter.limit.name, until };
    }
    if (found !== null) return found;
    return cost.inFlight && this.holds >= this.limits.inFlightMax ? { by: 'in_flight', until: Number.POSITIVE_INFINITY } : null;
  }

  /** Used of each meter, by class. */
  usage(now: number): readonly MeterUsage[] {
    return this.meters.map((meter) => ({
      name: meter.limit.name,
      used: meter.used(now),
      free: Math.max(0, meter.room('entry', now, false)),
      spends: CLASSES.map((cls) => meter.of(cls).spends(now)),
    }));
  }

  /** Takes over what another process told of this address: see `EgressStanding`. */
  restore(meters: readonly Pick<MeterUsage, 'spends'>[], inFlight: number, pausedMs: number, answerMs: number, now: number): void {
    this.meters = this.limits.meters.map((limit) => new Meter(limit, this.limits.windowMs));
    for (const [index, { spends }] of meters.entries()) {
      for (const [place, cls] of CLASSES.entries()) {
        for (const [ageMs, amount] of spends[place] ?? []) this.meters[index]?.of(cls).spend(amount, Math.max(0, now - ageMs));
      }
    }
    this.holds = inFlight;
    this.heldUntil = now + pausedMs;
    this.answerMs = answerMs;
  }
}

export interface MeterUsage {
  readonly name: string;
  readonly used: number;
  /** What entries may still spend now. */
  readonly free: number;
  /** By class, in the order of `CLASSES`: how long ago in ms, and how much. */
  readonly spends: readonly (readonly (readonly [number, number])[])[];
}
