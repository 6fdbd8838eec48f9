import { fromLots, ok, size } from '@lockstep/kernel';
import { systemTimers } from '@lockstep/platform';
import { CopyBook, MICRO, STATUS } from '@lockstep/replication';
import { entryOf, settingsOf } from '@lockstep/replication/testing/book-builder';
import { defaultCopySettings } from '@lockstep/roster';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import { ENGINE_LIMITS } from '../limits';
import type { OpenOrder } from '../state/open-orders';
import { TestClocks } from '../test-clocks';
import { STAGE_COIN, scriptedVenue } from '../testing/scripted-venue';
import { sentOf, UnknownResolver } from './resolve-unknowns';

/** An order that stands at the venue though it must not; `cancel`: what the venue says to its cancel. */
function standing(cancel: object, limits = ENGINE_LIMITS) {
  const cancels: object[] = [];
  const venue = scriptedVenue();
  venue.standing = { kind: 'open', orderId: '1', original: size(5n), remaining: size(5n), status: 'open', statusTime: 0 } as never;
  Object.assign(venue.orders, { cancel: async () => cancels[cancels.push(cancel) - 1] });
  const account = { network: { venue }, address: '0xa', signer: 1 };
  const order = {
    clientOrderId: '0x1',
    signers: [1],
    // A minute old: somebody who could sign came only now.
    leftBy: performance.now() - 60_000,
    wave: { handed: true },
    copy: { account, watched: { book: { copies: { copyNo: [7] } } }, row: 0, no: 7 },
    sheet: { instrument: STAGE_COIN },
    lots: 5,
    filledLots: null as number | null,
    ledBooked: 0,
    askAt: 0,
  };
  const ctx = {
    clocks: new TestClocks(),
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    nonces: { next: () => 1 },
    limits,
    log: { error: () => undefined },
    openOrders: { unknown: () => [order] },
    pass: () => undefined,
    timers: systemTimers,
  } as unknown as EngineContext;
  return { order, cancels, venue, now: Date.now(), resolver: new UnknownResolver(ctx, {} as never) };
}

/** Its window is over. */
const OVER = { until: 0, leaderReductions: 0, halts: 0 };

describe('orders of unknown outcome', () => {
  it('of a network that gives no answers keep none of another from being asked for', async () => {
    const asked: string[] = [];
    const silent = scriptedVenue();
    Object.assign(silent.truth, { orderStatus: () => new Promise(() => undefined) });
    const answering = scriptedVenue();
    const { orderStatus } = answering.truth;
    Object.assign(answering.truth, {
      orderStatus: (...question: Parameters<typeof orderStatus>) => {
        asked.push(question[1]);
        return orderStatus(...question);
      },
    });
    const orderAt = (venue: object, clientOrderId: string) => ({
      clientOrderId,
      signers: [1],
      leftBy: performance.now(),
      wave: { handed: true },
      copy: { account: { network: venue, address: '0xa' } },
      askAt: 0,
    });
    const network = { venue: silent };
    const orders = Array.from({ length: ENGINE_LIMITS.truthReadsMax + 1 }, (_, at) => orderAt(network, `0x${at}`));
    const other = orderAt({ venue: answering }, '0xother');
    const ctx = {
      clocks: new TestClocks(),
      clock: { now: () => Date.now(), monotonic: () => performance.now() },
      limits: ENGINE_LIMITS,
      log: { error: () => undefined },
      openOrders: { unknown: () => [...orders, other] },
      pass: () => undefined,
      timers: systemTimers,
    } as unknown as EngineContext;
    new UnknownResolver(ctx, {} as never).look();
    await expect.poll(() => other.askAt).toBeGreaterThan(0);
    expect(asked).toEqual(['0xother']);
  });

  it.each([
    ['accepted', ENGINE_LIMITS.unknownIntervalMs],
    ['rejected', 6_000],
  ] as const)('that stand though they must not, and whose cancel is %s, are asked for again after %i ms', async (kind, ms) => {
    const { order, now, resolver } = standing({ kind, code: 'unknown_signer', text: '', response: null });
    resolver.look();
    await expect.poll(() => order.askAt).toBeGreaterThan(0);
    expect(Math.round((order.askAt - now) / 100) * 100).toBe(ms);
  });

  it('that rest and must not any more are cancelled at once, once, though the wave they left in is still on its way', async () => {
    const { order, cancels, resolver } = standing({ kind: 'accepted', response: null });
    Object.assign(order, { rest: OVER, wave: { handed: false } });
    for (let look = 0; look < 3; look += 1) {
      resolver.look();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(cancels).toHaveLength(1);
  });

  /** One that may stand, and about which the venue gives no answer. */
  function asked() {
    const stage = standing({ kind: 'accepted', response: null });
    const { order, venue } = stage;
    const book = new CopyBook();
    const row = book.addCopy(entryOf(7, settingsOf('1', { slippage: { ...defaultCopySettings().slippage, onBreach: 'rest' } })));
    const sheet = book.sheet(STAGE_COIN);
    const watched = { book, leaving: new Map<string, number>() };
    Object.assign(order, { sheet, buy: true, copy: { ...order.copy, row, watched }, rest: { ...OVER, until: Number.POSITIVE_INFINITY } });
    sheet.rows.target[row] = 5 * MICRO;
    sheet.rows.pendingBuy[row] = 5;
    const asks: (() => void)[] = [];
    Object.assign(venue.truth, {
      orderStatus: () => new Promise((resolve) => asks.push(() => resolve(ok({ ...venue.standing, kind: 'closed' })))),
    });
    return { ...stage, book, row, watched, asks };
  }

  it.each<[string, (stage: ReturnType<typeof asked>) => void]>([
    ['their copy is paused', ({ book, row }) => book.setStatus(row, STATUS.paused, true)],
    ['their leader is told to reduce, though that is not written down', ({ watched }) => watched.leaving.set(STAGE_COIN.coin, 1)],
  ])('that rest are cancelled as soon as %s, though an answer about them is still waited for', async (_what, happens) => {
    const stage = asked();
    stage.resolver.look();
    await expect.poll(() => stage.asks.length).toBe(1);
    expect(stage.cancels).toEqual([]);
    happens(stage);
    stage.resolver.look();
    await expect.poll(() => stage.cancels.length).toBe(1);
  });

  it('that rest, are cancelled and turn out to have ended meanwhile, are asked about no more', async () => {
    const stage = asked();
    let taken: () => void = () => undefined;
    Object.assign(stage.venue.orders, { cancel: () => new Promise((resolve) => (taken = () => resolve({ kind: 'accepted', response: null }))) });
    Object.assign(stage.order, { rest: OVER });
    stage.resolver.look();
    stage.order.filledLots = 5;
    taken();
    await new Promise((resolve) => setImmediate(resolve));
    expect(stage.asks).toEqual([]);
  });

  it('are asked about with what all copies of their account hold, and bring no instrument into the book of a leader who never traded it', async () => {
    const [met, unmet] = [new CopyBook(), new CopyBook()];
    const account = { own: new Map([[STAGE_COIN.coin, 3]]), scope: null };
    const copies = [met, unmet].map((book, at) => ({ no: at + 1, account, watched: { book }, row: book.addCopy(entryOf(at + 1, settingsOf('1'))) }));
    const sheet = met.sheet(STAGE_COIN);
    sheet.rows.position[0] = 4;
    const ctx = { registry: { copiesOf: () => copies }, storage: { scoped: async () => [] } } as unknown as EngineContext;
    const order = { copy: copies[0], sheet, buy: true, lots: 5, price: 100, nonce: 1, createdAt: 0, orderId: 1n };
    expect(await sentOf(ctx, order as unknown as OpenOrder)).toMatchObject({ lots: 5, positionBefore: fromLots(STAGE_COIN, 7) });
    expect([...unmet.allSheets()]).toEqual([]);
  });

  it.each<[string, object, boolean]>([
    ['wait for an agent hold nobody up: only who comes later can end them', { kind: 'rejected', code: 'unknown_signer', text: '' }, false],
    ['the venue does not cancel now are cancelled again', { kind: 'rejected', code: 'halted', text: '' }, true],
    ['got no answer to their cancel are cancelled again', { kind: 'unknown', detail: '' }, true],
  ])('that stand though they must not and %s', async (_what, cancel, again) => {
    const { cancels, now, resolver } = standing(cancel, { ...ENGINE_LIMITS, unknownIntervalMs: 10 });
    expect(await resolver.settleAll(now + 100)).toBe(false);
    expect(cancels.length > 1).toBe(again);
  });
});
