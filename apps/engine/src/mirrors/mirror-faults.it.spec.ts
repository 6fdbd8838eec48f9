import { RATE_ONE, rate } from '@lockstep/kernel';
import { type ListedOrder, mirrorWishes, revalue } from '@lockstep/replication';
import { defaultCopySettings } from '@lockstep/roster';
import { standingOrders } from '@lockstep/storage';
import { describe, expect, it, vi } from 'vitest';
import { FillCollector } from '../books/collect-fills';
import { StandingStops } from '../stops/standing-stops';
import { StopKeeper } from '../stops/stop-keeper';
import { type BooksStage, openBooksStage, priceOf, sizeOf } from '../testing/books-stage';
import { type ActionEnd, ScriptedStops } from '../testing/scripted-stops';
import { STAGE_COIN } from '../testing/scripted-venue';
import { MirrorKeeper } from './mirror-keeper';
import { refreshMirrorOf } from './mirror-totals';

const STEPS = 50;
const SEEDS = Array.from({ length: 6 }, (_, index) => index + 1);
const ENDS: readonly ActionEnd[] = ['answered', 'answered', 'landed_unanswered', 'lost', 'late', 'refused'];
const LOTS_PER_UNIT = 10_000;

/** Numbers below `below`, the same for the same seed. */
function drawing(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e37_79b9) | 0;
    return ((state >>> 8) & 0xff_ffff) % below;
  };
}

/** A copy of everything a leader's orders are, while actions are lost, late, refused or not written down, mirrors fill in part, and processes die. */
class World {
  stops: StopKeeper;
  mirrors: MirrorKeeper;
  readonly orders = new Map<string, ListedOrder>();
  private ids = 0;
  private time = 10_000;

  constructor(
    private readonly stage: BooksStage,
    readonly venue: ScriptedStops,
    private readonly draw: (below: number) => number,
  ) {
    [this.stops, this.mirrors] = this.keepers();
  }

  async step(): Promise<string> {
    switch (this.draw(12)) {
      case 0:
      case 1:
      case 2: {
        const end = ENDS[this.draw(ENDS.length)] ?? 'answered';
        // The next action, whatever was to come before.
        this.venue.ends.splice(0, this.venue.ends.length, end);
        const did = this.change();
        await this.look();
        return `${did}, the next action is ${end}, and the keeper looks`;
      }
      case 3:
        this.change();
        this.stage.failNext('refused');
        await this.look();
        return 'a write is refused';
      case 4:
        this.venue.landLate();
        return 'what was late lands';
      case 5:
        this.age();
        return 'time passes';
      case 6:
        await this.restart();
        return 'the process dies';
      case 7:
      case 8: {
        this.time += 1;
        const fill = this.venue.fillPart(this.draw(2), sizeOf('0.5'), this.time);
        return fill === null ? 'nothing stands that could fill' : `a mirror at ${Number(fill.price) / 1e8} fills ${Number(fill.size) / 1e8}`;
      }
      default:
        return this.look();
    }
  }

  /** The leader places one, or cancels one, or moves one to another price: each price is used once. */
  change(): string {
    const ids = [...this.orders.keys()];
    const id = ids[this.draw(Math.max(1, ids.length))];
    const kind = id === undefined || (ids.length < 2 && this.draw(2) === 0) ? 'places' : this.draw(2) === 0 ? 'cancels' : 'moves';
    if (id !== undefined && kind !== 'places') this.orders.delete(id);
    if (kind !== 'cancels') this.place();
    this.list();
    return `the leader ${kind} an order`;
  }

  cancelAll(): void {
    this.orders.clear();
    this.list();
  }

  list(): void {
    this.stage.copy.watched.working.takeList('', [...this.orders.values()], () => true, this.stage.ctx.clock.now());
  }

  async look(): Promise<string> {
    this.mark();
    this.mirrors.look();
    await this.stops.stop();
    this.stops.look();
    await this.stops.stop();
    return 'the keepers look';
  }

  age(): void {
    for (const stop of this.stage.ctx.standingStops.all()) {
      stop.leftBy -= 60_000;
      if (stop.spentAt !== null) stop.spentAt -= 60_000;
      stop.askAt = 0;
    }
  }

  /** What should stand, by the leader's orders and what filled ahead of them. */
  wished(): readonly string[] {
    const { sheet, copy } = this.stage;
    const { rows, leaderLots, mark } = sheet;
    const at = (column: Float64Array): number => column[copy.row] ?? 0;
    const { wishes } = mirrorWishes({
      leaderLots,
      orders: copy.watched.working.of(STAGE_COIN.coin),
      target: at(rows.target),
      position: at(rows.position),
      beside: at(rows.beside),
      aheadBuy: at(rows.aheadBuy),
      aheadSell: at(rows.aheadSell),
      hangingBuy: 0,
      hangingSell: 0,
      kappa: 1_000_000_000_000,
      mark,
    });
    return wishes.filter(({ lots }) => lots > 0).map(({ order, lots }) => `buy ${lots / LOTS_PER_UNIT} at ${order.price / 1e8}`);
  }

  private place(): void {
    this.ids += 1;
    const lots = (1 + this.draw(3)) * LOTS_PER_UNIT;
    const price = Number(priceOf(String(40 + this.ids / 2)));
    const orderId = `o${this.ids}`;
    const terms = { coin: STAGE_COIN.coin, buy: true, reduceOnly: false, price, trigger: null, ofPosition: false };
    this.orders.set(orderId, { orderId, ...terms, original: lots, remaining: lots });
  }

  private mark(): void {
    const { copy, ctx } = this.stage;
    this.stage.setMark('100');
    copy.watched.book.setMark(STAGE_COIN.coin, priceOf('100'), ctx.clock.now());
    revalue(copy.watched.book, Math.floor(ctx.clock.now()), ctx.limits.markMaxAgeMs);
  }

  private async restart(): Promise<void> {
    const { ctx, scope, storage, copy } = this.stage;
    Object.assign(ctx, { standingStops: new StandingStops(100) });
    copy.watched.working.lose();
    [this.stops, this.mirrors] = this.keepers();
    await this.stops.restore(scope, await storage.scoped(scope, standingOrders));
    this.list();
  }

  private keepers(): [StopKeeper, MirrorKeeper] {
    const { ctx, books } = this.stage;
    ctx.standingStops.onMirrored = (stop) => refreshMirrorOf(ctx, stop);
    const stops = new StopKeeper(ctx, books, new FillCollector(ctx, books));
    return [stops, new MirrorKeeper(ctx, books, { alone: (_watched, _coin, work) => work() }, stops, () => undefined)];
  }
}

describe('mirrored orders under faults', () => {
  it.each(SEEDS)(
    'never stand twice, and are right once all is calm: seed %i',
    async (seed) => {
      const stage = await openBooksStage();
      // Nothing waits here for its pace but what was asked.
      const paces = { stopRetryMs: 0, stopActionsPerSecond: 1_000_000, mirrorActionsPerSecond: 1_000_000, unknownIntervalMs: 0, mirrorVerifyMs: 0 };
      Object.assign(stage.ctx, { limits: { ...stage.ctx.limits, ...paces }, standingStops: new StandingStops(100) });
      const { copy } = stage;
      copy.settings = { ...defaultCopySettings(), policy: 'orders', mode: { kind: 'fixed_ratio', ratio: rate(RATE_ONE) } };
      copy.watched.book.setSettings(copy.row, copy.settings, 1);
      const world = new World(stage, new ScriptedStops(stage.venue), drawing(seed));
      world.list();
      const told: string[] = [];
      const calm = async (): Promise<void> => {
        world.venue.ends.length = 0;
        world.venue.landLate();
        await vi.waitFor(
          async () => {
            world.age();
            // One turn asks, the next decides.
            await world.look();
            await world.look();
            expect([...world.venue.standingNow].sort(), told.join('; ')).toEqual([...world.wished()].sort());
            const rows = await stage.storage.scoped(stage.scope, standingOrders);
            expect(
              rows.map(({ status }) => status),
              told.join('; '),
            ).toEqual(world.venue.standingNow.map(() => 'standing'));
          },
          { timeout: 30_000, interval: 50 },
        );
      };
      try {
        for (let step = 0; step < STEPS; step += 1) {
          told.push(await world.step());
          const prices = world.venue.standingNow.map((words) => words.replace(/^.* at /, ''));
          expect(new Set(prices).size, told.join('; ')).toBe(prices.length);
        }
        await calm();
        const { rows } = stage.sheet;
        expect(rows.pendingBuy[copy.row]).toBe(Number(world.venue.remainingNow) / 10_000);
        const filled = stage.venue.fills.reduce((sum, fill) => sum + Number(fill.size), 0) / 10_000;
        expect(rows.position[copy.row]).toBe(filled);
        expect((await stage.copyFacts()).positions.map(({ position }) => Number(position) / 10_000)).toEqual(filled === 0 ? [] : [filled]);
        world.cancelAll();
        // The orders are taken for cancelled only a moment later: until then what filled ahead of them may be the copy of their fills.
        await vi.waitFor(
          async () => {
            world.age();
            await world.look();
            expect([rows.pendingBuy[copy.row], rows.aheadBuy[copy.row], world.venue.standingNow]).toEqual([0, 0, []]);
          },
          { timeout: 30_000, interval: 50 },
        );
      } finally {
        await stage.close();
      }
    },
    60_000,
  );
});
