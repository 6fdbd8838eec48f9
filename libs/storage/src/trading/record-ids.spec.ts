import { isId } from '@lockstep/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillIdOf, orderIdOf, orderPartsOf } from './record-ids';

const parts = fc.record({
  moveId: fc.bigInt({ min: 0n, max: (1n << 48n) - 1n }),
  copyNo: fc.bigInt({ min: 0n, max: (1n << 40n) - 1n }),
  instance: fc.integer({ min: 0, max: 65_535 }),
  leg: fc.integer({ min: 0, max: 255 }),
  attempt: fc.integer({ min: 0, max: 65_535 }),
});

describe('an order id', () => {
  it('reads back into its parts', () => {
    fc.assert(
      fc.property(parts, (made) => {
        expect(orderPartsOf(orderIdOf(made))).toEqual(made);
      }),
    );
  });

  it('rises with the wave, then with the copy', () => {
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const later = a.moveId !== b.moveId ? a.moveId > b.moveId : a.copyNo > b.copyNo;
        fc.pre(a.moveId !== b.moveId || a.copyNo !== b.copyNo);
        expect(orderIdOf(a) > orderIdOf(b)).toBe(later);
      }),
    );
  });

  it.each(['', 'ord_', 'ord_0', 'flw_00000000000000000000000000', `ord_${'l'.repeat(26)}`])('%j is none', (text) => {
    expect(orderPartsOf(text)).toBeNull();
  });

  it('refuses parts beyond their bits', () => {
    expect(() => orderIdOf({ moveId: 1n << 48n, copyNo: 0n, instance: 0, leg: 0, attempt: 0 })).toThrow('48 bits');
    expect(() => orderIdOf({ moveId: 0n, copyNo: 0n, instance: 0, leg: 256, attempt: 0 })).toThrow('8');
  });
});

describe('a fill id', () => {
  const key = { venueAccountNo: 7n, coin: 'BTC', timeMs: 1_700_000_000_000, tradeId: '12', venueOrderId: '34', copyNo: 9n };

  it('is the same for the same venue key and another for any other', () => {
    expect(fillIdOf(key)).toBe(fillIdOf({ ...key }));
    expect(isId('fill', fillIdOf(key))).toBe(true);
    const others = [
      { ...key, venueAccountNo: 8n },
      { ...key, coin: 'ETH' },
      { ...key, timeMs: key.timeMs + 1 },
      { ...key, tradeId: '123', venueOrderId: '4' },
      { ...key, venueOrderId: '35' },
      { ...key, copyNo: 0n },
    ];
    expect(new Set([key, ...others].map(fillIdOf)).size).toBe(others.length + 1);
  });
});
