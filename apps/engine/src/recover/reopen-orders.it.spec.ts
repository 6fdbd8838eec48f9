import { present } from '@lockstep/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import { UnknownResolver } from '../repair/resolve-unknowns';
import type { OpenOrder } from '../state/open-orders';
import { type BooksStage, openBooksStage, orderOf } from '../testing/books-stage';
import { STAGE_COIN } from '../testing/scripted-venue';
import type { OpenJournal } from './open-journals';
import { reopenOrders } from './reopen-orders';

const WAVE = 7;
const LONG_MS = 60_000;

/** The journal row of a wave with one order of the stage's copy, as an engine before wrote it. Its outcomes were written, but for this one's. */
function journalOf({ copy, scope, ctx }: BooksStage): OpenJournal {
  const clientOrderId = Uint8Array.from(Buffer.from(orderOf(copy.no, WAVE).slice(2), 'hex'));
  const orders = {
    count: 1,
    ...{ copyNo: [copy.no], lots: [10_000], wave: [WAVE], leg: [2], attempt: [0], price: [10_000_000_000], buy: [1], exit: [0], reduceOnly: [0] },
    ...{ nonce: [ctx.clock.now()], expiresAfter: [0], decision: [0], builderFee: [0], clientOrderId },
  };
  const packed = { orders, decisions: { count: 0, settingsVersion: [1] }, coin: STAGE_COIN.coin, instance: 1, firstFillAt: 0, m0: 0, m1: 0, m2: 0 };
  const row = { ...scope, moveId: BigInt(WAVE), part: 0, createdAt: ctx.clock.now(), writtenAt: ctx.clock.now() };
  return { row, packed } as unknown as OpenJournal;
}

describe('an order an engine before wrote down', () => {
  let stage: BooksStage;
  let resolver: UnknownResolver;
  let order: OpenOrder;

  beforeEach(async () => {
    stage = await openBooksStage();
    resolver = new UnknownResolver(stage.ctx, stage.books);
    await reopenOrders(stage.ctx, [journalOf(stage)], { intents: [], proposals: [] }, new Map());
    order = present(stage.ctx.openOrders.find(orderOf(stage.copy.no, WAVE)), 'the order found');
    stage.venue.standing = { kind: 'unknown_order' };
    stage.venue.orders.noop = async () => ({ kind: 'rejected', code: 'nonce_duplicate', text: 'Invalid nonce: duplicate nonce' });
  });
  afterEach(() => stage.close());

  const asked = async ({ ctx }: { readonly ctx: EngineContext }): Promise<boolean> => {
    order.askAt = 0;
    resolver.look();
    await expect.poll(() => order.askAt > 0 || ctx.openOrders.find(order.clientOrderId) === undefined).toBe(true);
    return ctx.openOrders.find(order.clientOrderId) !== undefined;
  };

  it('may be sent by it still: the venue’s silence counts once its nonce is known to be spent for long, not once it was found long ago', async () => {
    Object.assign(order, { leftBy: stage.ctx.clock.monotonic() - LONG_MS });
    expect(await asked(stage)).toBe(true);
    expect(order.spentAt).toBeDefined();
    order.spentAt = stage.ctx.clock.monotonic() - LONG_MS;
    expect(await asked(stage)).toBe(false);
  });
});
