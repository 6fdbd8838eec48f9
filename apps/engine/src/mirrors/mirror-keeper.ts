import { type Timer, toExact } from '@lockstep/kernel';
import {
  beyondBounds,
  boundAhead,
  hangingAhead,
  type InstrumentSheet,
  kappaOf,
  leaderEquityColumn,
  MIN_ORDER_VALUE,
  type MirrorTask,
  type MirrorWishes,
  mirrorEntries,
  mirrorRoom,
  mirrorTasks,
  mirrorWishes,
  revalue,
} from '@lockstep/replication';
import type { Bookkeeper } from '../books/bookkeeper';
import { writeIntents } from '../commands/take-on-positions';
import type { EngineContext } from '../context';
import { meetInstrument, type OnAppeared } from '../state/meet-instrument';
import type { CopyRecord, WatchedAccount } from '../state/registry';
import type { StandingStop } from '../stops/standing-stops';
import type { StopKeeper } from '../stops/stop-keeper';
import { refreshPrices } from '../wave/plan-moves';
import type { WaveLanes } from '../wave/wave-lanes';
import { BlindTimes } from './blind-times';
import { cancelsOf, type DueIn, type MirrorActions, mirrorActions } from './mirror-actions';
import { endsMirrors, type KeptMirror, mirrorsIn, putTotals } from './mirror-totals';
import { MirrorTurns } from './mirror-turns';

/** A book is valued for mirrors at most so often, in ms: what they may take is judged once more right before it leaves. */
const VALUED_MS = 250;

const NOTHING: MirrorWishes = { wishes: [], bounds: { buy: 0, sell: 0 } };

/**
 * Keeps mirrors of a leader's working orders at the venue for copies with the policy `orders` (product §2.3), and what they filled ahead of the leader within
 * what his orders still stand for. It compares state with state, a few times a second and when something changed, so that a lost signal delays and never loses.
 */
export class MirrorKeeper {
  private timer: Timer | null = null;
  /** Copies whose turn in an instrument's lane to have what is ahead bounded is still to come. */
  private readonly bounding = new Map<InstrumentSheet, Set<CopyRecord>>();
  private readonly valuedAt = new Map<WatchedAccount, number>();
  private readonly quiet = new Map<string, number>();
  private readonly turns: MirrorTurns;
  private readonly blindTimes = new BlindTimes();
  /** Copies that mirrored when last looked at: one that does no more is looked at until nothing is left of it. */
  private readonly mirroring = new Set<number>();

  constructor(
    private readonly ctx: EngineContext,
    private readonly books: Bookkeeper,
    private readonly lanes: Pick<WaveLanes, 'alone'>,
    private readonly stops: Pick<StopKeeper, 'isBusy' | 'submit'>,
    private readonly onAppeared: OnAppeared,
  ) {
    this.turns = new MirrorTurns(ctx);
  }

  start(): void {
    this.timer ??= this.ctx.timers.every(this.ctx.limits.mirrorLookMs, () => this.look());
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = null;
  }

  /** Looks at the copies of a leader, or at all that mirror orders or still have mirrors. Returns at once. */
  look(of: WatchedAccount | null = null): void {
    const now = Math.floor(this.ctx.clock.now());
    const holding = new Set<number>();
    for (const { copyNo } of this.ctx.standingStops.mirrors()) holding.add(copyNo);
    const due: MirrorActions[] = [];
    const leaders = new Map<WatchedAccount, LeaderFigures>();
    for (const copy of this.ctx.registry.copies.values()) {
      if (of !== null && copy.watched !== of) continue;
      if (copy.settings.policy === 'orders') this.mirroring.add(copy.no);
      if (!this.mirroring.has(copy.no) && !holding.has(copy.no)) continue;
      const leader = leaders.get(copy.watched) ?? leaderOf(copy.watched, now);
      leaders.set(copy.watched, leader);
      const actions = mirrorActions(copy, this.dueOf(copy, leader, now));
      if (copy.account.signs && !this.stops.isBusy(copy.account)) due.push(actions);
    }
    if (of === null) this.forgetGone();
    for (const { copy, actions } of this.turns.share(due)) this.stops.submit(copy.account, actions, (stop) => this.keepQuiet(stop));
  }

  /** What is remembered of copies and leaders that are here no more. */
  private forgetGone(): void {
    const { copies, watched } = this.ctx.registry;
    this.blindTimes.forgetUnmet();
    for (const no of this.mirroring) if (!copies.has(no)) this.mirroring.delete(no);
    for (const one of this.valuedAt.keys()) if (watched.get(one.no) !== one) this.valuedAt.delete(one);
  }

  /** Copies and leaders something is remembered of. */
  get remembered(): number {
    return this.blindTimes.size + this.mirroring.size + this.valuedAt.size;
  }

  private dueOf(copy: CopyRecord, leader: LeaderFigures, now: number): readonly DueIn[] {
    const { watched, row } = copy;
    if (watched.book.copies.copyNo[row] !== copy.no) return [];
    const all: DueIn[] = [];
    watched.working.forgetEnded(now);
    const coins = this.coinsOf(copy);
    if (coins.size === 0 && copy.settings.policy !== 'orders') this.mirroring.delete(copy.no);
    for (const coin of coins) {
      const sheet = meetInstrument(watched, coin, this.onAppeared);
      if (sheet === null) continue;
      const mirrors = mirrorsIn(this.ctx, copy, coin);
      putTotals(copy, sheet, mirrors);
      all.push({ sheet, tasks: this.dueIn(copy, sheet, mirrors, leader, now).filter((task) => !this.isQuiet(copy, task, now)) });
    }
    return all;
  }

  /** Whether a task is left for later, because the venue or the second look refused the like a moment ago. */
  private isQuiet(copy: CopyRecord, task: MirrorTask<KeptMirror>, now: number): boolean {
    if (task.kind === 'cancel') return task.mirror.stop.cancelAt > now;
    return (this.quiet.get(`${copy.no} ${task.wish.order.orderId}`) ?? 0) > now;
  }

  /** Instruments in which the leader has orders, or the copy mirrors or something ahead. */
  private coinsOf(copy: CopyRecord): ReadonlySet<string> {
    const coins = new Set(copy.settings.policy === 'orders' ? copy.watched.working.coins() : []);
    for (const { mirror, instrument } of this.ctx.standingStops.ofCopy(copy)) if (mirror !== null) coins.add(instrument.coin);
    for (const { rows, instrument } of copy.watched.book.allSheets())
      if (rows.aheadBuy[copy.row] !== 0 || rows.aheadSell[copy.row] !== 0) coins.add(instrument.coin);
    return coins;
  }

  private dueIn(
    copy: CopyRecord,
    sheet: InstrumentSheet,
    mirrors: readonly KeptMirror[],
    leader: LeaderFigures,
    now: number,
  ): readonly MirrorTask<KeptMirror>[] {
    const { watched, row } = copy;
    const { coin } = sheet.instrument;
    if (endsMirrors(copy)) {
      if (this.isAhead(copy, sheet) || !this.isWritten(copy, sheet)) this.bound(copy, sheet);
      return cancelsOf(mirrors);
    }
    const place = `${watched.no} ${sheet.instrument.dex}`;
    if (!watched.working.knows(sheet.instrument.dex)) return this.blind(place, mirrors, now, this.entriesOf(copy, sheet, now) === 'no');
    this.blindTimes.end(place);
    const orders = watched.working.of(coin);
    const wished = this.wishesOf(copy, sheet, leader);
    const beyond = beyondBounds(sheet.rows, row, wished.bounds);
    const isBeyond = beyond.buy > 0 || beyond.sell > 0;
    if (isBeyond || !this.isWritten(copy, sheet)) this.bound(copy, sheet);
    const options = { now, markMaxAgeMs: this.ctx.limits.markMaxAgeMs };
    return mirrorTasks(wished.wishes, mirrors, orders, {
      leaderLots: sheet.leaderLots,
      now,
      entries: this.entriesOf(copy, sheet, now),
      room: (buy, limit) => mirrorRoom(watched.book, sheet, row, buy, limit, options),
      takes: (lots, limit, reduceOnly) => this.takes(sheet, row, lots, limit, reduceOnly),
      waits: (orderId) => (this.quiet.get(`${copy.no} ${orderId}`) ?? 0) > now,
    });
  }

  /** Nobody sees the leader's orders: what takes risk off stays, what adds some is cancelled after a while, or at once where it may not stand anyhow. */
  private blind(place: string, mirrors: readonly KeptMirror[], now: number, atOnce: boolean): readonly MirrorTask<KeptMirror>[] {
    const lasted = this.blindTimes.lasted(place, now);
    return atOnce || lasted >= this.ctx.limits.mirrorBlindMs ? cancelsOf(mirrors.filter(({ reduceOnly }) => !reduceOnly)) : [];
  }

  private wishesOf(copy: CopyRecord, sheet: InstrumentSheet, leader: LeaderFigures): MirrorWishes {
    const { watched, row } = copy;
    const { copies } = watched.book;
    // An order that stands reduce-only could close what another copy of the account holds.
    const isAlone = this.ctx.registry.rowsOf(copy.account).length === 1;
    if (endsMirrors(copy) || !isAlone) return NOTHING;
    const { rows, leaderLots, mark } = sheet;
    return mirrorWishes({
      leaderLots,
      orders: watched.working.of(sheet.instrument.coin),
      target: rows.target[row] ?? 0,
      position: rows.position[row] ?? 0,
      beside: rows.beside[row] ?? 0,
      aheadBuy: rows.aheadBuy[row] ?? 0,
      aheadSell: rows.aheadSell[row] ?? 0,
      hangingBuy: hangingAhead(rows, row, true),
      hangingSell: hangingAhead(rows, row, false),
      kappa: kappaOf(copies, row, leader.equity, leader.volatility),
      mark,
    });
  }

  private entriesOf(copy: CopyRecord, sheet: InstrumentSheet, now: number): 'yes' | 'keep' | 'no' {
    const { watched, row } = copy;
    if (now - (this.valuedAt.get(watched) ?? 0) >= VALUED_MS) {
      refreshPrices(watched);
      revalue(watched.book, now, this.ctx.limits.markMaxAgeMs);
      this.valuedAt.set(watched, now);
    }
    return mirrorEntries(watched.book, sheet, row, { now, markMaxAgeMs: this.ctx.limits.markMaxAgeMs });
  }

  /** The venue's minimum, which an order that closes the whole position is exempt from. */
  private takes({ rows, lotsPerUnit, mark }: InstrumentSheet, row: number, lots: number, limit: number, reduceOnly: boolean): boolean {
    if (reduceOnly && lots === Math.abs((rows.position[row] ?? 0) + (rows.beside[row] ?? 0))) return true;
    return (lots * Math.min(limit, mark > 0 ? mark : limit)) / lotsPerUnit >= MIN_ORDER_VALUE;
  }

  private isAhead({ row }: CopyRecord, { rows }: InstrumentSheet): boolean {
    return rows.aheadBuy[row] !== 0 || rows.aheadSell[row] !== 0;
  }

  /** Whether what is ahead is written down, or on its way there: a wave whose end was written behind a mirror's fill tells what was before it. */
  private isWritten({ no, row }: CopyRecord, { instrument, rows }: InstrumentSheet): boolean {
    const { aheadBuy, aheadSell } = this.ctx.booked.newestIntent(no, instrument.coin);
    return aheadBuy === rows.aheadBuy[row] && aheadSell === rows.aheadSell[row];
  }

  /**
   * Takes what mirrors filled ahead back to what the leader's orders stand for, alone in the instrument's lane, and writes it down. All copies that are beyond it by
   * then have one turn: an order that goes leaves many behind at once.
   */
  private bound(copy: CopyRecord, sheet: InstrumentSheet): void {
    const waiting = this.bounding.get(sheet);
    if (waiting !== undefined) {
      waiting.add(copy);
      return;
    }
    const copies = new Set([copy]);
    this.bounding.set(sheet, copies);
    const work = (): Promise<void> => {
      this.bounding.delete(sheet);
      return this.boundAll(copies, sheet);
    };
    void this.lanes
      .alone(copy.watched, sheet.instrument.coin, work)
      .catch((failure: unknown) => this.ctx.log.error('what is ahead could not be written', { coin: sheet.instrument.coin, error: failure }))
      .finally(() => this.bounding.get(sheet) === copies && this.bounding.delete(sheet));
  }

  private async boundAll(copies: Iterable<CopyRecord>, sheet: InstrumentSheet): Promise<void> {
    const now = Math.floor(this.ctx.clock.now());
    const { coin, dex } = sheet.instrument;
    const changed: CopyRecord[] = [];
    for (const copy of copies) {
      const { watched, row, no: copyNo } = copy;
      if (watched.book.copies.copyNo[row] !== copyNo || !(endsMirrors(copy) || watched.working.knows(dex))) continue;
      const isBounded = boundAhead(sheet, row, this.wishesOf(copy, sheet, leaderOf(watched, now)).bounds);
      if (isBounded) this.ctx.log.info('what mirrors filled ahead is bounded', { copyNo, coin });
      if (isBounded || !this.isWritten(copy, sheet)) changed.push(copy);
    }
    await writeIntents(this.ctx, this.books, changed, sheet);
  }

  /** What the venue refused, or the second look, is tried again later. */
  private keepQuiet(stop: StandingStop): void {
    if (this.quiet.size > this.ctx.limits.openOrdersMax) this.quiet.clear();
    this.quiet.set(placeOf(stop), this.ctx.clock.now() + this.ctx.limits.stopRetryMs);
  }
}

/** What the ratio of a leader's copies is formed with, as columns have it; 0: not known. */
interface LeaderFigures {
  readonly equity: number;
  readonly volatility: number;
}

function leaderOf({ leader, network, volatility: { value: volatility } }: WatchedAccount, now: number): LeaderFigures {
  const equity = leader.equityBefore(network.markets.dollarClearinghouses(), now);
  return { equity: equity === null ? 0 : leaderEquityColumn(equity), volatility: volatility === null ? 0 : toExact(volatility, 'leader volatility') };
}

const placeOf = ({ copyNo, mirror }: StandingStop): string => `${copyNo} ${mirror?.leaderOrderId ?? ''}`;
