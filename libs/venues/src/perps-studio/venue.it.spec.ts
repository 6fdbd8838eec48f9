import { size, toLots, unwrap } from '@lockstep/kernel';
import { afterEach, describe, expect, it } from 'vitest';
import { buyFor } from '../conformance/order-cases';
import { awayFromMark, market, nextCloid, place, placeOne, positionOf, sizeWorth } from '../conformance/orders';
import { OUTCOME, type WatchEvent } from '../port';
import { type DriverOrder, PerpsStudioDriver } from './testing/simulated-driver';

/* What is special to perps.studio, against the simulated Provider API. Needs the built server. */

let driver: PerpsStudioDriver | null = null;
async function start(order: Partial<DriverOrder> = {}): Promise<PerpsStudioDriver> {
  driver = await PerpsStudioDriver.start({ watchThrough: false, requestsPerMinute: 100_000, ...order });
  return driver;
}
afterEach(async () => {
  await driver?.close();
});

describe('leaders watched by polling', () => {
  it('are told as state first, then as derived fills, with what was missed after a failure', async () => {
    const stage = await start();
    const leader = await stage.account();
    const told: WatchEvent[] = [];
    const watch = stage.venue.watchUsers(['', 'xyz'], (event) => told.push(event));
    expect(watch.watch(leader.address)).toBe('watching');
    const fills = () => told.flatMap((event) => (event.kind === 'fills' ? [...event.fills] : []));
    const synced = () => told.filter((event) => event.kind === 'synced');
    await expect.poll(() => synced().length).toBe(2);
    await buyFor(stage, leader, 50);
    await expect.poll(() => fills().length).toBe(1);
    expect(fills()[0]).toMatchObject({ coin: 'BTC', side: 'buy', derived: true, startPosition: 0n, size: await positionOf(stage, leader) });
    expect(told.some((event) => event.kind === 'state' && event.state.positions.length === 1)).toBe(true);
    await stage.world('faults', { target: 'info', effect: { kind: 'status', status: 502 }, type: 'clearinghouseState', count: null });
    await expect.poll(() => told.filter((event) => event.kind === 'disconnected').length).toBe(2);
    await stage.world('trades', { trades: [{ address: leader.address, coin: 'BTC', side: 'sell', price: '66000', size: '0.0001' }] });
    await stage.simulator.control('/worlds/main/faults', null, 'DELETE');
    await expect.poll(() => synced().length, { timeout: 5_000 }).toBeGreaterThanOrEqual(3);
    await expect
      .poll(() =>
        synced()
          .flatMap((event) => (event.kind === 'synced' ? event.fills : []))
          .map(({ side, size: quantity }) => `${side} ${quantity}`),
      )
      .toEqual(['sell 10000']);
    await watch.close();
  });
});

describe('one leader of several who cannot be read', () => {
  it('is the only one told as unseen, and the only one read anew', async () => {
    const stage = await start();
    const seen = await stage.account();
    const unread = await stage.account();
    const told: WatchEvent[] = [];
    const watch = stage.venue.watchUsers([''], (event) => told.push(event));
    for (const { address } of [seen, unread]) watch.watch(address);
    await expect.poll(() => told.filter(({ kind }) => kind === 'synced').length).toBe(2);
    await stage.world('faults', { target: 'info', effect: { kind: 'status', status: 502 }, type: 'clearinghouseState', count: 1 });
    const lost = () => told.filter((event) => event.kind === 'disconnected');
    await expect.poll(() => lost().length).toBe(1);
    await expect.poll(() => told.filter(({ kind }) => kind === 'synced').length).toBe(3);
    const back = told.findLast((event) => event.kind === 'synced');
    expect(lost().map((event) => event.unseen)).toEqual([[back?.address]]);
    await watch.close();
  });
});

describe('the key’s minute', () => {
  it('holds a wave back instead of earning a 429, and reductions of the same signer keep their order', async () => {
    const stage = await start({ requestsPerMinute: 20, settings: { orderWaitMaxMs: 300, keptPerMinute: { orders: 10, truth: 5, leaders: 0 } } });
    const account = await stage.account();
    const context = await market(stage);
    const order = { account, buy: true, price: awayFromMark(context, 3), size: sizeWorth(context.instrument, 12, context.markPrice) };
    const { outcomes } = await place(
      stage,
      context.instrument,
      Array.from({ length: 18 }, () => order),
    );
    const rejects = outcomes.map(({ reject }) => reject);
    const filled = outcomes.filter(({ outcome }) => outcome === OUTCOME.filled).length;
    expect(filled).toBeGreaterThanOrEqual(10);
    expect(filled).toBeLessThan(18);
    expect(rejects.slice(0, filled).every((reject) => reject === 'none')).toBe(true);
    expect(rejects.slice(filled).every((reject) => reject === 'not_sent')).toBe(true);
    expect(rejects).not.toContain('ip_rate_limited');
    expect(stage.venue.capabilities.requestsPerMinute).toBe(20);
  });

  it('lets nothing leave for as long as the API says after a 429 it did not foresee', async () => {
    const stage = await start({ requestsPerMinute: 5, settings: { requestsPerMinute: 50, orderWaitMaxMs: 200 } });
    const account = await stage.account();
    const context = await market(stage);
    const order = { account, buy: true, price: awayFromMark(context, 3), size: sizeWorth(context.instrument, 12, context.markPrice) };
    const rejects: string[] = [];
    for (let turn = 0; turn < 6; turn += 1) rejects.push((await placeOne(stage, context.instrument, order)).reject);
    expect(rejects.filter((reject) => reject === 'ip_rate_limited')).toHaveLength(1);
    expect(rejects.at(-1)).toBe('not_sent');
  });
});

describe('outcomes', () => {
  it.each([
    ['by fills of the underlying exchange', true],
    ['by the position', false],
  ])('an unanswered order is found %s, and its fill carries its client order id', async (_name, watchThrough) => {
    const stage = await start({ watchThrough });
    const account = await stage.account();
    const context = await market(stage);
    const { instrument } = context;
    const quantity = sizeWorth(instrument, 50, context.markPrice);
    const order = {
      account,
      buy: true,
      price: awayFromMark(context, 3),
      size: quantity,
      nonce: account.nextNonce(),
      clientOrderId: nextCloid(stage),
    };
    await stage.loseNextOrderAnswer();
    expect((await placeOne(stage, instrument, order)).outcome).toBe(OUTCOME.unknown);
    const sent = {
      instrument,
      buy: true,
      price: order.price,
      lots: toLots(instrument, quantity),
      nonce: order.nonce,
      positionBefore: size(0n),
      others: [],
    };
    const early = await stage.venue.truth.orderStatus(account.address, order.clientOrderId, sent);
    expect(unwrap(early, 'before its nonce was tried').kind).toBe('unknown_order');
    expect(await stage.venue.orders.noop(account.signer, order.nonce)).toMatchObject({ kind: 'rejected', code: 'nonce_duplicate' });
    const standing = await stage.venue.truth.orderStatus(account.address, order.clientOrderId, sent);
    expect(unwrap(standing, 'standing')).toMatchObject({ kind: 'closed', status: 'filled', remaining: 0n });
    const fills = unwrap(await stage.venue.truth.fills(account.address, 0), 'fills');
    expect(fills.map(({ clientOrderId, size: filled }) => [clientOrderId, filled])).toEqual([[order.clientOrderId, quantity]]);
  });

  it('an order that never landed is closed by its nonce, and a later one with it is refused', async () => {
    const stage = await start();
    const account = await stage.account();
    const context = await market(stage);
    const { instrument } = context;
    const order = {
      account,
      buy: true,
      price: awayFromMark(context, 3),
      size: sizeWorth(instrument, 50, context.markPrice),
      nonce: account.nextNonce(),
    };
    await stage.world('faults', { target: 'exchange', effect: { kind: 'silence' }, when: 'before', type: 'order' });
    expect((await placeOne(stage, instrument, order)).outcome).toBe(OUTCOME.unknown);
    expect((await stage.venue.orders.noop(account.signer, order.nonce)).kind).toBe('accepted');
    expect((await placeOne(stage, instrument, order)).reject).toBe('nonce_duplicate');
    expect(await positionOf(stage, account)).toBe(0n);
  });

  it('fills of answered orders are read with their fees from the order itself', async () => {
    const stage = await start();
    const account = await stage.account();
    const outcome = await buyFor(stage, account, 50);
    const [fill, ...more] = unwrap(await stage.venue.truth.fills(account.address, 0), 'fills');
    expect(more).toEqual([]);
    expect(fill).toMatchObject({ clientOrderId: outcome.clientOrderId, orderId: String(outcome.orderId), feeAsset: 'USDC', derived: true });
    expect(Number(fill?.fee)).toBeGreaterThan(0);
  });

  it.each([429, 502, 503])('a %i of the exchange behind the API proves nothing', async (status) => {
    const stage = await start();
    const account = await stage.account();
    await stage.world('faults', { target: 'exchange', effect: { kind: 'status', status }, type: 'order' });
    expect((await buyFor(stage, account, 50)).outcome).toBe(OUTCOME.unknown);
  });
});

describe('the test network', () => {
  it('is traded by its own paths, numbers and signatures', async () => {
    const stage = await start({ flags: ['--testnet'] });
    const account = await stage.account();
    expect((await market(stage)).instrument.assetId).toBe(3);
    expect((await buyFor(stage, account, 50)).outcome).toBe(OUTCOME.filled);
    const marks: string[] = [];
    const watch = stage.venue.watchMarks([''], (updates) => marks.push(...updates.map(({ coin }) => coin)));
    await expect.poll(() => marks.includes('BTC')).toBe(true);
    await watch.close();
  });
});

describe('RWA dexes', () => {
  it('list with their prefix, trade in their dex and show there', async () => {
    const stage = await start();
    const account = await stage.account();
    const markets = unwrap(await stage.venue.truth.markets(['xyz']), 'markets');
    const gold = markets.find(({ instrument }) => instrument.coin === 'xyz:GOLD');
    if (gold === undefined) throw new Error('gold is listed');
    expect(gold.instrument).toMatchObject({ venue: 'perps_studio', dex: 'xyz', assetId: 110_003, szDecimals: 4 });
    const quantity = sizeWorth(gold.instrument, 50, gold.markPrice);
    expect((await placeOne(stage, gold.instrument, { account, buy: true, price: awayFromMark(gold, 3), size: quantity })).outcome).toBe(
      OUTCOME.filled,
    );
    expect(unwrap(await stage.venue.truth.account(account.address, 'xyz'), 'state').positions).toMatchObject([{ coin: 'xyz:GOLD', size: quantity }]);
    expect(unwrap(await stage.venue.truth.account(account.address, ''), 'state').positions).toEqual([]);
  });
});
