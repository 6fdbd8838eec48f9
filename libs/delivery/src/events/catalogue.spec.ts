import { makeId, money, price, size } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseWireTime, wireTime } from '../wire';
import { buildEvent, fillData, moveData, orderData, positionData } from './build';
import { EVENT_TYPES, EVENTS, eventSchema, isEventType } from './catalogue';

const zeros = new Uint8Array(10);
const copyId = makeId('copy', 1, zeros);
const leaderId = makeId('leader', 1, zeros);
const head = { id: makeId('event', 1, zeros), environment: 'test' as const, occurredAtMs: 1_767_225_600_123 };
const order = {
  orderId: 'ord',
  copyId,
  leaderId,
  moveId: 7n,
  coin: 'BTC',
  side: 'buy' as const,
  reduceOnly: false,
  price: price(6_412_370_000_000n),
  size: size(1_000n),
  filledSize: size(0n),
  averagePrice: price(0n),
  clientOrderId: '0x01',
  venueOrderId: null,
  attempt: 1,
};

describe('event catalogue', () => {
  it('matches its recorded schemas: a change here must be an addition', async () => {
    const schemas = Object.fromEntries(EVENT_TYPES.map((type) => [type, { version: EVENTS[type].version, ...z.toJSONSchema(EVENTS[type].data) }]));
    await expect(`${JSON.stringify(schemas, null, 1)}\n`).toMatchFileSnapshot('./catalogue.v1.json');
  });

  it('types are dotted words, each with a sentence', () => {
    for (const type of EVENT_TYPES) {
      expect(type).toMatch(/^[a-z_]+\.[a-z_]+$/);
      expect(EVENTS[type].meaning).toMatch(/^[A-Z].*\.$/);
      expect(isEventType(type)).toBe(true);
    }
    expect(isEventType('toString')).toBe(false);
  });

  it('an order event is built from kernel units and satisfies its schema', () => {
    const event = buildEvent('order.sent', head, orderData(order));
    expect(eventSchema('order.sent').parse(event)).toEqual(event);
    expect(event).toMatchObject({
      version: 1,
      livemode: false,
      occurred_at: '2026-01-01T00:00:00.123Z',
      data: { price: '64123.7', size: '0.00001', average_price: null },
    });
    const resolved = buildEvent('order.resolved', head, {
      ...orderData({ ...order, averagePrice: price(1n), filledSize: size(1n) }),
      outcome: 'filled',
    });
    expect(eventSchema('order.resolved').parse(resolved).data.average_price).toBe('0.00000001');
  });

  it('moves, fills and positions too', () => {
    const move = buildEvent(
      'leader.move',
      { ...head, environment: 'live' },
      moveData({
        leaderId,
        moveId: 7n,
        seq: 3n,
        coin: 'BTC',
        before: size(0n),
        after: size(-5n),
        vwap: price(1n),
        firstFillMs: 0,
        lastFillMs: 1,
      }),
    );
    expect(eventSchema('leader.move').parse(move)).toMatchObject({ livemode: true, data: { position_after: '-0.00000005' } });
    const fill = buildEvent(
      'fill.created',
      head,
      fillData({
        fillId: 'f',
        orderId: null,
        copyId,
        venueAccountId: makeId('venueAccount', 1, zeros),
        coin: 'BTC',
        side: 'sell',
        price: price(1n),
        size: size(1n),
        closedPnl: money(-1n),
        fee: money(2n),
        builderFee: money(1n),
        feeAsset: 'USDC',
        liquidation: false,
        filledAtMs: 5,
      }),
    );
    expect(eventSchema('fill.created').parse(fill).data.closed_pnl).toBe('-0.00000001');
    const position = buildEvent(
      'position.changed',
      head,
      positionData({ copyId, coin: 'BTC', position: size(0n), target: size(0n), averageEntry: price(0n), dustPending: false }),
    );
    expect(eventSchema('position.changed').parse(position).data.average_entry).toBeNull();
  });

  it('a value of the wrong form is noticed', () => {
    const event = buildEvent('order.sent', head, { ...orderData(order), price: '1e5' });
    expect(eventSchema('order.sent').safeParse(event).success).toBe(false);
  });
});

describe('times on the wire', () => {
  it('read back to the millisecond', () => {
    expect(parseWireTime(wireTime(1_767_225_600_123))).toBe(1_767_225_600_123);
  });
  it.each(['2026-01-01', '2026-02-30T00:00:00.000Z', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000+01:00', '2026-13-01T00:00:00.000Z'])(
    '%s is no time',
    (text) => {
      expect(parseWireTime(text)).toBeNull();
    },
  );
});
