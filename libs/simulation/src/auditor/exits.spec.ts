import { describe, expect, it } from 'vitest';
import { COIN, History, units } from './testing/history';

describe('exits (product §2.6, §2.7)', () => {
  it.each<[string, (history: History) => void, readonly string[]]>([
    ['closes what there is', (history) => void history.exit('-1'), []],
    ['closes more than there is', (history) => void history.exit('-1.01'), ['exit_beyond_position']],
    ['is sent a second time while the first is unknown', (history) => twice(history, false), ['double_order']],
    ['is sent a second time though the first filled unseen', (history) => twice(history, true), ['double_order']],
    ['is sent again for what did not fill', (history) => again(history), []],
    ['is not reduce-only', (history) => void history.wait(20_000).mark('100').leader('-1').order('-0.1'), ['exit_not_reduce_only']],
    ['makes room for an entry of the other side', (history) => flip(history), []],
  ])('an exit that %s', (_what, act, found) => {
    const history = new History().follow('10').wait(100);
    act(history);
    expect(history.found()).toEqual(found);
  });

  it.each<[string, number, boolean, readonly string[]]>([
    ['is on its way into the books', 2_000, false, []],
    ['has been there long enough', 11_000, false, ['exit_not_reduce_only']],
    ['was answered', 2_000, true, ['exit_not_reduce_only']],
  ])('an order against an entry of unknown outcome whose fill %s', (_what, waitMs, answered, found) => {
    const history = new History().leader('10');
    const entry = history.order('1');
    history
      .trade(entry, true, '1')
      .end(entry, 'done')
      .answer(entry, answered ? 'filled' : 'unknown');
    history.wait(waitMs).mark('100').leader('-5').order('-0.5');
    expect(history.found()).toEqual(found);
  });

  it.each<[string, number, boolean, readonly string[]]>([
    ['is on its way into the books', 2_000, false, []],
    ['has been there long enough', 11_000, false, ['reduce_only_wrong']],
    ['was answered', 2_000, true, ['reduce_only_wrong']],
  ])(
    'an order of the other side that the venue is not told to be reduce-only, behind an entry of unknown outcome whose fill %s',
    (_what, waitMs, answered, found) => {
      const history = new History().leader('10');
      const entry = history.order('1');
      history.trade(entry, true, '1').end(entry, 'done');
      history
        .answer(entry, answered ? 'filled' : 'unknown')
        .wait(waitMs)
        .mark('100')
        .leader('-5')
        .order('-0.5');
      history.wait(30_000).auditor.calm({ ...history.snapshot(), copies: [], fills: [], orders: [] });
      expect(history.found().filter((kind) => kind === 'reduce_only_wrong')).toEqual(found);
    },
  );

  it.each<[string, number, 'unknown' | 'rejected', readonly string[]]>([
    ['is on its way into the books', 2_000, 'unknown', []],
    ['is on its way into the books, and that arrived twice: the answer is that to the second time', 2_000, 'rejected', []],
    ['has been there long enough', 11_000, 'unknown', ['exit_beyond_position']],
  ])('an exit of what an entry of unknown outcome closed before it, whose fill %s', (_what, waitMs, answer, found) => {
    const history = new History().follow('10').wait(100).leader('-10');
    const exit = history.exit('-1');
    const entry = history.order('-1');
    history.trade(entry, false, '1').end(entry, 'done').answer(entry, answer).end(exit, 'rejected').answer(exit, 'rejected');
    history.wait(waitMs).mark('100').exit('-1');
    expect(history.found()).toEqual(found);
  });

  it.each<[string, number, readonly string[]]>([
    ['is on its way into the books', 2_000, []],
    ['has been there long enough', 11_000, ['exit_beyond_position']],
  ])('an exit of what an entry closed that stood when it was answered, whose fill %s', (_what, waitMs, found) => {
    const history = new History({ onBreach: 'rest' }).follow('10').wait(100).leader('-10');
    const exit = history.exit('-1');
    const entry = history.order('-1', { tif: 'gtc' });
    history.end(entry, 'resting').answer(entry, 'resting').end(exit, 'rejected').answer(exit, 'rejected').wait(1_000);
    history.trade(entry, false, '1').end(entry, 'done').wait(waitMs).mark('100').exit('-1');
    expect(history.found()).toEqual(found);
  });

  function twice(history: History, filled: boolean) {
    const first = history.exit('-1');
    history.wait(100);
    if (filled) {
      history.trade(first, false, '1', '100', false).end(first, 'done');
    }
    history.exit('-1');
  }
  function again(history: History) {
    const first = history.exit('-1');
    history.fill(first, '0.4');
    history.wait(100).exit('-0.6');
  }
  function flip(history: History) {
    history.leader('-10');
    history.exit('-1');
    history.order('-1');
  }

  it('a leader who is flat leaves nobody in', () => {
    const history = new History().follow('10').leader('0').wait(60_000);
    history.calm(history.snapshot({ reasons: ['forfeited', 'denied'] }));
    expect(history.found()).toContain('exit_not_followed');
  });

  it('a remnant that is all its account has is no dust: reduce-only, it needs no minimum', () => {
    const history = new History().follow('0.9').leader('0').wait(60_000);
    history.calm(history.snapshot({ target: 0n, reasons: ['dust'] }));
    expect(history.found()).toEqual(['exit_not_followed']);
  });

  it.each<[string, string, readonly string[]]>([
    ['0.8891', 'waits where its whole lots are below the minimum', []],
    ['0.88', 'is told where they are not', ['exit_not_followed']],
  ])('a reduction to %s %s', (target, _what, found) => {
    const history = new History().follow('10').leader('8.8').wait(60_000);
    history.calm({ ...history.snapshot({ target: units(target) }), marks: [{ coin: COIN, price: units('99.5') }] });
    expect(history.found()).toEqual(found);
  });

  it('a reduction that was not followed is told', () => {
    const history = new History().follow('10').leader('5').wait(60_000);
    history.calm(history.snapshot({ target: units('0.5') }));
    expect(history.found()).toEqual(['exit_not_followed']);
  });

  it('a gap needs a reason', () => {
    const history = new History().leader('10').wait(60_000);
    history.calm(history.snapshot({ target: units('1'), reasons: ['rejected'] }));
    expect(history.found()).toEqual([]);
    history.calm(history.snapshot({ target: units('1') }));
    expect(history.found()).toEqual(['gap_unexplained']);
  });
});
