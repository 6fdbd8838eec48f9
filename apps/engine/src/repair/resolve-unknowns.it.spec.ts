import { ok, size } from '@lockstep/kernel';
import { endWindows, MICRO, releasePending, reservePending, takeApproved } from '@lockstep/replication';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OpenOrder } from '../state/open-orders';
import { type BooksStage, moneyOf, openBooksStage, orderOf, priceOf, sizeOf, type UnitEnd } from '../testing/books-stage';
import { UnknownResolver } from './resolve-unknowns';

const FAR_MS = Date.UTC(2100, 0, 1);

/** An order to buy 1 whose answer was lost; the venue filled all of it. A lot is a ten-thousandth. */
describe('an order of unknown outcome', () => {
  let stage: BooksStage;
  let resolver: UnknownResolver;
  let order: OpenOrder;

  beforeEach(async () => {
    stage = await openBooksStage();
    resolver = new UnknownResolver(stage.ctx, stage.books);
    order = stage.open(7, { buy: true, lots: 10_000 });
    stage.venue.standing = { kind: 'closed', orderId: '5', status: 'filled', remaining: size(0n), original: sizeOf('1'), statusTime: 1 };
  });
  afterEach(() => stage.close());

  const columns = () => {
    const { rows } = stage.sheet;
    const { row } = stage.copy;
    return { position: rows.position[row], reserved: rows.pendingBuy[row] };
  };
  const statuses = async () => (await stage.copyFacts()).orders.map(({ status }) => status);

  it.each<[string, readonly UnitEnd[]]>([
    ['at once', []],
    ['after a write that was refused', ['refused']],
    ['after two that were', ['refused', 'refused']],
  ])('counts once and is told once when it is written %s', async (_what, ends) => {
    await stage.writeRow(order);
    stage.failNext(...ends);
    expect(await resolver.settleAll(FAR_MS)).toBe(true);
    expect(columns()).toEqual({ position: 10_000, reserved: 0 });
    expect(await statuses()).toEqual(['filled']);
    expect(await stage.events()).toEqual(['order.resolved']);
  });

  const bookPart = (tradeSize: string, tradeId = '1') => {
    const clientOrderId = orderOf(stage.copy.no, 7);
    return stage.books.takeFills({ account: stage.account, fills: [stage.fill('buy', tradeSize, '99', { clientOrderId, tradeId })] });
  };

  it('is in flight no further than its fills tell, and counts once when the venue answers', async () => {
    await stage.writeRow(order);
    await bookPart('0.6');
    expect(columns()).toEqual({ position: 6_000, reserved: 4_000 });
    expect(stage.sheet.rows.entryValue[stage.copy.row]).toBe(Number(moneyOf('59.4')));
    expect(await resolver.settleAll(FAR_MS)).toBe(true);
    expect(columns()).toEqual({ position: 10_000, reserved: 0 });
  });

  it('of an approval that is over is given up in what it left unfilled, where another one is owed by now', async () => {
    const [{ book }, { row }, now] = [stage.copy.watched, stage.copy, stage.ctx.clock.now()];
    book.copies.approveWithinMs[row] = 60_000;
    stage.sheet.rows.target[row] = 10_000 * MICRO;
    const approved = { buy: true, micro: 3_000 * MICRO, price: Number(priceOf('100')) };
    takeApproved(book, stage.sheet, row, approved, { now: order.createdAt + 1, until: now + 60_000 });
    stage.venue.standing = { kind: 'closed', orderId: '5', status: 'filled', remaining: sizeOf('0.6'), original: sizeOf('1'), statusTime: 1 };
    await stage.writeRow(order);
    expect(await resolver.settleAll(FAR_MS)).toBe(true);
    const given = endWindows(book, stage.sheet, now);
    expect([given.map(({ amount }) => amount), stage.sheet.rows.target[row]]).toEqual([[6_000 * MICRO], 7_000 * MICRO]);
  });

  it('that filled makes every reading of its account from before old', async () => {
    await stage.writeRow(order);
    const before = stage.account.touched;
    expect(await resolver.settleAll(FAR_MS)).toBe(true);
    expect(stage.account.touched).toBe(before + 1);
  });

  it('leaves the columns as they are while an answer is to come that leads them', async () => {
    const other = { buy: true, exit: false };
    reservePending(stage.sheet, stage.copy.row, other, 5_000);
    await bookPart('0.6');
    expect(columns()).toEqual({ position: 0, reserved: 15_000 });
    releasePending(stage.sheet, stage.copy.row, other, 5_000);
    await bookPart('0.1', '2');
    expect(columns()).toEqual({ position: 7_000, reserved: 3_000 });
  });

  it.each([
    ['at the mark', 99, '-1'],
    ['at its limit, where the mark is beyond it', 80, '-10'],
    ['at its limit without a mark', 0, '-10'],
  ])('is led %s: losses are measured on what is led', async (_how, mark, lost) => {
    await stage.hold('1', '100');
    const { book } = stage.copy.watched;
    const before = book.copies.netPnl[stage.copy.row] ?? 0;
    const exit = stage.open(8, { buy: false, lots: 10_000, exit: true, price: Number(priceOf('90')) });
    stage.ctx.openOrders.tellFilled(order.clientOrderId, 0);
    releasePending(stage.sheet, stage.copy.row, { buy: true, exit: false }, 10_000);
    await stage.writeRow(exit);
    if (mark > 0) book.setMark(stage.sheet.instrument.coin, priceOf(`${mark}`), stage.ctx.clock.now());
    expect(await resolver.settleAll(FAR_MS)).toBe(true);
    expect(stage.sheet.rows.position[stage.copy.row]).toBe(0);
    expect((book.copies.netPnl[stage.copy.row] ?? 0) - before).toBe(Number(moneyOf(lost)));
  });

  it.each<[string, boolean, string, boolean]>([
    ['exit that filled nothing', true, '1', true],
    ['exit that filled', true, '0', false],
    ['entry that filled nothing', false, '1', false],
  ])('(an %s) says whether the account holds what our record says', async (_what, exit, left, doubted) => {
    await stage.hold('1', '100');
    stage.ctx.openOrders.tellFilled(order.clientOrderId, 0);
    releasePending(stage.sheet, stage.copy.row, { buy: true, exit: false }, 10_000);
    const asked = stage.open(8, { buy: false, lots: 10_000, exit });
    await stage.writeRow(asked);
    stage.venue.standing = { kind: 'closed', orderId: '5', status: 'canceled', remaining: sizeOf(left), original: sizeOf('1'), statusTime: 1 };
    const seen: unknown[] = [];
    stage.ctx.doubts.onPosition = (account) => void seen.push([account.no, stage.sheet.rows.pendingSell[stage.copy.row]]);
    expect(await resolver.settleAll(FAR_MS)).toBe(true);
    // In the turn that frees it, and before: nothing is planned in between.
    expect(seen).toEqual(doubted ? [[stage.account.no, 10_000]] : []);
  });

  it('is not settled before the books have its wave', async () => {
    await stage.writeRow(order);
    order.wave.handed = false;
    expect(await resolver.settleAll(stage.ctx.clock.now() + 30)).toBe(false);
    expect(columns()).toEqual({ position: 0, reserved: 10_000 });
    order.wave.handed = true;
    await resolver.settleAll(FAR_MS);
    expect(await statuses()).toEqual(['filled']);
    expect(await stage.events()).toEqual(['order.resolved']);
  });

  it('that waited minutes before it left is not taken for refused while the venue may still show it', async () => {
    // Its nonce is spent, by itself, and the venue does not show it yet.
    stage.venue.orders.noop = async () => ({ kind: 'rejected', code: 'nonce_duplicate', text: 'Invalid nonce: duplicate nonce' });
    stage.venue.standing = { kind: 'unknown_order' };
    const late = stage.open(8, { buy: true, lots: 10_000, createdAt: stage.ctx.clock.now() - 300_000, leftBy: stage.ctx.clock.monotonic() - 3_000 });
    await stage.writeRow(late);
    resolver.look();
    await expect.poll(() => late.askAt).toBeGreaterThan(0);
    expect(stage.ctx.openOrders.find(late.clientOrderId)).toBe(late);
  });

  it('whose noop waits for its account’s turn keeps no account from being read', async () => {
    let noops = 0;
    stage.venue.standing = { kind: 'unknown_order' };
    stage.venue.orders.noop = () => {
      noops += 1;
      return new Promise(() => undefined);
    };
    const { truthReadsMax } = stage.ctx.limits;
    for (let each = 0; each < truthReadsMax + 5; each += 1)
      stage.open(100 + each, { buy: true, lots: 1, leftBy: stage.ctx.clock.monotonic() - 60_000 });
    resolver.look();
    await expect.poll(() => noops).toBeGreaterThanOrEqual(truthReadsMax - 1);
    expect(await stage.ctx.truthReads.run(async () => 'read')).toBe('read');
  });

  it('is asked for ever more seldom', async () => {
    stage.venue.standing = { kind: 'open', orderId: '5', remaining: sizeOf('1'), original: sizeOf('1') };
    stage.venue.orders.cancel = async () => ({ kind: 'unknown', detail: 'no answer' });
    const waits = async (ageMs: number): Promise<number> => {
      const asked = stage.open(9 + ageMs, { buy: true, lots: 1, leftBy: stage.ctx.clock.monotonic() - ageMs });
      const before = stage.ctx.clock.now();
      resolver.look();
      await expect.poll(() => asked.askAt).toBeGreaterThan(0);
      return asked.askAt - before;
    };
    expect(await waits(0)).toBeLessThan(2_000);
    expect(await waits(100_000)).toBeGreaterThan(9_900);
    expect(await waits(86_400_000)).toBeLessThanOrEqual(32_000);
  });

  it('is looked for beside what the follower holds, at a venue that knows no client order ids', async () => {
    const asked: unknown[] = [];
    Object.assign(stage.venue, { capabilities: { ...stage.venue.capabilities, clientOrderId: false } });
    const orderStatus: typeof stage.venue.truth.orderStatus = async (_address, _order, sent) => {
      asked.push(sent?.positionBefore);
      return ok(stage.venue.standing);
    };
    Object.assign(stage.venue.truth, { orderStatus });
    stage.sheet.rows.position[stage.copy.row] = 2_000;
    stage.sheet.rows.beside[stage.copy.row] = -5_000;
    await stage.writeRow(order);
    expect(await resolver.settleAll(FAR_MS)).toBe(true);
    expect(asked).toEqual([sizeOf('-0.3')]);
  });

  it('whose row is missing is neither told nor counted', async () => {
    resolver.look();
    await expect.poll(() => order.askAt).toBeGreaterThan(0);
    expect(columns()).toEqual({ position: 0, reserved: 10_000 });
    expect(await stage.events()).toEqual([]);
  });
});
