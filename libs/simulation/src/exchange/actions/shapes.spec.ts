import { describe, expect, it } from 'vitest';
import { addressOf, Testbed, wireOrder } from '../../builders/testbed';
import type { Json } from '../port';
import type { QueueClass } from './prepared';
import { prepareAction } from './registry';

/* What the venue reads at all. Anything else is 422, before a nonce is used or a request counted. */

const { world } = new Testbed();
const order = Object(wireOrder({ p: '66000', s: '0.1' }));
const cloid = `0x${'0'.repeat(31)}1`;
const orders = (...list: readonly Json[]): Json => ({ type: 'order', orders: list, grouping: 'na' });

describe('an order of another form is no request', () => {
  it.each<[string, Json]>([
    ['without a grouping', { type: 'order', orders: [order] }],
    ['with an unknown grouping', { type: 'order', orders: [order], grouping: 'tpsl' }],
    ['with orders that are no list', { type: 'order', orders: order, grouping: 'na' }],
    ['for a negative asset', orders({ ...order, a: -1 })],
    ['for a part of an asset', orders({ ...order, a: 0.5 })],
    ['for an asset as text', orders({ ...order, a: '0' })],
    ['with a price as a number', orders({ ...order, p: 66_000 })],
    ['with a size as a number', orders({ ...order, s: 0.1 })],
    ['without reduce-only', orders({ ...order, r: undefined })],
    ['with a side as text', orders({ ...order, b: 'B' })],
    ['of an unknown time in force', orders({ ...order, t: { limit: { tif: 'Fok' } } })],
    ["of the venue's own time in force", orders({ ...order, t: { limit: { tif: 'LiquidationMarket' } } })],
    ['of no kind', orders({ ...order, t: {} })],
    ['of two kinds', orders({ ...order, t: { limit: { tif: 'Gtc' }, trigger: { isMarket: true, triggerPx: '60000', tpsl: 'sl' } } })],
    ['with a trigger of neither purpose', orders({ ...order, t: { trigger: { isMarket: true, triggerPx: '60000', tpsl: 'x' } } })],
    ['with a client id of fifteen bytes', orders({ ...order, c: `0x${'0'.repeat(30)}` })],
    ['with a builder without a fee', { type: 'order', orders: [order], grouping: 'na', builder: { b: addressOf(9) } }],
    ['with a negative builder fee', { type: 'order', orders: [order], grouping: 'na', builder: { b: addressOf(9), f: -1 } }],
    ['with a builder that is no address', { type: 'order', orders: [order], grouping: 'na', builder: { b: '0x1', f: 1 } }],
  ])('%s', (_what, action) => expect(world.accepts(action)).toBe(false));
});

describe('another action of another form is no request', () => {
  it.each<[string, Json]>([
    ['a cancel of a negative order', { type: 'cancel', cancels: [{ a: 0, o: -1 }] }],
    ['a cancel by text', { type: 'cancel', cancels: [{ a: 0, o: '1' }] }],
    ['a cancel of a client id under `cancel`', { type: 'cancel', cancels: [{ asset: 0, cloid }] }],
    ['a cancel by a client id that is too short', { type: 'cancelByCloid', cancels: [{ asset: 0, cloid: '0x1' }] }],
    ['a modify without an order', { type: 'modify', oid: 1 }],
    ['a modify of nothing', { type: 'modify', oid: null, order }],
    ['a leverage of a half', { type: 'updateLeverage', asset: 0, isCross: true, leverage: 2.5 }],
    ['a negative leverage', { type: 'updateLeverage', asset: 0, isCross: true, leverage: -2 }],
    ['a leverage without a mode', { type: 'updateLeverage', asset: 0, leverage: 2 }],
    ['isolated margin in parts', { type: 'updateIsolatedMargin', asset: 0, isBuy: true, ntli: 0.5 }],
    ['a dead-man switch at a text', { type: 'scheduleCancel', time: 'soon' }],
    ['a TWAP of half minutes', { type: 'twapOrder', twap: { a: 0, b: true, s: '1', r: false, m: 7.5, t: false } }],
    ['a transfer of nothing', { type: 'subAccountTransfer', subAccountUser: addressOf(2), isDeposit: true, usd: 0 }],
    ['a transfer of less than nothing', { type: 'vaultTransfer', vaultAddress: addressOf(2), isDeposit: true, usd: -1 }],
    ['an unknown type', { type: 'closePosition', asset: 0 }],
    ['no type', { orders: [order], grouping: 'na' }],
  ])('%s', (_what, action) => expect(world.accepts(action)).toBe(false));
});

describe('inside a block', () => {
  const tif = (name: string): Json => ({ ...order, t: { limit: { tif: name } } });
  const trigger = { ...order, t: { trigger: { isMarket: true, triggerPx: '60000', tpsl: 'sl' } } };
  it.each<[string, QueueClass, Json]>([
    ['a post-only order', 'plain', orders(tif('Alo'))],
    ['a trigger order', 'plain', orders(trigger)],
    ['a leverage', 'plain', { type: 'updateLeverage', asset: 0, isCross: true, leverage: 2 }],
    ['a noop', 'plain', { type: 'noop' }],
    ['a TWAP', 'plain', { type: 'twapOrder', twap: { a: 0, b: true, s: '1', r: false, m: 5, t: false } }],
    ['a modify to post-only', 'plain', { type: 'modify', oid: 1, order: tif('Alo') }],
    ['a cancel', 'cancel', { type: 'cancel', cancels: [{ a: 0, o: 1 }] }],
    ['a cancel by client id', 'cancel', { type: 'cancelByCloid', cancels: [{ asset: 0, cloid }] }],
    ['the end of a TWAP', 'cancel', { type: 'twapCancel', a: 0, t: 1 }],
    ['a GTC order', 'taking', orders(tif('Gtc'))],
    ['an IOC order', 'taking', orders(tif('Ioc'))],
    ['a market order', 'taking', orders(tif('FrontendMarket'))],
    ['post-only orders with one IOC among them', 'taking', orders(tif('Alo'), tif('Ioc'), tif('Alo'))],
    ['a modify to GTC', 'taking', { type: 'modify', oid: 1, order }],
    [
      'modifies with one GTC among them',
      'taking',
      {
        type: 'batchModify',
        modifies: [
          { oid: 1, order: tif('Alo') },
          { oid: 2, order },
        ],
      },
    ],
    [
      'a multi-signature IOC order',
      'taking',
      { type: 'multiSig', signatures: [], payload: { multiSigUser: addressOf(1), outerSigner: addressOf(2), action: orders(tif('Ioc')) } },
    ],
  ])('%s stands with the class %s', (_what, queueClass, action) => {
    expect(prepareAction(action)?.queueClass).toBe(queueClass);
  });
});
