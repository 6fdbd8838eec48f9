import { formatPrice, formatSize, money, type Price, parsePrice, parseSize, unwrap } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import type { VenuePosition } from '../../port';
import { movesBetween, type Seen } from './position-moves';

const size = (text: string) => unwrap(parseSize(text), text);
const price = (text: string) => unwrap(parsePrice(text), text);
const AT = 1_700_000_000_000;
const NOTHING = money(0n);

const seen = (quantity: string, entry: string): Seen => ({ size: size(quantity), entryPrice: price(entry) });
const position = (quantity: string, entry: string): VenuePosition => ({
  coin: 'BTC',
  size: size(quantity),
  entryPrice: price(entry),
  leverage: 20,
  cross: true,
  marginUsed: NOTHING,
  unrealisedPnl: NOTHING,
});

describe('moves between two looks at a leader', () => {
  it.each([
    ['opens', null, position('2', '100'), 'buy 2 at 100 from 0'],
    ['opens short', null, position('-2', '100'), 'sell 2 at 100 from 0'],
    ['adds: the price that made the new average', seen('2', '100'), position('4', '105'), 'buy 2 at 110 from 2'],
    ['adds to a short', seen('-2', '100'), position('-4', '105'), 'sell 2 at 110 from -2'],
    ['reduces: the mark', seen('4', '100'), position('1', '100'), 'sell 3 at 120 from 4'],
    ['closes: the mark', seen('-4', '100'), null, 'buy 4 at 120 from -4'],
    ['flips: the mark, in one', seen('2', '100'), position('-1', '120'), 'sell 3 at 120 from 2'],
  ] as const)('%s', (_name, before, now, expected) => {
    const marks = new Map<string, Price>([['BTC', price('120')]]);
    const [fill, ...more] = movesBetween(before === null ? new Map() : new Map([['BTC', before]]), now === null ? [] : [now], marks, AT);
    expect(more).toEqual([]);
    expect(fill).toMatchObject({ coin: 'BTC', time: AT, derived: true, orderId: `derived-${AT}` });
    if (fill === undefined) return;
    expect(`${fill.side} ${formatSize(fill.size)} at ${formatPrice(fill.price)} from ${formatSize(fill.startPosition)}`).toBe(expected);
  });

  it('says nothing where nothing changed, and the last entry where no mark is known', () => {
    const before = new Map([['BTC', seen('2', '100')]]);
    expect(movesBetween(before, [position('2', '100')], new Map(), AT)).toEqual([]);
    expect(formatPrice(movesBetween(before, [], new Map(), AT)[0]?.price ?? price('0'))).toBe('100');
  });
});
