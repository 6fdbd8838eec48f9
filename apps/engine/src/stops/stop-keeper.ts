import { type EpochMs, price, size, type TenantScope, type Timer, toLots } from '@lockstep/kernel';
import { pause } from '@lockstep/platform';
import { nextCopyState } from '@lockstep/roster';
import { bookedSizes, type StandingOrderRow } from '@lockstep/storage';
import { WORKING_BATCH_MAX } from '@lockstep/venues/port';
import type { Bookkeeper } from '../books/bookkeeper';
import type { FillCollector } from '../books/collect-fills';
import type { EngineContext } from '../context';
import { copyStateOf } from '../state/load-scope';
import type { Network } from '../state/networks';
import type { AccountRecord, CopyRecord } from '../state/registry';
import { ASK, type AskRank, asksNow, type DueAsk } from './ask-order';
import { verifyMs } from './rest-times';
import { sendStops } from './send-stops';
import { settleStop } from './settle-stops';
import { isMet, type StandingStop } from './standing-stops';
import { triggerOf } from './stop-journal';
import { isSettled, type StopPace, type StopTask, stopTasks } from './stop-tasks';

/**
 * Keeps a reduce-only stop at the venue for every position of a copy with a loss limit, so that the limit holds while no engine runs (product §2.10). It looks at
 * some copies at a time, behind the waves and within a pace of its own, asks for what it does not know, and cancels what nothing needs any more.
 */
export class StopKeeper {
  private timer: Timer | null = null;
  /** Where the look at all copies goes on. */
  private turn: Iterator<CopyRecord> | null = null;
  /** Accounts with an action of ours on its way. */
  private readonly sending = new Set<AccountRecord>();
  private readonly asking = new Map<StandingStop, AskRank>();
  /** Actions each network may still take of us, and when that was counted, monotonic ms. */
  private readonly room = new Map<Network, { actions: number; at: number }>();
  private readonly paces = new Map<string, { changedAt: EpochMs; quietUntil: EpochMs }>();
  private readonly pace: StopPace = {
    changedAt: (copyNo, coin) => this.paces.get(`${copyNo} ${coin}`)?.changedAt ?? 0,
    quietUntil: (copyNo, coin) => this.paces.get(`${copyNo} ${coin}`)?.quietUntil ?? 0,
  };
  private lastTurnAt = 0;

  constructor(
    private readonly ctx: EngineContext,
    private readonly books: Bookkeeper,
    private readonly collector: FillCollector,
  ) {}

  start(): void {
    this.timer ??= this.ctx.timers.every(this.ctx.limits.stopLookMs, () => this.look());
  }

  /** Resolves once nothing of it is on its way. */
  async stop(): Promise<void> {
    this.timer?.cancel();
    this.timer = null;
    while (this.sending.size + this.asking.size > 0) await pause(this.ctx.timers, 1);
  }

  /** Takes stops an earlier process left into memory: each is asked for before anything else is done about it. */
  async restore(scope: TenantScope, rows: readonly StandingOrderRow[]): Promise<void> {
    if (rows.length === 0) return;
    const ids = rows.map(({ orderId }) => orderId);
    const booked = await this.ctx.storage.scoped(scope, (unit) => bookedSizes(unit, ids), { readOnly: true });
    for (const row of rows) {
      const stop = this.restored(scope, row, booked.get(row.orderId) ?? 0n);
      if (stop === null) this.ctx.log.error('a stop stands for an account or instrument that is not known', { clientOrderId: row.clientOrderId });
      else this.ctx.standingStops.add(stop);
    }
  }

  /** Breaks copies whose stop was filled and whose process died before it wrote that down. Call it before anything new is planned for them. */
  breakFilled(): void {
    for (const stop of this.ctx.standingStops.all()) {
      const copy = this.ctx.registry.copies.get(stop.copyNo);
      const state = copy === undefined ? null : copyStateOf(copy.state);
      if (copy === undefined || state === null || stop.mirror !== null || stop.bookedLots === 0 || nextCopyState(state, 'break') === null) continue;
      this.ctx.standingStops.onTriggered(copy);
    }
  }

  /** One turn: asks for what is due and looks at some copies. Returns at once. */
  look(): void {
    if (this.ctx.sending.busy && this.ctx.clock.monotonic() - this.lastTurnAt < this.ctx.limits.deferMaxMs) return;
    this.lastTurnAt = this.ctx.clock.monotonic();
    this.askDue();
    this.cancelOrphans();
    for (let looked = 0; looked < this.ctx.limits.stopLooksMax; looked += 1) {
      this.turn ??= this.ctx.registry.copies.values();
      const next = this.turn.next();
      if (next.done === true) {
        this.turn = null;
        return;
      }
      this.lookAt(next.value);
    }
  }

  /** Looks at one copy now. Returns at once. */
  lookAt(copy: CopyRecord): void {
    const { account } = copy;
    if (this.isBusy(account)) return;
    const tasks = this.admitted(stopTasks(this.ctx, copy, this.pace));
    if (tasks.length > 0) this.send(account, tasks.slice(0, WORKING_BATCH_MAX));
  }

  /** Sends what is due about mirrors of one account, in the order given; each is one action. Nothing leaves while the account is busy, or without a key. */
  submit(account: AccountRecord, given: readonly (readonly StopTask[])[], onRefused: (stop: StandingStop) => void): void {
    const actions = given.map((tasks) => this.admitted(tasks)).filter((tasks) => tasks.length > 0);
    if (actions.length === 0 || this.isBusy(account) || !account.signs) return;
    this.sending.add(account);
    const send = async (): Promise<void> => {
      for (const tasks of actions) await sendStops(this.ctx, this.books, account, tasks, onRefused);
    };
    void send()
      .catch((failure: unknown) => this.ctx.log.error('mirrored orders could not be kept', { venueAccountNo: account.no, error: failure }))
      .finally(() => {
        this.sending.delete(account);
        this.askDue();
      });
  }

  /** Where no more orders may stand, what ends some goes on. */
  private admitted(tasks: readonly StopTask[]): readonly StopTask[] {
    return this.ctx.standingStops.isFull ? tasks.filter(({ kind }) => kind === 'cancel') : tasks;
  }

  private send(account: AccountRecord, tasks: readonly StopTask[]): void {
    if (!account.signs || !this.takeRoom(account.network, new Set(tasks.map(({ kind }) => kind)).size)) return;
    this.sending.add(account);
    const now = this.ctx.clock.now();
    for (const task of tasks) if (task.kind !== 'cancel') this.note(task.copy.no, task.sheet.instrument.coin, { changedAt: now });
    const onRefused = (stop: StandingStop): void =>
      this.note(stop.copyNo, stop.instrument.coin, { quietUntil: this.ctx.clock.now() + this.ctx.limits.stopRetryMs });
    void sendStops(this.ctx, this.books, account, tasks, onRefused)
      .catch((failure: unknown) => this.ctx.log.error('protective stops could not be kept', { venueAccountNo: account.no, error: failure }))
      .finally(() => this.sending.delete(account));
  }

  /** While an answer about one of an account's stops is awaited, nothing new is decided there. */
  isBusy(account: AccountRecord): boolean {
    if (this.sending.has(account)) return true;
    // Few are asked about at a time, and an account may have many.
    for (const stop of this.asking.keys())
      if (stop.account.index === account.index && this.ctx.standingStops.find(stop.clientOrderId) === stop) return true;
    return false;
  }

  private note(copyNo: number, coin: string, change: { readonly changedAt?: EpochMs; readonly quietUntil?: EpochMs }): void {
    const key = `${copyNo} ${coin}`;
    if (this.paces.size > this.ctx.limits.openOrdersMax) this.paces.clear();
    this.paces.set(key, { changedAt: 0, quietUntil: 0, ...this.paces.get(key), ...change });
  }

  private takeRoom(network: Network, actions: number): boolean {
    const { stopActionsPerSecond } = this.ctx.limits;
    const now = this.ctx.clock.monotonic();
    const known = this.room.get(network) ?? { actions: stopActionsPerSecond, at: now };
    known.actions = Math.min(stopActionsPerSecond, known.actions + ((now - known.at) / 1_000) * stopActionsPerSecond);
    known.at = now;
    this.room.set(network, known);
    if (known.actions < Math.min(actions, stopActionsPerSecond)) return false;
    known.actions -= actions;
    return true;
  }

  private askDue(): void {
    const now = this.ctx.clock.now();
    const due: DueAsk[] = [];
    for (const stop of this.ctx.standingStops.all()) {
      if (this.asking.has(stop) || this.sending.has(stop.account)) continue;
      const rank = this.rankOf(stop, now);
      if (rank !== null) due.push({ stop, rank });
    }
    if (due.length === 0) return;
    const under = [...this.asking].map(([stop, rank]) => ({ stop, rank }));
    for (const { stop, rank } of asksNow(due, under, this.ctx.limits.stopAsksMax)) {
      this.asking.set(stop, rank);
      void settleStop(this.ctx, this.books, this.collector, stop)
        .catch((failure: unknown) =>
          this.ctx.log.error('a protective stop could not be settled', { clientOrderId: stop.clientOrderId, error: failure }),
        )
        .finally(() => this.asking.delete(stop));
    }
  }

  /** How soon a stop is asked for; null: not now. One whose trigger the mark has met is at once, others are at their time. */
  private rankOf(stop: StandingStop, now: EpochMs): AskRank | null {
    const met = stop.state === 'standing' && isMet(stop);
    if (met && stop.askAt <= now + verifyMs(this.ctx, stop) - this.ctx.limits.unknownIntervalMs) return ASK.met;
    if (stop.askAt > now) return null;
    const waits = stop.askAt <= 0 || stop.state !== 'standing' || stop.end !== null || stop.toldLots > stop.bookedLots;
    return waits ? ASK.waits : ASK.routine;
  }

  /** Stops of copies that are gone: nothing looks at those any more. */
  private cancelOrphans(): void {
    const now = this.ctx.clock.now();
    for (const stop of this.ctx.standingStops.all()) {
      if (this.ctx.registry.copies.has(stop.copyNo) || this.isBusy(stop.account) || !isSettled(stop) || stop.cancelAt > now) continue;
      this.send(stop.account, [{ kind: 'cancel', standing: stop, why: 'not_needed' }]);
    }
  }

  private restored(scope: TenantScope, row: StandingOrderRow, booked: bigint): StandingStop | null {
    const account = this.ctx.registry.accountsByNo.get(Number(row.venueAccountNo));
    const view = account?.network.markets.get(row.coin);
    if (account === undefined || view === undefined) return null;
    const { signer, formerSigner } = account;
    return {
      clientOrderId: row.clientOrderId,
      orderId: row.orderId,
      createdAt: row.createdAt,
      account,
      scope,
      copyNo: Number(row.copyNo),
      copyId: row.copyId,
      leaderId: row.leaderId,
      settingsVersion: row.settingsVersion,
      instrument: view.instrument,
      buy: row.buy,
      size: size(row.size),
      price: price(row.price),
      trigger: row.triggerPrice === null ? null : price(row.triggerPrice),
      mirror:
        row.leaderOrderId === null || row.leaderSize === null
          ? null
          : {
              leaderOrderId: row.leaderOrderId,
              basis: toLots(view.instrument, size(row.leaderSize)),
              reduceOnly: row.reduceOnly,
              trigger: triggerOf(row),
              owed: 0,
            },
      nonce: Number(row.nonce),
      signers: formerSigner === null ? [signer] : [signer, formerSigner],
      replaces: row.replaces,
      state: row.status,
      sentBefore: row.status === 'sent',
      endNonce: row.endNonce === null ? null : Number(row.endNonce),
      endsBefore: row.status === 'ending',
      leftBy: this.ctx.clock.monotonic(),
      spentAt: null,
      askAt: 0,
      doubted: false,
      cancelsRefused: 0,
      cancelAt: 0,
      end: null,
      filledLots: null,
      bookedLots: toLots(view.instrument, size(booked)),
      toldLots: toLots(view.instrument, size(booked)),
    };
  }
}
