import { type Draws, draws } from './draws';
import type { ScenarioFault } from './faults';
import { isClockWrong } from './healing';
import { hasOrders } from './leader-orders';
import type { EngineStep, FaultStep } from './steps';

interface Open {
  readonly fault: number;
  readonly ends: number;
}

/** Windows open at one time. */
const OPEN_MOST = 3;
const QUIET_MS = [3_000, 22_000] as const;

/** One seed in so many has cuts after which what was missed stays unread, so often, so long, and so much longer unread. */
const MISSES_SEEDS_ONE_IN = 5;
const MISSES_QUIET_MS = [5_000, 20_000] as const;
const MISSES_CUT_MS = [1_500, 7_000] as const;
const MISSES_UNREAD_MS = [3_000, 9_000] as const;

/**
 * What cuts that stay unread are drawn from in a seed that has them; null: it has none. Not beside a leader who works with orders: what mirrors filled of an increase
 * that a state alone shows is the copy's, and nobody can tell how much of it that is.
 */
export const missesOf = (seed: number): Draws | null =>
  draws(seed, 'missed: whether').oneIn(MISSES_SEEDS_ONE_IN) && !hasOrders(seed) ? draws(seed, 'missed') : null;

/** Windows in which the links between the engine and what it talks to fail. */
export class ScenarioFaults {
  private readonly open: Open[] = [];
  private count = 0;
  private begins: number;
  private misses: number;

  constructor(
    private readonly draw: Draws,
    private readonly missing: Draws | null = null,
  ) {
    this.begins = draw.between(15_000, 30_000);
    this.misses = missing === null ? Number.POSITIVE_INFINITY : missing.between(...MISSES_QUIET_MS);
  }

  get nextAt(): number {
    return this.open.reduce((soonest, { ends }) => Math.min(soonest, ends), Math.min(this.begins, this.misses));
  }

  act(at: number): FaultStep[] {
    const ended = this.open.filter(({ ends }) => ends <= at);
    if (ended.length > 0) return ended.map((window) => this.end(window, at));
    if (this.missing !== null && this.misses <= at) return this.miss(at, this.missing);
    this.begins = at + this.draw.between(...QUIET_MS);
    if (this.open.length >= OPEN_MOST) return [];
    const { what, lastsMs } = drawFault(this.draw);
    return [this.begin(at, what, lastsMs)];
  }

  /** A cut of everything told of users, and what was missed stays unread for some time after it: what leaders did last before is told, and hides the rest. */
  private miss(at: number, draw: Draws): FaultStep[] {
    const cutMs = draw.between(...MISSES_CUT_MS);
    const unreadMs = cutMs + draw.between(...MISSES_UNREAD_MS);
    this.misses = at + unreadMs + draw.between(...MISSES_QUIET_MS);
    return [
      this.begin(at, { boundary: 'venue', kind: 'stream_dropped', of: 'users' }, cutMs),
      this.begin(at, { boundary: 'venue', kind: 'missed_unread', oneIn: 1 }, unreadMs),
    ];
  }

  private begin(at: number, what: ScenarioFault, lastsMs: number): FaultStep {
    const fault = this.count;
    this.count += 1;
    this.open.push({ fault, ends: at + lastsMs });
    return { at, kind: 'fault_begins', fault, what };
  }

  /** Ends every window. */
  heal(at: number): FaultStep[] {
    return [...this.open].map((window) => this.end(window, at));
  }

  rest(until: number): void {
    this.begins = until + this.draw.between(...QUIET_MS);
    if (this.missing !== null) this.misses = until + this.missing.between(...MISSES_QUIET_MS);
  }

  private end(window: Open, at: number): FaultStep {
    this.open.splice(this.open.indexOf(window), 1);
    return { at, kind: 'fault_ends', fault: window.fault };
  }
}

function drawFault(draw: Draws): { readonly what: ScenarioFault; readonly lastsMs: number } {
  const oneIn = draw.pick([1, 2, 3, 5, 10, 25]);
  const message = (kind: Extract<ScenarioFault, { oneIn: number; boundary: 'venue' }>['kind'] & string): ScenarioFault =>
    kind === 'slow_request' || kind === 'slow_answer'
      ? { boundary: 'venue', kind, oneIn, byMs: draw.pick([150, 600, 1_500, 2_600, 6_000, 12_000]) }
      : { boundary: 'venue', kind, oneIn };
  const of = draw.pick(['users', 'marks', 'all'] as const);
  const lastsMs = draw.skewed(600, 18_000);
  const short = draw.skewed(300, 8_000);
  return draw.weighted<{ readonly what: ScenarioFault; readonly lastsMs: number }>([
    [9, { what: message('request_lost'), lastsMs }],
    [12, { what: message('answer_lost'), lastsMs }],
    [6, { what: message('request_twice'), lastsMs }],
    [5, { what: message('refused_429'), lastsMs }],
    [5, { what: message('server_error'), lastsMs }],
    [6, { what: message('read_failing'), lastsMs }],
    [5, { what: message('stream_duplicate'), lastsMs }],
    [5, { what: message('stream_disorder'), lastsMs }],
    [6, { what: message('slow_request'), lastsMs }],
    [6, { what: message('slow_answer'), lastsMs }],
    [8, { what: { boundary: 'venue', kind: 'stream_dropped', of }, lastsMs }],
    [6, { what: { boundary: 'venue', kind: 'stream_silent', of }, lastsMs }],
    [6, { what: { boundary: 'database', kind: 'down' }, lastsMs: short }],
    [6, { what: { boundary: 'database', kind: 'slow', byMs: draw.pick([20, 100, 400, 1_500]) }, lastsMs }],
    [6, { what: { boundary: 'database', kind: 'commit_unknown', oneIn }, lastsMs: short }],
    [5, { what: { boundary: 'wake_ups', kind: 'lost', oneIn }, lastsMs }],
  ]);
}

const LIFE_MS = [12_000, 130_000] as const;
const DEAD_MS = [150, 14_000] as const;
/** How long a named point is waited for. */
const POINT_WAIT_MS = [2_000, 15_000] as const;
const CLOCK_OFFSETS_MS = [0, -40, 40, -150, 150, -300, 300, -1_500, 1_500] as const;
const STEADY_OFFSETS_MS = CLOCK_OFFSETS_MS.filter((ms) => !isClockWrong(ms));
const NTH_MOST = 6;

/** Lives and deaths of engine processes: one leads, at times another one tries to. */
export class ScenarioEngines {
  private living: number | null = null;
  private count = 0;
  private offsetMs = 0;
  /** By then an engine that was told to die is dead. */
  private deadBy = 0;
  nextAt = 0;

  constructor(
    private readonly draw: Draws,
    private readonly points: readonly string[],
  ) {}

  act(at: number): EngineStep[] {
    if (this.living === null) return this.start(at);
    return this.draw.weighted<() => EngineStep[]>([
      [60, () => this.die(at)],
      [20, () => this.second(at)],
      [20, () => this.shift(at)],
    ])();
  }

  /** When an engine may be started at the earliest, if one has to be. */
  get healsAt(): number {
    return this.living === null ? this.deadBy + DEAD_MS[0] : 0;
  }

  /** An engine leads from now on, and its clock is about right. */
  heal(at: number): EngineStep[] {
    const put = isClockWrong(this.offsetMs) ? this.putClock(at, 0) : [];
    return [...put, ...(this.living === null ? this.start(at) : [])];
  }

  rest(until: number): void {
    this.nextAt = until + this.draw.between(...LIFE_MS);
  }

  private start(at: number): EngineStep[] {
    const engine = this.next();
    this.living = engine;
    this.nextAt = at + this.draw.skewed(...LIFE_MS);
    return [{ at, kind: 'engine_starts', engine, expected: 'leads' }];
  }

  private second(at: number): EngineStep[] {
    this.nextAt = at + this.draw.skewed(...LIFE_MS);
    return [{ at, kind: 'engine_starts', engine: this.next(), expected: 'refused' }];
  }

  private die(at: number): EngineStep[] {
    const { draw, points, living } = this;
    if (living === null) return [];
    this.living = null;
    const isAtPoint = points.length > 0 && !draw.oneIn(3);
    const latestMs = isAtPoint ? draw.between(...POINT_WAIT_MS) : 0;
    this.deadBy = at + latestMs;
    this.nextAt = this.deadBy + draw.skewed(...DEAD_MS);
    return [{ at, kind: 'engine_dies', engine: living, point: isAtPoint ? draw.pick(points) : null, nth: draw.skewed(1, NTH_MOST), latestMs }];
  }

  private shift(at: number): EngineStep[] {
    this.nextAt = at + this.draw.skewed(...LIFE_MS);
    const offsets = isClockWrong(this.offsetMs) ? STEADY_OFFSETS_MS : CLOCK_OFFSETS_MS.filter((offset) => offset !== this.offsetMs);
    return this.putClock(at, this.draw.pick(offsets));
  }

  private putClock(at: number, ms: number): EngineStep[] {
    this.offsetMs = ms;
    return [{ at, kind: 'clock_offset', ms }];
  }

  private next(): number {
    this.count += 1;
    return this.count - 1;
  }
}
