import { AddressBudgets } from './address-budgets';
import { type Bound, IpBudget } from './ip-budget';
import { type AddressLimits, type Cost, type IpLimits, QUEUED, type QueuedClass } from './limits';
import { type Grant, type Rows, WaitingRows } from './waiting';

/** What a scheduler is made with. */
export interface EgressOrder {
  /** Egress addresses, at least one. */
  readonly ips: number;
  readonly limits: IpLimits;
  readonly accounts: AddressLimits;
  /** What one order or other action costs at an address. */
  readonly actionCost: Cost;
}

interface Egress {
  readonly budget: IpBudget;
  readonly waiting: WaitingRows;
  cost: Cost;
  /** Reads leave from others until then. */
  avoidUntil: number;
}

/**
 * The one place that decides what may leave, through which egress address and when. It is told the time (monotonic ms), acts on nothing and waits for nothing: rows wait in
 * it, `grant` says which may leave now, `nextAt` when to ask again. Invariants, whatever the order of calls:
 *  - no meter of an address is above its limit in any window, nor are more requests unanswered than may be;
 *  - an entry leaves only when no reduction that could leave waits at the same address;
 *  - an account that has used up its requests sends one per spacing;
 *  - a copy that is run forward grants at the same times, as long as nothing else is asked of the original and answers take their mean time.
 */
export class EgressScheduler {
  private readonly egress: readonly Egress[];
  readonly accounts: AddressBudgets;
  private readonly weights: Map<number, number>;
  private nextFlow: number;

  constructor(
    readonly order: EgressOrder,
    from?: EgressScheduler,
  ) {
    this.egress = Array.from({ length: order.ips }, (_, ip) => {
      const known = from?.egress[ip];
      return known === undefined
        ? { budget: new IpBudget(order.limits), waiting: new WaitingRows(), cost: order.actionCost, avoidUntil: 0 }
        : { budget: known.budget.copy(), waiting: known.waiting.copy(), cost: known.cost, avoidUntil: known.avoidUntil };
    });
    this.accounts = from?.accounts.copy() ?? new AddressBudgets(order.accounts);
    this.weights = new Map(from?.weights);
    this.nextFlow = from?.nextFlow ?? 1;
  }

  /** The same state, to run forward without touching this one. */
  copy(): EgressScheduler {
    return new EgressScheduler(this.order, this);
  }

  get ips(): number {
    return this.egress.length;
  }

  /** Begins a flow: one wave, or a single action. Flows of a class share an address by weight. */
  open(weight = 1): number {
    const flow = this.nextFlow;
    this.nextFlow += 1;
    this.weights.set(flow, Math.max(1, Math.floor(weight)));
    return flow;
  }

  /** Ends a flow and takes back its rows that have not been granted: they never leave. */
  close(flow: number): number[] {
    this.weights.delete(flow);
    return this.egress.flatMap(({ waiting }) => waiting.withdraw(flow));
  }

  ask(ip: number, flow: number, cls: QueuedClass, rows: Rows): void {
    this.at(ip).waiting.add(flow, cls, rows);
  }

  /** What one action costs at an address from now on, e.g. while it must go another way. */
  setActionCost(ip: number, cost: Cost): void {
    this.at(ip).cost = cost;
  }

  /** Rows that may leave through an address now, counted as spent. */
  grant(ip: number, now: number): readonly Grant[] {
    const { budget, waiting, cost } = this.at(ip);
    if (!waiting.any) return [];
    const granted: Grant[] = [];
    for (const cls of QUEUED) {
      if (waiting.count(cls) === 0) continue;
      const room = budget.room(cls, cost, now);
      if (room === 0) continue;
      const taken = waiting.take(cls, room, now, this.accounts, (flow) => this.weights.get(flow) ?? 1);
      const count = taken.reduce((sum, { tokens }) => sum + tokens.length, 0);
      if (count > 0) budget.spend(cls, cost, count, now);
      granted.push(...taken);
    }
    return granted;
  }

  /** When `grant` may have something again without an answer coming in; Infinity: not before one does, or nothing waits. */
  nextAt(ip: number, now: number): { readonly at: number; readonly by: Bound | null } {
    const { budget, waiting, cost } = this.at(ip);
    let next: { at: number; by: Bound | null } = { at: Number.POSITIVE_INFINITY, by: null };
    for (const cls of QUEUED) {
      if (waiting.count(cls) === 0) continue;
      const bound = budget.bound(cls, cost, now);
      const account = waiting.accountAt(cls);
      const at = Math.max(bound?.until ?? now, account);
      if (next.by === null || at < next.at) next = { at, by: account > (bound?.until ?? now) ? 'address' : (bound?.by ?? null) };
    }
    return next;
  }

  /** A granted row was answered, or given up, `tookMs` after it left. */
  answered(ip: number, cls: QueuedClass, tookMs: number, now: number): void {
    const { budget, cost } = this.at(ip);
    budget.answered(cls, cost, tookMs, now);
  }

  /** Granted rows that do not leave after all, e.g. because they are too old: what they cost is free again. Only right after they were granted. */
  giveBack(ip: number, cls: QueuedClass, count: number, now: number): void {
    const { budget, cost } = this.at(ip);
    budget.spend(cls, cost, -count, now);
  }

  /** The venue said that the address exceeded a limit. */
  refused(ip: number, now: number): void {
    this.at(ip).budget.refused(now);
  }

  /** Counts what has left, or leaves now, without asking: pings, subscriptions, a request that fell back to another way. */
  note(ip: number, cls: 'upkeep' | QueuedClass, cost: Cost, count: number, now: number): void {
    this.at(ip).budget.spend(cls, { ...cost, inFlight: false }, count, now);
  }

  /** Reads leave from other addresses until then, unless all are to be avoided. */
  avoid(ip: number, until: number): void {
    this.at(ip).avoidUntil = until;
  }

  /** The address through which a read of this cost may leave now, the one with most room; null: none has room. Reads stand back for what waits. */
  read(cost: Cost, now: number): number | null {
    let best: { ip: number; room: number } | null = null;
    for (const ip of this.readable(now)) {
      const { budget, waiting } = this.at(ip);
      const room = budget.room('read', cost, now, waiting.any);
      if (room > 0 && (best === null || room > best.room)) best = { ip, room };
    }
    if (best === null) return null;
    this.at(best.ip).budget.spend('read', cost, 1, now);
    return best.ip;
  }

  /** When a read of this cost may leave at the earliest; Infinity where orders that wait leave nothing. */
  readAt(cost: Cost, now: number): number {
    const readable = this.readable(now);
    return Math.min(
      ...this.egress.map(({ budget, waiting, avoidUntil }, ip) => {
        const until = budget.bound('read', cost, now, waiting.any)?.until ?? now;
        return readable.includes(ip) ? until : Math.max(until, avoidUntil);
      }),
    );
  }

  private readable(now: number): readonly number[] {
    const all = Array.from({ length: this.ips }, (_, ip) => ip);
    const good = all.filter((ip) => this.at(ip).avoidUntil <= now);
    return good.length > 0 ? good : all;
  }

  waiting(ip: number, cls: QueuedClass): number {
    return this.at(ip).waiting.count(cls);
  }

  budget(ip: number): IpBudget {
    return this.at(ip).budget;
  }

  private at(ip: number): Egress {
    const found = this.egress[ip];
    if (found === undefined) throw new RangeError(`no egress address ${ip} of ${this.egress.length}`);
    return found;
  }
}
