import { type Instrument, money, parsePrice, parseSize, type Size, size, unwrap } from '@lockstep/kernel';
import { beforeEach, describe, expect, it } from 'vitest';
import type { OpenOrder, VenueFill, VenuePosition } from '../port';
import { sampleFill } from '../port/testing/sample-fill';
import { findByFills, findByPosition, findWorking } from './find-order';
import { type OwnOrder, OwnOrders } from './own-orders';

const price = (text: string) => unwrap(parsePrice(text), text);
const lots = (text: string): Size => unwrap(parseSize(text), text);
const NONCE = 1_700_000_000_000;
const BTC: Instrument = {
  venue: 'perps_studio',
  dex: '',
  coin: 'BTC',
  assetId: 0,
  szDecimals: 5,
  maxLeverage: 40,
  onlyIsolated: false,
  delisted: false,
  collateral: 'USDC',
};
/** A buy of 0.5 at 100 or better. */
const sent = (): OwnOrder => ({
  clientOrderId: '0xc',
  address: '0xa',
  instrument: BTC,
  buy: true,
  price: price('100'),
  lots: 50_000,
  nonce: NONCE,
  positionBefore: null,
  orderId: null,
  filledLots: 0,
  averagePrice: null,
  answeredAt: 0,
  open: true,
  fills: null,
  nonceSpent: true,
  told: false,
});
const fill = (over: Partial<VenueFill>): VenueFill => ({
  ...sampleFill(),
  coin: 'BTC',
  side: 'buy',
  price: price('99'),
  size: lots('0.5'),
  time: NONCE + 100,
  orderId: '7',
  clientOrderId: null,
  liquidation: false,
  ...over,
});
const position = (quantity: string): VenuePosition => ({
  coin: 'BTC',
  size: lots(quantity),
  entryPrice: price('99'),
  leverage: 20,
  cross: true,
  marginUsed: money(0n),
  unrealisedPnl: money(0n),
});

let own: OwnOrders;
let order: OwnOrder;
beforeEach(() => {
  own = new OwnOrders(100);
  order = sent();
  own.add(order);
});

describe('an unanswered order among the fills of the exchange', () => {
  it.each<[string, readonly VenueFill[], readonly string[], string]>([
    ['filled whole', [fill({})], [], 'filled 0.5'],
    ['filled in two, the rest gone', [fill({ size: lots('0.2') }), fill({ size: lots('0.1'), tradeId: '2' })], [], 'canceled 0.3'],
    ['not there', [], [], 'unknown_order'],
    ['another coin', [fill({ coin: 'ETH' })], [], 'unknown_order'],
    ['another side', [fill({ side: 'sell' })], [], 'unknown_order'],
    ['outside its bound', [fill({ price: price('101') })], [], 'unknown_order'],
    ['before it', [fill({ time: NONCE - 10_000 })], [], 'unknown_order'],
    ['more than it ordered', [fill({ size: lots('0.6') })], [], 'unknown_order'],
    ['a liquidation', [fill({ liquidation: true })], [], 'unknown_order'],
    ['of an order known to be another', [fill({})], ['7'], 'unknown_order'],
    [
      'one that fits whole before an earlier one that fits in part',
      [fill({ size: lots('0.3'), orderId: '6', time: NONCE }), fill({})],
      [],
      'filled 0.5',
    ],
    ['the first that is not another’s', [fill({}), fill({ orderId: '8', time: NONCE + 200 })], ['7'], 'filled 0.5'],
  ])('%s', (_name, fills, others, expected) => {
    const standing = findByFills(own, order, others, fills);
    const told = standing.kind === 'closed' ? `${standing.status} ${Number(standing.original - standing.remaining) / 1e8}` : standing.kind;
    expect(told).toBe(expected);
    expect(order.open).toBe(standing.kind !== 'closed');
  });

  it('is not taken from an order of ours that has the id', () => {
    const earlier = { ...sent(), clientOrderId: '0xb' };
    own.add(earlier);
    own.bind(earlier, '7');
    expect(findByFills(own, order, [], [fill({})]).kind).toBe('unknown_order');
  });
});

describe('an unanswered order by the position', () => {
  it.each<[string, Size | null, VenuePosition | undefined, string]>([
    ['opened it', size(0n), position('0.5'), 'filled 0.5'],
    ['grew it by a part', lots('1'), position('1.2'), 'canceled 0.2'],
    ['more than it ordered is not its own', size(0n), position('0.9'), 'filled 0.5'],
    ['did not move it', lots('1'), position('1'), 'unknown_order'],
    ['moved away from it', lots('1'), position('0.5'), 'unknown_order'],
    ['closed a short', lots('-0.5'), undefined, 'filled 0.5'],
    ['not known where it stood', null, position('0.5'), 'unknown_order'],
  ])('%s', (_name, before, now, expected) => {
    const standing = findByPosition(own, order, before, now, NONCE + 1_000);
    const told = standing.kind === 'closed' ? `${standing.status} ${Number(standing.original - standing.remaining) / 1e8}` : standing.kind;
    expect(told).toBe(expected);
    expect(order.fills?.every(({ derived, clientOrderId }) => derived === true && clientOrderId === '0xc') ?? true).toBe(true);
  });
});

describe('an unanswered order among working ones', () => {
  const working = (over: Partial<OpenOrder>): OpenOrder => ({
    coin: 'BTC',
    side: 'buy',
    limitPrice: price('100'),
    remaining: lots('0.5'),
    original: lots('0.5'),
    orderId: '9',
    clientOrderId: null,
    reduceOnly: false,
    time: NONCE + 50,
    ...over,
  });

  it.each<[string, OpenOrder, readonly string[], boolean]>([
    ['fits', working({}), [], true],
    ['another price', working({ limitPrice: price('99') }), [], false],
    ['another size', working({ original: lots('0.4') }), [], false],
    ['older', working({ time: NONCE - 10_000 }), [], false],
    ['known to be another', working({}), ['9'], false],
  ])('%s', (_name, candidate, others, found) => {
    expect(findWorking(own, order, others, [candidate])?.kind ?? null).toBe(found ? 'open' : null);
  });
});
