import { describe, expect, it } from 'vitest';
import type { OrderHanded } from './observations';
import { COPY, History, units } from './testing/history';

describe('price bounds and expiries (product §2.7)', () => {
  it('an increase that comes while others are owed opens their window anew: the reference reaches back to them', () => {
    const history = new History({ direction: 'inverse', catchUpMs: 5_000 }).leader('10', '90');
    for (const position of ['20', '30', '40']) history.wait(8_000).mark('100').leader(position, '100');
    // Sold at the mean of what is owed: below the bound of the newest ones.
    history.order('-1', { price: units('97') });
    expect(history.found()).toEqual([]);
  });

  it.each<[string, string, string, Partial<OrderHanded>, readonly string[]]>([
    ['a buy at its bound', '10', '1', { price: units('100.5') }, []],
    ['a buy above its bound', '10', '1', { price: units('100.51') }, ['price_bound']],
    ['a sell at its bound', '-10', '-1', { price: units('99.5') }, []],
    ['a sell below its bound', '-10', '-1', { price: units('99.49') }, ['price_bound']],
    ['an entry without expiry', '10', '1', { expiresAfter: 0 }, ['expiry']],
  ])('%s', (_what, leader, order, changed, found) => {
    const history = new History().leader(leader);
    history.order(order, changed);
    expect(history.found()).toEqual(found);
  });

  it('an expiry later than the age of the entry', () => {
    const history = new History().leader('10');
    history.order('1', { expiresAfter: history.now + 10_000 });
    expect(history.found()).toEqual(['expiry']);
  });

  it('an inverse copy is bound on its own side', () => {
    const history = new History({ direction: 'inverse' }).leader('10');
    history.order('-1', { price: units('99.5') });
    expect(history.found()).toEqual([]);
    history.order('-0.01', { price: units('99.4') });
    expect(history.found()).toContain('price_bound');
  });

  it('the reference is that of increments not copied yet', () => {
    const history = new History().follow('10', '100').wait(1_000).leader('20', '101');
    history.order('0.5', { price: units('101.505') });
    expect(history.found()).toEqual([]);
    history.order('0.5', { price: units('102') });
    expect(history.found()).toEqual(['price_bound']);
  });

  it('increments that were copied count no more', () => {
    const history = new History().follow('10', '110').wait(1_000).mark('100').leader('20', '100');
    history.order('1', { price: units('101') });
    expect(history.found()).toEqual(['price_bound']);
  });

  it.each<[string, (history: History) => void, number, readonly string[]]>([
    ['are owed on', () => undefined, 15_000, []],
    ['are given up where none came in time, and leave the target', () => undefined, 30_000, ['beyond_target']],
    [
      'are copied by an entry that fills whole',
      (history) => void history.fill(history.order('1', { price: units('110.5') }), '1', '110'),
      15_000,
      ['price_bound'],
    ],
  ])('increments that newer ones come to %s', (_what, entered, everyMs, found) => {
    const history = new History().leader('10', '110');
    entered(history);
    for (const position of ['20', '30', '40']) history.wait(everyMs).mark('100').leader(position, '100');
    history.order('2', { price: units('105.5') });
    expect(history.found()).toEqual(found);
  });

  it.each<[string, (history: History) => void, string, readonly string[]]>([
    ['have a price each while an exit of what was held before is on its way', () => undefined, '101.5', []],
    ['are bound by the highest of them', () => undefined, '102.6', ['price_bound']],
    [
      'are copied by an entry that fills whole, whatever an exit had to take off',
      (history) =>
        void history
          .fill(history.order('2', { price: units('101.5') }), '2', '101')
          .wait(2_000)
          .leader('30', '100'),
      '101.5',
      ['price_bound'],
    ],
  ])('increments since the leader closed and opened anew %s', (_what, entered, price, found) => {
    const history = new History().follow('20', '100').wait(1_000).leader('0', '100');
    const exit = history.exit('-2');
    history.wait(100).leader('10', '102').wait(100).leader('20', '100').fill(exit, '2');
    entered(history);
    history.order('1', { price: units(price) });
    expect(history.found()).toEqual(found);
  });

  it.each<[string, number, string, string, readonly string[]]>([
    ['are owed at their prices once it ends', 5_000, '20', '105.5', []],
    ['are bound by the highest of them', 5_000, '20', '111', ['price_bound']],
    ['are none of an older window', 25_000, '20', '105.5', ['price_bound']],
    ['are none of the other side', 5_000, '-10', '94', ['price_bound']],
  ])('increments that came while nothing might be entered %s', (_what, everyMs, position, price, found) => {
    const thing = { kind: 'leader', leaderId: COPY.leaderId } as const;
    const history = new History();
    history
      .tell({ kind: 'halt', at: history.now, thing, cause: 'kill_switch' })
      .wait(200)
      .leader('10', position === '20' ? '110' : '90');
    history.wait(everyMs).mark('100').leader(position, '100').wait(500).tell({ kind: 'halt_lifted', at: history.now, thing, cause: 'kill_switch' });
    history.order(position === '20' ? '2' : '-1', { price: units(price), cause: 'repair' });
    expect(history.found()).toEqual(found);
  });

  it('increments that still wait may be in the mean', () => {
    const history = new History().leader('10', '110').wait(1_000).mark('100').leader('20', '100');
    history.order('2', { price: units('105.5') });
    expect(history.found()).toEqual([]);
  });
});
