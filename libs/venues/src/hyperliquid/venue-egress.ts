import type { Clock, EpochMs } from '@lockstep/kernel';
import { Departures, EgressScheduler, type EgressStanding, forecast, type QueuedClass, standingOf } from '../egress';
import type { LeavingOrders, WaveForecast } from '../port';
import { BudgetReads } from './budget-reads';
import { rejectCodeIndex } from './classify';
import type { HyperliquidConfig, VenueLog } from './config';
import {
  COMPARISON_WEIGHT,
  EITHER_WAY_COST,
  HTTP_ACTION_COST,
  HYPERLIQUID_ADDRESS_LIMITS,
  hyperliquidIpLimits,
  readCost,
  socketCost,
  UPKEEP_COST,
} from './egress-limits';
import { isUrgentRead, rowsWeight } from './read-weights';
import { egressOf } from './submit/partition';
import { WaitingReads } from './waiting-reads';

/** Rows that wait to be released, as the pump sees them. */
export interface PacedRows {
  /** False as soon as what has not left must not leave any more: it is asked before anything is granted. */
  goesOn(): boolean;
  /** Sends rows; gives back how many of them do not leave. */
  release(cls: QueuedClass, rows: readonly number[]): number;
}

/** How often rows that wait are asked whether they still may leave, in ms: what a stop takes at most to act on them. */
const LOOK_MS = 250;
/** How long reads leave an address alone that took no connection. */
const UNREACHABLE_MS = 10_000;
const IP_REFUSED = rejectCodeIndex('ip_rate_limited');
const EXPIRED = rejectCodeIndex('expired');
/** What an action that came too late costs its account beyond the one request that was counted (facts §11.2: five). */
const EXPIRED_COSTS_MORE = 4;
const ACCOUNT_REFUSED = rejectCodeIndex('address_rate_limited');

/**
 * The egress addresses of one venue: how its orders, other actions and reads leave. The scheduler decides; this keeps the clock, the waiting promises and the log.
 * Without limits there is no scheduler, nothing waits and reads take turns over the addresses.
 */
export class VenueEgress {
  readonly scheduler: EgressScheduler | null;
  readonly budgetReads: BudgetReads;
  private readonly paced = new Map<number, PacedRows>();
  private readonly actions = new Map<number, (may: boolean) => void>();
  private readonly announced = new Set<LeavingOrders>();
  private readonly reads: WaitingReads;
  private readonly refusals: number[];
  /** By address: reads leave from others until then, monotonic ms. */
  private readonly unreachableUntil: number[] = [];
  private nextToken = 1;
  private turn = 0;
  private timer: NodeJS.Timeout | null = null;
  private closed = false;
  private pumping = false;
  private again = false;

  constructor(
    private readonly config: HyperliquidConfig,
    private readonly clock: Clock,
    private readonly log: VenueLog,
  ) {
    const { egress, rateLimits, maxInFlight } = config;
    this.refusals = egress.map(() => 0);
    this.budgetReads = new BudgetReads(() => this.now());
    this.reads = new WaitingReads(config.readsWaitingMax, config.readWaitMaxMs);
    this.scheduler =
      rateLimits === null
        ? null
        : new EgressScheduler({
            ips: egress.length,
            limits: hyperliquidIpLimits({ ...rateLimits, inFlightMax: maxInFlight }),
            accounts: HYPERLIQUID_ADDRESS_LIMITS,
            actionCost: socketCost(rateLimits),
          });
  }

  ipOf(signer: number): number {
    return egressOf(signer, this.config.workers, this.config.egress.length);
  }

  /** Puts rows in line; each leaves by `rows.release` when it may. Ends with `end`. */
  begin(
    rows: PacedRows,
    lines: readonly { readonly ip: number; readonly cls: QueuedClass; readonly rows: Int32Array; readonly accounts: Int32Array }[],
  ): number {
    const scheduler = this.limited();
    const flow = scheduler.open();
    this.paced.set(flow, rows);
    for (const { ip, cls, rows: tokens, accounts } of lines) scheduler.ask(ip, flow, cls, { tokens, accounts, count: tokens.length });
    this.pump();
    return flow;
  }

  /** Nothing that is put in line leaves any more. */
  get isClosed(): boolean {
    return this.closed;
  }

  end(flow: number): void {
    this.paced.delete(flow);
    this.scheduler?.close(flow);
  }

  /** Resolves when an action that is no order may leave; false: the venue was closed before. */
  async act(ip: number, account: number, cancels: boolean): Promise<boolean> {
    const { scheduler } = this;
    if (scheduler === null) return true;
    if (this.closed) return false;
    const token = this.nextToken;
    this.nextToken += 1;
    const flow = scheduler.open();
    const may = new Promise<boolean>((resolve) => this.actions.set(token, resolve));
    scheduler.ask(ip, flow, 'control', { tokens: [token], accounts: [account], count: 1, cancels });
    this.pump();
    const left = await may;
    scheduler.close(flow);
    return left;
  }

  /** A row or action that left was answered, or given up. */
  answered(ip: number, cls: QueuedClass, tookMs: number): void {
    this.scheduler?.answered(ip, cls, tookMs, this.now());
  }

  /** The venue refused something for a limit of the address. */
  refused(ip: number): void {
    const now = this.now();
    this.refusals[ip] = (this.refusals[ip] ?? 0) + 1;
    if (this.scheduler === null) return;
    const before = this.scheduler.budget(ip).pausedUntil(now);
    this.scheduler.refused(ip, now);
    const until = this.scheduler.budget(ip).pausedUntil(now);
    if (until > before) this.log({ level: 'warn', event: 'venue_egress_paused', fields: { egress: ip + 1, pauseMs: Math.round(until - now) } });
  }

  /** A row that was let go did not leave: its account has its request back. */
  kept(account: number): void {
    this.scheduler?.accounts.giveBack(account);
  }

  /** Traded volume raises what an account may ask of the venue: whole units of currency. */
  traded(account: number, units: number): void {
    this.scheduler?.accounts.traded(account, units);
  }

  /** Takes a refusal of a row or action: what it says of the address or of the account. `code` is a reject code's index. */
  refusedFor(ip: number, account: number, code: number): void {
    if (code === IP_REFUSED) this.refused(ip);
    if (account < 0 || this.scheduler === null) return;
    const { accounts } = this.scheduler;
    if (code === EXPIRED) accounts.spend(account, EXPIRED_COSTS_MORE, this.now());
    if (code !== ACCOUNT_REFUSED) return;
    accounts.refused(account, this.now());
    this.budgetReads.again(account);
  }

  /** A row or action of an account was answered: when it has little left, the venue is asked how little. */
  accountAnswered(account: number): void {
    if (account >= 0 && this.scheduler !== null) this.budgetReads.left(account, this.scheduler.accounts.left(account));
  }

  /** A request that was let leave from another address leaves from this one. */
  moved(ip: number): void {
    this.scheduler?.note(ip, 'control', EITHER_WAY_COST, 1, this.now());
  }

  /** An address took no connection for a read: reads leave from others for a while, instead of failing where most room is. */
  unreachable(ip: number): void {
    this.unreachableUntil[ip] = this.now() + UNREACHABLE_MS;
    this.scheduler?.avoid(ip, this.now() + UNREACHABLE_MS);
  }

  /** Lanes of an address are open, or some are not: its orders may then go over HTTP, which costs weight whatever a post costs. */
  setLanes(ip: number, open: boolean): void {
    const { rateLimits } = this.config;
    if (this.scheduler === null || rateLimits === null) return;
    const socket = socketCost(rateLimits);
    const either = { ...socket, meters: socket.meters.map((cost, meter) => Math.max(cost, HTTP_ACTION_COST.meters[meter] ?? 0)) };
    this.scheduler.setActionCost(ip, open ? socket : either);
  }

  /** Resolves to the address a read may leave from; null: there was no room for too long. */
  async read(type: string, urgent = isUrgentRead(type)): Promise<number | null> {
    const { scheduler, config } = this;
    if (scheduler === null) {
      return this.takeTurn(config.egress.length);
    }
    const waiting = this.closed ? null : this.reads.add(type, urgent, this.now());
    this.pump();
    return await waiting;
  }

  private takeTurn(addresses: number): number {
    for (let step = 0; step < addresses; step += 1) {
      this.turn = (this.turn + 1) % addresses;
      if ((this.unreachableUntil[this.turn] ?? 0) <= this.now()) break;
    }
    return this.turn;
  }

  /** Counts pings and subscriptions that leave through an address, and says how many more may in this minute: what a plan of connections draws on. */
  upkeep(ip: number, messages: number): number {
    const { scheduler } = this;
    if (scheduler === null) return Number.POSITIVE_INFINITY;
    scheduler.note(ip, 'upkeep', UPKEEP_COST, messages, this.now());
    return scheduler.budget(ip).room('upkeep', UPKEEP_COST, this.now());
  }

  /** What a read's answer adds to its cost. */
  readAnswered(ip: number, type: string, answer: unknown): void {
    const extra = this.scheduler === null ? 0 : rowsWeight(type, answer);
    if (extra > 0) this.scheduler?.budget(ip).spend('read', readCost(extra), 1, this.now());
  }

  announce(orders: LeavingOrders): () => void {
    this.announced.add(orders);
    return () => this.announced.delete(orders);
  }

  departures(): Departures {
    const now = this.now();
    return new Departures(this.ahead(), (signer) => this.ipOf(signer), now, this.clock.now() - now);
  }

  forecast(orders: LeavingOrders): WaveForecast {
    const { endsInMs, limitedBy } = forecast(this.ahead(), this.mixesOf(orders), this.now());
    return { endsAt: Number.isFinite(endsInMs) ? Math.round(this.clock.now() + endsInMs) : endsInMs, limitedBy };
  }

  standing(): EgressStanding {
    const labels = this.config.egress.map(({ label }) => label);
    return standingOf(this.limited(), labels, this.refusals, this.now(), this.epoch());
  }

  comparisonsPerMinute(): number {
    const scheduler = this.limited();
    const [meter] = scheduler.order.limits.meters;
    const perAddress = meter?.kept.read ?? 0;
    return (perAddress * scheduler.ips * 60_000) / scheduler.order.limits.windowMs / COMPARISON_WEIGHT;
  }

  /** Nothing leaves any more; what waits is told so. */
  close(): void {
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    for (const resolve of this.actions.values()) resolve(false);
    this.actions.clear();
    this.reads.end();
  }

  /** Lets leave what may, and comes back when more may. Called whenever something was asked or answered. */
  pump(): void {
    const { scheduler } = this;
    if (scheduler === null || this.closed) return;
    this.again = true;
    // What is released may end at once and ask again from inside.
    if (this.pumping) return;
    this.pumping = true;
    try {
      while (this.again) {
        this.again = false;
        this.turnOnce(scheduler);
      }
    } finally {
      this.pumping = false;
    }
  }

  private turnOnce(scheduler: EgressScheduler): void {
    for (const [flow, rows] of [...this.paced]) if (!rows.goesOn()) this.end(flow);
    const now = this.now();
    for (let ip = 0; ip < scheduler.ips; ip += 1) this.grant(scheduler, ip, now);
    this.reads.letGo(scheduler, now);
    this.comeBack(scheduler, now);
  }

  private grant(scheduler: EgressScheduler, ip: number, now: number): void {
    for (let unused = 1; unused > 0; ) {
      unused = 0;
      for (const { flow, cls, tokens } of scheduler.grant(ip, now)) {
        const rows = this.paced.get(flow);
        const kept = rows === undefined ? this.letActions(tokens) : rows.release(cls, tokens);
        if (kept > 0) scheduler.giveBack(ip, cls, kept, now);
        unused += kept;
      }
    }
  }

  private letActions(tokens: readonly number[]): number {
    let unknown = 0;
    for (const token of tokens) {
      const resolve = this.actions.get(token);
      this.actions.delete(token);
      if (resolve === undefined) unknown += 1;
      else resolve(true);
    }
    return unknown;
  }

  private comeBack(scheduler: EgressScheduler, now: number): void {
    let at = this.paced.size > 0 ? now + LOOK_MS : Number.POSITIVE_INFINITY;
    for (let ip = 0; ip < scheduler.ips; ip += 1) at = Math.min(at, scheduler.nextAt(ip, now).at);
    at = Math.min(at, this.reads.nextAt(scheduler, now));
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = Number.isFinite(at) ? setTimeout(() => this.pump(), Math.max(1, Math.ceil(at - now))) : null;
  }

  /** The scheduler as it stands, with what is announced in line. */
  private ahead(): EgressScheduler {
    const ahead = this.limited().copy();
    for (const orders of this.announced) {
      const flow = ahead.open();
      for (const [ip, mix] of this.mixesOf(orders).entries()) {
        ahead.ask(ip, flow, 'reduction', { tokens: { length: 0 }, count: mix.reduction });
        ahead.ask(ip, flow, 'entry', { tokens: { length: 0 }, count: mix.entry });
      }
    }
    return ahead;
  }

  private mixesOf({ count, signer, exit }: LeavingOrders): { reduction: number; entry: number }[] {
    const mixes = this.config.egress.map(() => ({ reduction: 0, entry: 0 }));
    for (let row = 0; row < count; row += 1) {
      const mix = mixes[this.ipOf(signer[row] ?? 0)];
      if (mix === undefined) continue;
      if (exit[row] === 1) mix.reduction += 1;
      else mix.entry += 1;
    }
    return mixes;
  }

  private limited(): EgressScheduler {
    if (this.scheduler === null) throw new Error('the venue has no limits that are kept to');
    return this.scheduler;
  }

  private now(): number {
    return this.clock.monotonic();
  }

  epoch(): EpochMs {
    return this.clock.now();
  }
}
