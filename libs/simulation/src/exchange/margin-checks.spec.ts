import { describe, expect, it } from 'vitest';
import { addressOf, dig, type OrderWords, Testbed } from '../builders/testbed';
import type { Json } from './port';

/* What an account can pay for. 1,000 dollars at 20x carry 20,000 dollars of BTC, which is marked at 66,344: 0.3 BTC and no more. */

const short = 'Insufficient margin to place order. asset=0';
const accepted = (answer: Json): boolean => dig(answer, 0, 'error') === null;

describe('an order needs the margin of the position it makes', () => {
  const rows: readonly (readonly [string, OrderWords, boolean])[] = [
    ['a buy it can pay for', { p: '66000', s: '0.3' }, true],
    ['a buy it cannot pay for', { p: '66000', s: '0.31' }, false],
    ['an immediate buy it cannot pay for', { p: '66500', s: '0.31', tif: 'Ioc' }, false],
    ['a market buy it cannot pay for', { p: '66500', s: '0.31', tif: 'FrontendMarket' }, false],
    ['a sell it can pay for', { b: false, p: '66400', s: '0.3' }, true],
    ['a sell it cannot pay for', { b: false, p: '66400', s: '0.31' }, false],
    ['a sell it cannot pay for, however far below the mark its limit lies', { b: false, p: '14000', s: '1.4' }, false],
    ['an immediate sell it cannot pay for', { b: false, p: '14000', s: '0.31', tif: 'Ioc' }, false],
    ['a buy far below the mark, which needs what it costs there', { p: '33000', s: '0.6' }, true],
    ['a buy far below the mark that costs too much there', { p: '33000', s: '0.61' }, false],
  ];
  for (const [name, order, is] of rows)
    it(`${is ? 'takes' : 'refuses'} ${name}`, () => {
      const bed = new Testbed({ makers: true }, { 1: '1000' });
      const answer = bed.order(1, order);
      expect(accepted(answer)).toBe(is);
      if (!is) expect(answer).toEqual([{ error: short }]);
    });

  it('and again when it meets one while it rests: a sell that rested below the mark is judged by the mark', () => {
    const bed = new Testbed({}, { 1: '1000', 2: '100000' });
    expect(accepted(bed.order(1, { b: false, p: '66344', s: '0.3' }))).toBe(true);
    bed.world.control.movePrice('BTC', 8_000_000_000_000n as Parameters<typeof bed.world.control.movePrice>[1]);
    bed.block();
    bed.order(2, { p: '66344', s: '0.3', tif: 'Ioc' });
    expect(bed.info('userFills', { user: addressOf(1) })).toEqual([]);
    expect(dig(bed.info('historicalOrders', { user: addressOf(1) }), 0, 'status')).toBe('marginCanceled');
  });
});

type Mode = 'cross' | 'isolated' | 'unified' | 'portfolio';
const MODES: readonly Mode[] = ['cross', 'isolated', 'unified', 'portfolio'];
const ABSTRACTIONS = { cross: 'disabled', isolated: 'disabled', unified: 'unifiedAccount', portfolio: 'portfolioMargin' } as const;

/** Account 1 with 1,000 dollars in a mode, and BTC at 20x. */
function inMode(mode: Mode): Testbed {
  const bed = new Testbed({ makers: true });
  bed.world.control.setup([{ address: addressOf(1), credits: { '': '1000' }, abstraction: ABSTRACTIONS[mode] }]);
  bed.block();
  bed.act(addressOf(1), { type: 'updateLeverage', asset: 0, isCross: mode !== 'isolated', leverage: 20 });
  return bed;
}

describe.each(MODES)('a %s account', (mode) => {
  const buy = (s: string): OrderWords => ({ p: '66500', s, tif: 'Ioc' });
  const sell = (s: string): OrderWords => ({ b: false, p: '66000', s, tif: 'Ioc' });
  it('opens what its money carries and adds no more than that', () => {
    const bed = inMode(mode);
    expect(bed.order(1, buy('0.31'))).toEqual([{ error: short }]);
    expect(accepted(bed.order(1, buy('0.2')))).toBe(true);
    expect(bed.order(1, buy('0.11'))).toEqual([{ error: short }]);
    expect(accepted(bed.order(1, buy('0.09')))).toBe(true);
  });

  it('always may reduce, and turns no further than its money carries', () => {
    const bed = inMode(mode);
    bed.order(1, buy('0.2'));
    expect(bed.order(1, sell('0.6'))).toEqual([{ error: short }]);
    expect(accepted(bed.order(1, sell('0.1')))).toBe(true);
    expect(accepted(bed.order(1, sell('0.1')))).toBe(true);
    expect(accepted(bed.order(1, sell('0.29')))).toBe(true);
  });

  it(`opens on a builder dex ${mode === 'unified' || mode === 'portfolio' ? 'with what is left of one balance' : 'only with money that lies there'}`, () => {
    const bed = inMode(mode);
    bed.order(1, buy('0.2'));
    const gold = (s: string): Json => bed.order(1, { a: 110_003, p: '5000', s, tif: 'Ioc' });
    const none: Json = [{ error: 'Insufficient margin to place order. asset=110003' }];
    expect(gold('3')).toEqual(none);
    const pooled = mode === 'unified' || mode === 'portfolio';
    expect(accepted(gold('0.5'))).toBe(pooled);
    if (!pooled) bed.world.control.credit(addressOf(1), 'xyz', '200');
    bed.block();
    expect(accepted(gold('0.5'))).toBe(true);
  });
});
