import { fromLots, price, type Size, size } from '@lockstep/kernel';
import { kindOf, MICRO, planWave, STATUS } from '@lockstep/replication';
import { defaultCopySettings } from '@lockstep/roster';
import type { OrderStanding } from '@lockstep/venues/port';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OpenOrder, RestTerms } from '../state/open-orders';
import { type BooksStage, openBooksStage, sizeOf } from '../testing/books-stage';
import { planOptions } from '../wave/plan-moves';
import { UnknownResolver } from './resolve-unknowns';
import { mayRest } from './standing-entries';

const FAR_MS = Date.UTC(2100, 0, 1);
/** Lots of 1, and of half of it. */
const ONE = 10_000;
const HALF = ONE / 2;

/** Until far, of a leader who never reduced and a copy that was never halted. */
const TERMS: RestTerms = { until: FAR_MS, leaderReductions: 0, halts: 0 };

/** An entry to buy 1 that stands at its bound; the leader holds 1 and so much is wanted. */
describe('an entry that stands', () => {
  let stage: BooksStage;
  let resolver: UnknownResolver;
  let order: OpenOrder;
  let cancels: string[];

  beforeEach(async () => {
    stage = await openBooksStage();
    resolver = new UnknownResolver(stage.ctx, stage.books);
    const { copy, sheet } = stage;
    const settings = { ...defaultCopySettings(), slippage: { ...defaultCopySettings().slippage, onBreach: 'rest' as const } };
    copy.watched.book.setSettings(copy.row, settings, 1);
    copy.watched.book.setStatus(copy.row, STATUS.staleTruth, false);
    sheet.leaderLots = ONE;
    sheet.rows.target[copy.row] = ONE * MICRO;
    order = stage.open(7, { buy: true, lots: ONE, rest: TERMS });
    await stage.writeRow(order);
    cancels = [];
    venueSays('open', '1');
    stage.venue.orders.cancel = async (_signer, _nonce, _instrument, id) => {
      cancels.push(id);
      venueSays('closed', remaining());
      return { kind: 'accepted', response: null };
    };
  });
  afterEach(() => stage.close());

  const venueSays = (kind: 'open' | 'closed', left: string | Size): void => {
    const about = { orderId: '5', original: sizeOf('1'), remaining: typeof left === 'string' ? sizeOf(left) : left };
    stage.venue.standing = kind === 'open' ? { kind, ...about } : { kind, ...about, status: 'canceled', statusTime: 1 };
  };
  const remaining = (): Size => {
    const standing: OrderStanding = stage.venue.standing;
    return standing.kind === 'unknown_order' ? size(0n) : standing.remaining;
  };
  const columns = () => {
    const { rows } = stage.sheet;
    return [rows.position[stage.copy.row], rows.pendingBuy[stage.copy.row]];
  };
  const looked = async (): Promise<void> => {
    order.askAt = 0;
    resolver.look();
    await vi.waitUntil(() => order.askAt > 0 || order.filledLots !== null, 5_000);
  };
  /** Plans the leader's moves, one after another, and wants what is wanted anyway. */
  const led = (...positions: readonly number[]): void => {
    const { copy, sheet } = stage;
    const { instrument, rows } = sheet;
    const wanted = rows.target[copy.row] ?? 0;
    for (const lots of positions) {
      const [before, after] = [fromLots(instrument, sheet.leaderLots), fromLots(instrument, lots)];
      const move = {
        coin: instrument.coin,
        kind: kindOf(before, after),
        source: 'resync',
        before,
        after,
        increment: size(0n),
        incrementPrice: null,
      } as const;
      const fills = { lastPrice: price(0n), firstFillAt: 1, lastFillAt: 1, fills: 0, newOrders: null };
      const options = { ...planOptions(stage.ctx, copy.account.network), wave: 99, leaderEquity: null, leaderVolatility: null };
      planWave(copy.watched.book, { ...move, ...fills }, options);
    }
    rows.target[copy.row] = wanted;
  };
  const halted = (bits: number): void => {
    for (const on of [true, false]) stage.copy.watched.book.setStatus(stage.copy.row, bits, on);
  };
  const gone = () => stage.ctx.openOrders.unknown().length === 0;

  it('is left standing, all of it reserved', async () => {
    await looked();
    expect([cancels, columns()]).toEqual([[], [0, ONE]]);
  });

  it('counts what it filled so far once, and the rest when it ends', async () => {
    venueSays('open', '0.6');
    await looked();
    await looked();
    expect(columns()).toEqual([4_000, 6_000]);
    venueSays('closed', '0.2');
    await looked();
    expect(columns()).toEqual([8_000, 0]);
    expect((await stage.copyFacts()).orders.map(({ status, filledSize }) => [status, filledSize])).toEqual([['partly_filled', sizeOf('0.8')]]);
  });

  it.each<[string, () => void]>([
    ['its window ends', () => Object.assign(order, { rest: { ...TERMS, until: 1 } })],
    ['the copy is paused', () => stage.copy.watched.book.setStatus(stage.copy.row, STATUS.paused, true)],
    ['the copy is paused and resumed before anybody looks', () => halted(STATUS.paused)],
    ['a loss halts it for a moment', () => halted(STATUS.lossHalt)],
    ['a limit is passed by what it holds for a moment', () => halted(STATUS.limitHalt)],
    ['a kill switch is on for a moment', () => halted(STATUS.killSwitch)],
    ['a breaker acts', () => stage.copy.watched.book.setStatus(stage.copy.row, STATUS.breaker, true)],
    ['a kill switch is on', () => stage.copy.watched.book.setStatus(stage.copy.row, STATUS.killSwitch, true)],
    ['the copy is closed', () => stage.copy.watched.book.setStatus(stage.copy.row, STATUS.closing, true)],
    ['the copy is handed over', () => stage.copy.watched.book.setStatus(stage.copy.row, STATUS.handingOver, true)],
    ['the copy is unwound', () => stage.copy.watched.book.setStatus(stage.copy.row, STATUS.windingDown, true)],
    ['a limit is passed by what it holds', () => stage.copy.watched.book.setStatus(stage.copy.row, STATUS.limitHalt, true)],
    ['limits from above cannot be read', () => stage.copy.watched.book.setStatus(stage.copy.row, STATUS.policyBlocked, true)],
    ['its instrument is kept out from above', () => stage.copy.watched.book.setPolicy(stage.copy.row, { kind: 'only', coins: ['OTHER'] })],
    ['the leader reduces', () => led(HALF)],
    ['the leader reduces and adds again before anybody looks', () => led(HALF, ONE)],
    ['the leader reduces to no less than he held when it was placed', () => led(3 * ONE, 2 * ONE)],
    ['the leader turns', () => led(-ONE)],
    ['the leader turns and comes back before anybody looks', () => led(-ONE, ONE)],
    ['less is wanted', () => stage.sheet.rows.target.fill((ONE - 2) * MICRO)],
    ['the setting changes', () => stage.copy.watched.book.setSettings(stage.copy.row, defaultCopySettings(), 2)],
    ['nothing is known of why it stands, after a restart', () => Object.assign(order, { rest: undefined })],
  ])('is cancelled once when %s, and frees what it had reserved', async (_what, happens) => {
    venueSays('open', '0.7');
    await looked();
    const before = cancels.length;
    happens();
    if (before === 0) expect(mayRest(stage.ctx, order)).toBe(false);
    await vi.waitUntil(() => {
      resolver.look();
      if (order.rest === undefined) order.askAt = 0;
      return gone();
    }, 5_000);
    expect(cancels).toEqual([order.clientOrderId]);
    expect(columns()).toEqual([3_000, 0]);
  });

  it('is cancelled at once, not when the venue would be asked next', async () => {
    await looked();
    order.askAt = FAR_MS;
    stage.copy.watched.book.setStatus(stage.copy.row, STATUS.paused, true);
    resolver.look();
    await vi.waitUntil(gone, 5_000);
    expect([cancels.length, columns()]).toEqual([1, [0, 0]]);
  });
});
