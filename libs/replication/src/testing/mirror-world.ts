import { must } from '@lockstep/kernel';
import { applyFill } from '../apply';
import { LeaderBook, type ListedOrder, unfilledOf } from '../leader-book';
import { askedBy, claimedOf, oweByMove, payForOthers, payOwed } from '../mirror-claims';
import { boundAhead, claimOf, hangingAhead, NO_MIRRORS, noteMirrorFill, putMirrors } from '../mirror-columns';
import { mirrorEntries, mirrorRoom } from '../mirror-room';
import { type MirrorTask, mirrorTasks, type StandingMirror } from '../mirror-tasks';
import { mirrorWishes } from '../mirror-wishes';
import { repairPlan } from '../repair';
import { revalue } from '../revalue';
import { kappaOf } from '../target';
import { MARK_MAX_AGE_MS } from '../wave-options';
import type { WavePlan } from '../wave-plan';
import { dollars, NOW, optionsOf, priceOf, type Stage } from './book-builder';

/** A mirror at the venue, what filled of it there and what of that was told. */
interface VenueMirror {
  readonly id: string;
  readonly leaderOrderId: string;
  readonly buy: boolean;
  readonly reduceOnly: boolean;
  readonly lots: number;
  readonly price: number;
  readonly trigger: StandingMirror['trigger'];
  readonly basis: number;
  filled: number;
  booked: number;
  owed: number;
  /** It stands at the venue; its end is told. */
  open: boolean;
  settled: boolean;
  known: boolean;
}

const MARK = Number(priceOf('100'));

/**
 * A leader with working orders, one copy that mirrors them, and a venue whose news come in any order: each step is one of them. Market orders fill at once but where
 * one is told to take its time (`delayMarket`).
 */
export class MirrorWorld {
  readonly leader = new LeaderBook();
  /** The leader's orders as the venue has them. */
  readonly orders = new Map<string, ListedOrder>();
  readonly mirrors = new Map<string, VenueMirror>();
  /** News on their way; any of them may come next. */
  readonly news: { readonly what: string; readonly tell: () => void }[] = [];
  /** Lots traded by market orders of the copy, by side. */
  readonly traded = { buy: 0, sell: 0 };
  /** Lots the venue has for market orders that take their time, in the order these are sent. */
  private readonly delayed: number[] = [];
  private leaderLots: number;
  private ids = 0;
  private clock = NOW;

  constructor(
    readonly stage: Stage,
    readonly row: number,
  ) {
    this.leaderLots = stage.sheet.leaderLots;
    this.leader.takeList('', [], () => true, NOW);
  }

  place(order: Partial<ListedOrder> & Pick<ListedOrder, 'orderId' | 'buy' | 'original'>): void {
    this.orders.set(order.orderId, {
      coin: 'BTC',
      reduceOnly: false,
      price: MARK,
      trigger: null,
      ofPosition: false,
      remaining: order.original,
      ...order,
    });
    this.list();
  }

  /** The copy holds what it took of a leader who stands at `leaderLots`. */
  begin(leaderLots: number): void {
    this.leaderLots = leaderLots;
    const held = this.stage.sheet.rows.position[this.row] ?? 0;
    this.traded[held > 0 ? 'buy' : 'sell'] += Math.abs(held);
  }

  openMirrors(): readonly string[] {
    return [...this.mirrors.values()].filter(({ open, known }) => open || known).map(({ leaderOrderId, lots }) => `${leaderOrderId} ${lots}`);
  }

  /** One of the news that are on their way comes. */
  tellOne(which: number): void {
    const [next] = this.news.splice(which % Math.max(1, this.news.length), 1);
    next?.tell();
  }

  /** The venue's list is read and taken. */
  list(): void {
    const listed = [...this.orders.values()].filter(({ remaining }) => remaining > 0);
    this.leader.takeList('', listed, () => true, this.tick());
    this.refresh();
  }

  /** A part of a leader's order fills; update and fill are told in any order. */
  fillLeader(orderId: string, lots: number): void {
    const order = this.orders.get(orderId);
    const filled = Math.min(lots, order?.remaining ?? 0, order?.reduceOnly ? Math.abs(this.leaderLots) : Number.MAX_SAFE_INTEGER);
    if (order === undefined || filled === 0) return;
    const remaining = order.remaining - filled;
    this.orders.set(orderId, { ...order, remaining });
    this.leaderLots += order.buy ? filled : -filled;
    const position = this.leaderLots;
    this.tellList(() => {
      this.told(orderId, filled);
      // It is planned once it is recorded, in the order of the fills.
      this.fills.push({ orderId, filled, position });
      this.news.push({ what: 'fill', tell: () => this.planNext() });
    });
  }

  /** The leader trades by a market order, which no list tells of. */
  tradeLeader(buy: boolean, lots: number): void {
    this.ids += 1;
    const orderId = `market${this.ids}`;
    this.orders.set(orderId, {
      orderId,
      coin: 'BTC',
      buy,
      reduceOnly: false,
      price: MARK,
      trigger: null,
      ofPosition: false,
      original: lots,
      remaining: lots,
    });
    this.fillLeader(orderId, lots);
  }

  cancelLeader(orderId: string): void {
    const order = this.orders.get(orderId);
    if (order === undefined || order.remaining === 0) return;
    this.orders.set(orderId, { ...order, remaining: 0 });
    this.tellList(() => undefined);
  }

  /** What stands at the venue, in words. */
  standingNow(): readonly string[] {
    const open = [...this.mirrors.values()].filter((mirror) => mirror.open);
    return open.map(
      ({ buy, lots, filled, price, reduceOnly }) => `${buy ? 'buy' : 'sell'} ${lots - filled} at ${price / 1e8}${reduceOnly ? ', only reduces' : ''}`,
    );
  }

  /** The mirror of one of the leader's orders fills at the venue. */
  fillMirrorOf(orderId: string, lots: number): void {
    const open = [...this.mirrors.values()].filter((mirror) => mirror.open);
    this.fillMirror(
      open.findIndex(({ leaderOrderId }) => leaderOrderId === orderId),
      lots,
    );
  }

  /** A mirror fills at the venue; reduce-only ones never beyond what is held there. */
  fillMirror(index: number, lots: number): void {
    const open = [...this.mirrors.values()].filter((mirror) => mirror.open);
    const mirror = open[index % Math.max(1, open.length)];
    if (mirror === undefined) return;
    const held = this.heldAtVenue();
    const most = mirror.reduceOnly ? Math.max(0, mirror.buy ? -held : held) : Number.MAX_SAFE_INTEGER;
    mirror.filled += Math.min(lots, mirror.lots - mirror.filled, most);
    if (mirror.filled === mirror.lots) mirror.open = false;
    this.news.push({ what: 'booking', tell: () => this.book(mirror) });
  }

  /** The next market order is on its way for a while, and then fills `most` lots at most. */
  delayMarket(most: number): void {
    this.delayed.push(most);
  }

  /** The keeper looks: bounds what is ahead and acts; what it does arrives, and its answers, when they come. */
  keep(): void {
    const { sheet, book } = this.stage;
    this.clock += 400;
    this.leader.forgetEnded(this.clock);
    this.refresh();
    revalue(book, NOW, MARK_MAX_AGE_MS);
    const at = (column: Float64Array): number => column[this.row] ?? 0;
    const view = () => ({
      leaderLots: sheet.leaderLots,
      orders: this.leader.of('BTC'),
      target: at(sheet.rows.target),
      position: at(sheet.rows.position),
      beside: 0,
      aheadBuy: at(sheet.rows.aheadBuy),
      aheadSell: at(sheet.rows.aheadSell),
      hangingBuy: hangingAhead(sheet.rows, this.row, true),
      hangingSell: hangingAhead(sheet.rows, this.row, false),
      kappa: kappaOf(book.copies, this.row, Number(dollars(1_000_000)), 0),
      mark: sheet.mark,
    });
    boundAhead(sheet, this.row, mirrorWishes(view()).bounds);
    const kept = [...this.mirrors.values()].filter(({ known }) => known).map((mirror) => this.keptOf(mirror));
    const options = { now: NOW, markMaxAgeMs: MARK_MAX_AGE_MS };
    const tasks = mirrorTasks(mirrorWishes(view()).wishes, kept, this.leader.of('BTC'), {
      leaderLots: sheet.leaderLots,
      now: this.clock,
      entries: mirrorEntries(book, sheet, this.row, options),
      room: (buy, price) => mirrorRoom(book, sheet, this.row, buy, price, options),
      takes: () => true,
    });
    for (const task of tasks) this.act(task);
    this.refresh();
  }

  repair(): void {
    this.ids += 1;
    this.fillAll(
      repairPlan(this.stage.book, this.stage.sheet, 1_000_000 + this.ids, optionsOf(1_000_000 + this.ids, { lastNonce: this.stage.lastNonce })).plan,
    );
  }

  /** Everything that is on its way arrives, and keeper and repair go on until nothing is left to do. */
  settle(): void {
    this.delayed.length = 0;
    for (let turn = 0; turn < 60; turn += 1) {
      this.tellAll();
      this.keep();
      this.tellAll();
      this.repair();
    }
    must(this.news.length === 0, 'all is told');
  }

  tellAll(): void {
    for (let next = this.news.shift(); next !== undefined; next = this.news.shift()) next.tell();
  }

  heldAtVenue(): number {
    const mirrored = [...this.mirrors.values()].reduce((sum, { buy, filled }) => sum + (buy ? filled : -filled), 0);
    return mirrored + this.traded.buy - this.traded.sell;
  }

  /** Frames of the leader's stream, which keep their order. */
  private readonly stream: (() => void)[] = [];
  private readonly fills: { readonly orderId: string; readonly filled: number; readonly position: number }[] = [];

  private tick(): number {
    this.clock += 1;
    return this.clock;
  }

  /** Lists and fills come on one connection, in any order but together. */
  private tellList(fills: () => void): void {
    const list = [...this.orders.values()].filter(({ remaining }) => remaining > 0);
    const both = [fills, () => this.takeList(list)];
    this.ids += 1;
    if (this.ids % 2 === 0) both.reverse();
    this.stream.push(...both);
    this.news.push({
      what: 'stream',
      tell: () => {
        for (const tell of this.stream.splice(0, 2)) tell();
      },
    });
  }

  private takeList(list: readonly ListedOrder[]): void {
    this.leader.takeList('', list, () => true, this.tick());
    this.refresh();
  }

  private told(orderId: string, lots: number): void {
    this.leader.noteTold(orderId, lots, this.tick());
    this.refresh();
  }

  private planNext(): void {
    const fill = this.fills.shift();
    if (fill === undefined) return;
    this.leader.noteFill(fill.orderId, fill.filled, this.tick());
    this.refresh();
    const { sheet } = this.stage;
    const buy = this.orders.get(fill.orderId)?.buy === true;
    const ahead = (): number => (buy ? sheet.rows.aheadBuy : sheet.rows.aheadSell)[this.row] ?? 0;
    const [leader, before] = [{ before: sheet.leaderLots, after: fill.position }, ahead()];
    const plan = this.stage.plan(String(fill.position));
    const { decisions } = plan;
    const target = { before: decisions.targetBefore[0] ?? 0, after: decisions.targetAfter[0] ?? 0 };
    const asked = Math.abs(askedBy(leader, target, decisions.kappa[0] ?? 0));
    const order = this.leader.find(fill.orderId);
    const mirrors = [...this.mirrors.values()].filter(({ leaderOrderId, known }) => known && leaderOrderId === fill.orderId);
    const claimed = mirrors.map((mirror) => claimedOf(this.keptOf(mirror), order));
    oweByMove(mirrors, claimed, asked - (before - ahead()));
    this.fillAll(plan);
  }

  private fillAll(plan: WavePlan): void {
    for (let order = 0; order < plan.orders.count; order += 1) {
      const most = this.delayed.shift();
      if (most === undefined) this.stage.fillOrder(plan, order, this.trade(plan, order, Number.MAX_SAFE_INTEGER));
      else this.news.push({ what: 'market', tell: () => this.executeLater(plan, order, most) });
    }
  }

  /** A market order arrives at the venue, whose answer is on its way from then on. */
  private executeLater(plan: WavePlan, order: number, most: number): void {
    const lots = this.trade(plan, order, most);
    this.news.push({
      what: 'outcome',
      tell: () => {
        this.stage.fillOrder(plan, order, lots);
        this.refresh();
      },
    });
  }

  /** The venue fills a market order, a reduce-only one never beyond what is held there. Returns its lots. */
  private trade({ orders }: WavePlan, order: number, most: number): number {
    const buy = orders.buy[order] === 1;
    const held = this.heldAtVenue();
    const closable = orders.reduceOnly[order] === 1 ? Math.max(0, buy ? -held : held) : Number.MAX_SAFE_INTEGER;
    const lots = Math.min(orders.lots[order] ?? 0, closable, most);
    this.traded[buy ? 'buy' : 'sell'] += lots;
    return lots;
  }

  private book(mirror: VenueMirror): void {
    const lots = mirror.filled - mirror.booked;
    if (lots > 0) {
      const { sheet, book } = this.stage;
      const all = [...this.mirrors.values()].filter(({ known, buy }) => known && buy === mirror.buy);
      const owed = payOwed(mirror, all, lots);
      mirror.booked = mirror.filled;
      applyFill(book, sheet, this.row, { buy: mirror.buy, lots, price: MARK, fee: 0 }, null);
      payForOthers(mirror, all, noteMirrorFill(book, sheet, this.row, mirror.buy, lots, owed));
    }
    if (!mirror.open && mirror.settled) mirror.known = false;
    this.refresh();
  }

  private keptOf(mirror: VenueMirror): StandingMirror {
    return { ...mirror, working: mirror.lots - mirror.booked, placed: mirror.lots, settled: mirror.settled };
  }

  private act(task: MirrorTask<StandingMirror>): void {
    const old = task.kind === 'place' ? undefined : this.mirrors.get(task.mirror.id);
    const fresh = task.kind === 'cancel' ? null : this.fresh(task);
    if (old !== undefined) old.settled = false;
    this.news.push({
      what: task.kind,
      tell: () => {
        // A change of an order that stands no more is refused, and places nothing.
        const lands = old === undefined || old.open;
        if (old !== undefined) old.open = false;
        if (fresh !== null && lands) fresh.open = true;
        this.news.push({ what: 'answer', tell: () => this.answer(old, fresh) });
      },
    });
  }

  private answer(old: VenueMirror | undefined, fresh: VenueMirror | null): void {
    for (const mirror of [old, fresh]) {
      if (mirror === undefined || mirror === null) continue;
      mirror.settled = true;
      this.book(mirror);
      if (!mirror.open) mirror.known = false;
    }
    this.refresh();
  }

  private fresh({ wish }: Extract<MirrorTask<StandingMirror>, { kind: 'place' | 'change' }>): VenueMirror {
    this.ids += 1;
    const { order, lots, basis, entry } = wish;
    const { orderId: leaderOrderId, buy, price, trigger } = order;
    const state = { filled: 0, booked: 0, owed: 0, open: false, settled: false, known: true };
    const mirror: VenueMirror = {
      id: `m${this.ids}`,
      leaderOrderId,
      buy,
      price,
      trigger,
      reduceOnly: !entry,
      lots,
      basis: Math.max(1, basis),
      ...state,
    };
    this.mirrors.set(mirror.id, mirror);
    return mirror;
  }

  private refresh(): void {
    const { sheet } = this.stage;
    const totals = { ...NO_MIRRORS };
    const sums: { -readonly [K in keyof typeof totals]: number } = totals;
    for (const mirror of this.mirrors.values()) {
      if (!mirror.known) continue;
      const kept = this.keptOf(mirror);
      const claim = Math.min(kept.working, claimOf(kept, unfilledOf(this.leader.find(mirror.leaderOrderId), sheet.leaderLots)));
      if (mirror.reduceOnly) sums[mirror.buy ? 'exitBuy' : 'exitSell'] += claim;
      else {
        sums[mirror.buy ? 'buy' : 'sell'] += kept.working;
        sums[mirror.buy ? 'standingBuy' : 'standingSell'] += kept.working - claim;
      }
    }
    putMirrors(sheet, this.row, totals);
  }
}
