import { type Instrument, money, parsePrice, parseSize, unwrap } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import type { TriggerTerms, WorkingOrder } from '../../port';
import { connectionId } from '../sign/action-hash';
import { L1Signer, loadSigningTools } from '../sign/l1-signer';
import { ACTION_VECTORS, CLOID, TEST_KEY, VAULT } from '../test_data/signing-vectors';
import { cancelAllByCloidAction } from './cancel-by-cloid';
import { modifyOrdersAction, placeOrdersAction } from './place-orders';
import { scheduleCancelAction } from './schedule-cancel';
import { updateIsolatedMarginAction } from './update-isolated-margin';

const coin = (assetId: number): Instrument => ({
  venue: 'hyperliquid',
  dex: '',
  coin: 'X',
  assetId,
  szDecimals: 2,
  maxLeverage: 10,
  onlyIsolated: false,
  delisted: false,
  collateral: 'USDC',
});
const priceOf = (text: string) => unwrap(parsePrice(text), text);
const order = (part: Partial<WorkingOrder> & { readonly at?: string; readonly lots?: string } = {}): WorkingOrder => ({
  instrument: coin(1),
  buy: true,
  price: priceOf(part.at ?? '100'),
  size: unwrap(parseSize(part.lots ?? '100'), 'size'),
  reduceOnly: false,
  clientOrderId: CLOID,
  terms: { kind: 'limit', tif: 'gtc' },
  ...part,
});
const trigger = (purpose: TriggerTerms['purpose'], price: string, market = true): WorkingOrder['terms'] => ({
  kind: 'trigger',
  trigger: { price: priceOf(price), purpose, market },
});
const text = (value: unknown): string => JSON.stringify(value);

describe('actions of working orders have the keys the venue hashes, in its order', () => {
  it.each([
    [
      'GTC order with client order id',
      placeOrdersAction([order()], {}),
      '{"type":"order","orders":[{"a":1,"b":true,"p":"100","s":"100","r":false,"t":{"limit":{"tif":"Gtc"}},"c":"0x00000000000000000000000000000001"}],"grouping":"na"}',
    ],
    [
      'a stop-loss of the position',
      placeOrdersAction([order({ buy: false, reduceOnly: true, terms: trigger('stop_loss', '95.50'), at: '85.95' })], { grouping: 'with_position' }),
      '{"type":"order","orders":[{"a":1,"b":false,"p":"85.95","s":"100","r":true,"t":{"trigger":{"isMarket":true,"triggerPx":"95.5","tpsl":"sl"}},"c":"0x00000000000000000000000000000001"}],"grouping":"positionTpsl"}',
    ],
    [
      'a take-profit limit of an entry',
      placeOrdersAction([order({ terms: trigger('take_profit', '120', false) })], { grouping: 'with_entry' }),
      '{"type":"order","orders":[{"a":1,"b":true,"p":"100","s":"100","r":false,"t":{"trigger":{"isMarket":false,"triggerPx":"120","tpsl":"tp"}},"c":"0x00000000000000000000000000000001"}],"grouping":"normalTpsl"}',
    ],
    [
      'a change to a resting order',
      modifyOrdersAction([{ target: CLOID, order: order({ terms: { kind: 'limit', tif: 'alo' } }) }]),
      '{"type":"batchModify","modifies":[{"oid":"0x00000000000000000000000000000001","order":{"a":1,"b":true,"p":"100","s":"100","r":false,"t":{"limit":{"tif":"Alo"}},"c":"0x00000000000000000000000000000001"}}]}',
    ],
  ])('%s', (_name, action, expected) => {
    expect(text(action)).toBe(expected);
  });

  it('a change to a trigger is asked to be placed always', () => {
    expect(text(modifyOrdersAction([{ target: CLOID, order: order({ terms: trigger('stop_loss', '95') }) }]))).toMatch(/,"a":true\}$/);
  });

  it('refuses margin finer than millionths', () => {
    expect(() => updateIsolatedMarginAction(1, money(150n))).toThrow('whole millionths');
  });
});

const actions = new Map([
  ['GTC order with client order id', placeOrdersAction([order()], {})],
  [
    'builder dex order',
    placeOrdersAction(
      [order({ instrument: coin(110_000), buy: false, at: '100.5', lots: '2', reduceOnly: true, terms: { kind: 'limit', tif: 'ioc' } })],
      {
        builder: { address: VAULT, feeTenthsBp: 10 },
      },
    ),
  ],
  ['cancelByCloid', cancelAllByCloidAction([{ instrument: coin(1), clientOrderId: CLOID }])],
  ['scheduleCancel', scheduleCancelAction(null)],
  ['scheduleCancel at a time', scheduleCancelAction(123_456_789)],
  ['updateIsolatedMargin', updateIsolatedMarginAction(110_000, money(-100_000_000n))],
]);
const vectors = ACTION_VECTORS.flatMap((vector) => {
  const action = actions.get(vector.name);
  return action === undefined ? [] : [[`${vector.name} on ${vector.network}`, action, vector] as const];
});

describe('signatures of what the wire builds', () => {
  it('covers every action that has a vector', () => {
    expect(new Set(vectors.map(([, , { name }]) => name))).toEqual(new Set(actions.keys()));
  });

  it.each(vectors)('%s', async (_name, action, vector) => {
    const tools = await loadSigningTools();
    const { nonce, vault, expiresAfter } = vector;
    const id = connectionId(tools.keccak, action, nonce, vault, expiresAfter);
    if (vector.hash !== undefined) expect(`0x${Buffer.from(id).toString('hex')}`).toBe(vector.hash);
    const signed = new L1Signer(tools, vector.network).signAction(action, nonce, Buffer.from(TEST_KEY, 'hex'), vault, expiresAfter);
    expect(signed).toEqual({ r: vector.r, s: vector.s, v: vector.v });
  });
});
