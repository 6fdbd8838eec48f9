import { describe, expect, it } from 'vitest';
import { detect, groupByCoin, kindOf, type LeaderFill, leftUnseen } from './detect';
import { moveDetail, readMove } from './move-detail';
import { isTerminal, nextOrderState, ORDER_STATES } from './order-life';
import { CAPS, REASONS, reasonAt, reasonNumber, reasonText } from './reasons';
import { priceOf, sizeOf } from './testing/book-builder';

const fill = (start: string, side: 'buy' | 'sell', size: string, price = '100', coin = 'BTC'): LeaderFill => ({
  coin,
  side,
  size: sizeOf(size),
  price: priceOf(price),
  startPosition: sizeOf(start),
  time: 5,
  orderId: '1',
  twapId: null,
});
const ofOrder = (orderId: string, start: string, side: 'buy' | 'sell', size: string): LeaderFill => ({ ...fill(start, side, size), orderId });
/** Takes every order for a new one, once. */
const met = () => {
  const keys = new Set<string>();
  return { note: (key: string) => keys.size < keys.add(key).size };
};

describe('detection', () => {
  it.each([
    ['open', [fill('0', 'buy', '1', '100'), fill('1', 'buy', '3', '104')], '4', '4', '103'],
    ['increase', [fill('4', 'buy', '2', '101')], '6', '2', '101'],
    ['reduce', [fill('4', 'sell', '1')], '3', '0', null],
    ['close', [fill('4', 'sell', '4')], '0', '0', null],
    ['flip', [fill('4', 'sell', '10', '99')], '-6', '6', '99'],
    ['increase', [fill('-4', 'sell', '3', '100'), fill('-7', 'buy', '1', '90')], '-6', '3', '100'],
    ['none', [fill('4', 'buy', '1'), fill('5', 'sell', '1')], '4', '1', '100'],
  ] as const)('%s', (kind, fills, after, increment, incrementPrice) => {
    const [first, ...rest] = fills;
    const { move, gap } = detect(null, [first, ...rest], met());
    expect(gap).toBeNull();
    expect(move).toMatchObject({ kind, source: 'fills', after: sizeOf(after), increment: sizeOf(increment) });
    expect(move.incrementPrice).toBe(incrementPrice === null ? null : priceOf(incrementPrice));
  });

  it.each([
    ['all of it is one', [true, true], true],
    ['part of it is one', [false, true], true],
    ['none of it is one', [false, false], undefined],
  ] as const)('tells of a liquidation where %s, and a restart reads it back', (_what, [first, second], told) => {
    const { move } = detect(
      null,
      [
        { ...fill('4', 'sell', '1'), liquidation: first },
        { ...fill('3', 'sell', '3'), liquidation: second },
      ],
      met(),
    );
    expect([move.kind, move.liquidation]).toEqual(['close', told]);
    const stored = { coin: 'BTC', positionBefore: move.before, positionAfter: move.after, firstFillMs: 5, lastFillMs: 5 };
    const detail: unknown = JSON.parse(JSON.stringify(moveDetail(move, null)));
    expect(readMove({ ...stored, detail })?.move).toEqual(move);
  });

  it('rounds the price of increments to the strict side: down when bought, up when sold', () => {
    expect(detect(null, [fill('0', 'buy', '1', '1'), fill('1', 'buy', '2', '1.00000001')], met()).move.incrementPrice).toBe(100_000_000n);
    expect(detect(null, [fill('0', 'sell', '2', '1'), fill('-2', 'sell', '1', '1.00000001')], met()).move.incrementPrice).toBe(100_000_001n);
  });

  it('names the first place where fills do not continue the known position, and follows only reductions then', () => {
    const { move, gap } = detect(sizeOf('3'), [fill('4', 'buy', '1')], met());
    expect(gap).toEqual({ coin: 'BTC', known: sizeOf('3'), found: sizeOf('4'), at: 5 });
    expect(move).toMatchObject({ source: 'resync', before: sizeOf('3'), after: sizeOf('5') });
    expect(detect(sizeOf('4'), [fill('4', 'buy', '1'), fill('6', 'buy', '1')], met()).gap).toMatchObject({ known: sizeOf('5'), found: sizeOf('6') });
  });

  it.each([
    ['turns back from the other side', '3', fill('-4', 'buy', '9'), 'flip'],
    ['opens from flat', '-3', fill('0', 'sell', '1'), 'close'],
    ['opens the other side from flat', '-3', fill('0', 'buy', '1'), 'close'],
    ['adds on the other side, where some is missing', '3', fill('-4', 'sell', '1'), null],
    ['reduces on the other side, where some is missing', '3', fill('-4', 'buy', '1'), null],
    ['is on the same side, with more', '3', fill('4', 'buy', '1'), null],
    ['is on the same side, with less', '-3', fill('-1', 'buy', '4'), null],
    ['was flat, and opened', '0', fill('4', 'buy', '1'), null],
    ['is where he was', '3', fill('3', 'sell', '9'), null],
  ] as const)('whether a leader left unseen, who by a fill %s', (_what, known, first, kind) => {
    const left = leftUnseen(sizeOf(known), [first]);
    expect(left?.kind ?? null).toBe(kind);
    if (left === null) return;
    expect(left).toMatchObject({
      source: 'resync',
      before: sizeOf(known),
      after: first.startPosition,
      incrementPrice: null,
      lastFillAt: first.time - 1,
    });
    expect(detect(left.after, [first], met())).toMatchObject({ gap: null, move: { source: 'fills', newOrders: 1 } });
  });

  it.each<[string, readonly [LeaderFill, ...LeaderFill[]], number | null]>([
    ['an order counts once, whatever it fills', [ofOrder('7', '0', 'buy', '1'), ofOrder('7', '1', 'buy', '1')], 1],
    ['two orders count twice', [ofOrder('7', '0', 'buy', '1'), ofOrder('8', '1', 'buy', '1')], 2],
    ['one that only reduces counts for nothing', [ofOrder('7', '4', 'sell', '1'), ofOrder('7', '3', 'sell', '3')], 0],
    ['one that flips counts once, with the fill beyond flat', [ofOrder('7', '2', 'sell', '2'), ofOrder('7', '0', 'sell', '1')], 1],
    [
      'slices of a TWAP are one order',
      [
        { ...ofOrder('7', '0', 'buy', '1'), twapId: '3' },
        { ...ofOrder('8', '1', 'buy', '1'), twapId: '3' },
      ],
      1,
    ],
    ['a public trade names none', [{ ...ofOrder('', '0', 'buy', '1'), provisional: true }], null],
    ['one that only reduces need not be named', [{ ...ofOrder('', '2', 'sell', '1'), provisional: true }], 0],
  ])('new orders: %s', (_name, fills, newOrders) => {
    expect(detect(null, fills, met()).move.newOrders).toBe(newOrders);
  });

  it('an order met before is not new in a later block', () => {
    const known = met();
    expect(detect(null, [ofOrder('7', '0', 'buy', '1')], known).move.newOrders).toBe(1);
    expect(detect(null, [ofOrder('7', '1', 'buy', '1')], known).move.newOrders).toBe(0);
  });

  it('groups a block by coin in order', () => {
    const groups = groupByCoin([fill('0', 'buy', '1', '1', 'A'), fill('0', 'buy', '1', '1', 'B'), fill('1', 'buy', '1', '1', 'A')]);
    expect(groups.map((group) => [group[0].coin, group.length])).toEqual([
      ['A', 2],
      ['B', 1],
    ]);
    expect(kindOf(sizeOf('-1'), sizeOf('-2'))).toBe('increase');
  });
});

describe('reasons', () => {
  it('are numbered once, the caps in a row in their order', () => {
    expect(new Set(REASONS.map(([code]) => code)).size).toBe(REASONS.length);
    expect(REASONS.length).toBeLessThan(255);
    CAPS.forEach((cap, index) => {
      expect(reasonNumber(cap)).toBe(reasonNumber(CAPS[0]) + index);
    });
    expect(reasonAt(reasonNumber('slippage'))).toBe('slippage');
    expect(reasonAt(254)).toBeNull();
    expect(reasonText('paused')).toContain('exits are followed');
  });
});

describe('order life', () => {
  it('ends only in terminal states; unknown is left by truth alone', () => {
    expect(ORDER_STATES.filter(isTerminal)).toEqual(['filled', 'cancelled', 'rejected', 'withheld']);
    expect(nextOrderState('sent', 'lose_sight')).toBe('unknown');
    expect(nextOrderState('unknown', 'fill')).toBe('filled');
    expect(nextOrderState('unknown', 'send')).toBeNull();
    expect(nextOrderState('rejected', 'fill')).toBeNull();
  });
});
