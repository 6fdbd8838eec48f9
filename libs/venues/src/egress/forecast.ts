import type { Bound } from './ip-budget';
import { QUEUED, type QueuedClass } from './limits';
import { EgressScheduler } from './scheduler';

/** How many requests of each class a wave has. */
export type ClassMix = Readonly<Partial<Record<QueuedClass, number>>>;

export interface IpForecast {
  readonly requests: number;
  /** Last request left and last answer, in ms from now. */
  readonly lastSentMs: number;
  readonly endsInMs: number;
}

export interface EgressForecast {
  /** Until the last answer, in ms from now; Infinity when some request can never leave. */
  readonly endsInMs: number;
  /** Until the last reduction's answer. */
  readonly reductionsEndInMs: number;
  readonly perIp: readonly IpForecast[];
  /** What the address that ends last waits for longest: a meter's name, `in_flight`, `address`, `backoff`; null: for its answers alone. */
  readonly limitedBy: Bound | null;
}

const NO_TOKENS: ArrayLike<number> = { length: 0 };
/** Turns of one forecast; a wave that needs more ends later than anybody waits. */
const TURNS_MAX = 100_000;

/**
 * How long a wave takes if it begins now, behind and beside what waits already: the scheduler itself is run forward on a copy, with answers after their
 * mean time. `mixes` names the wave's requests by address; one mix for all is divided evenly, as signers are.
 */
export function forecast(scheduler: EgressScheduler, mixes: ClassMix | readonly ClassMix[], now: number): EgressForecast {
  const ahead = scheduler.copy();
  const flow = ahead.open();
  const shares = isList(mixes) ? mixes : evenly(mixes, ahead.ips);
  const runs = shares.map((mix, ip) => runOut(ahead, ip, flow, mix, now));
  const last = runs.reduce<Run | null>((latest, run) => (latest === null || run.endsInMs > latest.endsInMs ? run : latest), null);
  return {
    endsInMs: last?.endsInMs ?? 0,
    reductionsEndInMs: Math.max(0, ...runs.map((run) => run.reductionsEndInMs)),
    perIp: runs.map(({ requests, lastSentMs, endsInMs }) => ({ requests, lastSentMs, endsInMs })),
    limitedBy: last?.limitedBy ?? null,
  };
}

/** Rested addresses that a wave needs to have its last answer within `targetMs`; null: no number of them is enough, because one answer takes longer. */
export function ipsNeeded(scheduler: EgressScheduler, mix: ClassMix, targetMs: number): number | null {
  const total = QUEUED.reduce((sum, cls) => sum + (mix[cls] ?? 0), 0);
  if (total === 0) return 1;
  const { order } = scheduler;
  const answerMs = Math.max(...Array.from({ length: scheduler.ips }, (_, ip) => scheduler.budget(ip).answerMs));
  const ends = (ips: number): number => {
    const rested = new EgressScheduler({ ...order, ips: 1 });
    rested.budget(0).answerMs = answerMs;
    // The address with most of the wave ends last.
    const [share = {}] = evenly(mix, ips);
    return forecast(rested, [share], 0).endsInMs;
  };
  if (ends(total) > targetMs) return null;
  let [few, enough] = [0, total];
  while (enough - few > 1) {
    const middle = Math.floor((few + enough) / 2);
    if (ends(middle) <= targetMs) enough = middle;
    else few = middle;
  }
  return enough;
}

/** The part of each address: as even as whole numbers allow, the first ones take the rest. */
export function evenly(mix: ClassMix, ips: number): ClassMix[] {
  return Array.from({ length: ips }, (_, ip) =>
    Object.fromEntries(QUEUED.map((cls) => [cls, Math.floor((mix[cls] ?? 0) / ips) + (ip < (mix[cls] ?? 0) % ips ? 1 : 0)])),
  );
}

interface Run extends IpForecast {
  readonly reductionsEndInMs: number;
  readonly limitedBy: Bound | null;
}

/** Runs one address forward until the flow has nothing left there. Addresses do not depend on each other, but for accounts, which have one each. */
function runOut(ahead: EgressScheduler, ip: number, flow: number, mix: ClassMix, start: number): Run {
  const walk = new ForwardWalk(ahead, ip, start);
  let left = 0;
  for (const cls of QUEUED) {
    const count = mix[cls] ?? 0;
    left += count;
    ahead.ask(ip, flow, cls, { tokens: NO_TOKENS, count });
  }
  const requests = left;
  let [lastSent, reductionsSent] = [start, left > 0 && (mix.reduction ?? 0) > 0 ? start : Number.NEGATIVE_INFINITY];
  for (let turn = 0; left > 0; turn += 1) {
    const gone = walk.step(flow);
    if (gone === null || turn > TURNS_MAX)
      return {
        requests,
        lastSentMs: Number.POSITIVE_INFINITY,
        endsInMs: Number.POSITIVE_INFINITY,
        reductionsEndInMs: Number.POSITIVE_INFINITY,
        limitedBy: walk.longest,
      };
    left -= gone.own;
    if (gone.own > 0) lastSent = walk.now;
    if (gone.reductions > 0) reductionsSent = walk.now;
  }
  const answerMs = requests === 0 ? 0 : ahead.budget(ip).lastAnswerMs;
  return {
    requests,
    lastSentMs: lastSent - start,
    endsInMs: lastSent - start + answerMs,
    reductionsEndInMs: Math.max(0, reductionsSent - start + answerMs),
    limitedBy: walk.longest,
  };
}

/** One address of a copied scheduler, moved from one moment at which something may leave to the next. */
export class ForwardWalk {
  /** Requests without an answer: when it is expected, and how many. */
  private readonly unanswered: [number, number][] = [];
  private readonly waits = new Map<Bound, number>();
  private started = false;

  constructor(
    private readonly ahead: EgressScheduler,
    private readonly ip: number,
    public now: number,
  ) {
    const budget = ahead.budget(ip);
    if (budget.inFlight > 0) this.unanswered.push([now + budget.answerMs, budget.inFlight]);
  }

  /** What was waited for longest so far. */
  get longest(): Bound | null {
    let found: [Bound, number] | null = null;
    for (const [bound, ms] of this.waits) if (found === null || ms > found[1]) found = [bound, ms];
    return found?.[0] ?? null;
  }

  /** Lets what may leave now leave, after moving to the next such moment; null: nothing ever will. */
  step(flow: number): { readonly own: number; readonly reductions: number } | null {
    if (this.started && !this.moveOn()) return null;
    this.started = true;
    let [own, reductions, all] = [0, 0, 0];
    for (const grant of this.ahead.grant(this.ip, this.now)) {
      all += grant.tokens.length;
      if (grant.flow !== flow) continue;
      own += grant.tokens.length;
      if (grant.cls === 'reduction') reductions += grant.tokens.length;
    }
    if (all > 0) this.unanswered.push([this.now + this.ahead.budget(this.ip).answerMs, all]);
    return { own, reductions };
  }

  private moveOn(): boolean {
    const next = this.ahead.nextAt(this.ip, this.now);
    const [first] = this.unanswered;
    const answerAt = first?.[0] ?? Number.POSITIVE_INFINITY;
    const at = next.by === 'in_flight' || answerAt < next.at ? answerAt : next.at;
    if (!Number.isFinite(at)) return false;
    if (next.by !== null) this.waits.set(next.by, (this.waits.get(next.by) ?? 0) + (at - this.now));
    this.now = Math.max(this.now, at);
    while (this.unanswered[0] !== undefined && this.unanswered[0][0] <= this.now)
      this.ahead.budget(this.ip).release(this.unanswered.shift()?.[1] ?? 0);
    return true;
  }
}

const isList = (mixes: ClassMix | readonly ClassMix[]): mixes is readonly ClassMix[] => Array.isArray(mixes);
