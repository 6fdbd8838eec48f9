import { describe, expect, it } from 'vitest';
import type { SettingsSeen } from './terms';
import { COPY, History, rate } from './testing/history';

const REST: Partial<SettingsSeen> = { onBreach: 'rest' };
const thing = { kind: 'copy', copyId: COPY.copyId } as const;

/** An entry for 1 that stands at the venue, a minute after the process began. */
function standing(settings: Partial<SettingsSeen> = REST): { readonly history: History; readonly cloid: string } {
  const history = new History(settings).leader('10');
  const cloid = history.order('1', { tif: 'gtc' });
  history.end(cloid, 'resting');
  return { history, cloid };
}

describe('orders that stand at the venue (product §2.7)', () => {
  it.each<[string, Partial<SettingsSeen>, boolean, readonly string[]]>([
    ['an entry, where that was asked for', REST, false, []],
    ['an entry, where what is beyond the bound is given up', {}, false, ['order_rests']],
    ['an exit', REST, true, ['order_rests']],
  ])('%s', (_what, settings, isExit, found) => {
    const history = new History(settings)
      .wait(10_000)
      .mark('100')
      .follow('10')
      .wait(1_000)
      .leader(isExit ? '5' : '20');
    if (isExit) history.exit('-0.5', { tif: 'gtc' });
    else history.order('1', { tif: 'gtc' });
    expect(history.found()).toEqual(found);
  });

  it.each<[string, (history: History) => void]>([
    ['the leader reduced', (history) => history.leader('5')],
    ['the leader turned', (history) => history.leader('-5')],
    ['the leader turned, and came back at once', (history) => history.leader('-5').leader('10')],
    ['the leader reduced behind an increase, to no less than before', (history) => history.leader('30').leader('20')],
    ['a pause', (history) => history.tell({ kind: 'halt', at: history.now, thing, cause: 'pause' })],
    ['a kill switch', (history) => history.tell({ kind: 'halt', at: history.now, thing: { kind: 'platform' }, cause: 'kill_switch' })],
    ['the copy is being closed', (history) => history.state('stopping')],
  ])('are cancelled once %s', (_what, end) => {
    for (const [lateMs, found] of [
      [1_000, []],
      [2_000, ['rest_not_cancelled']],
    ] as const) {
      const { history, cloid } = standing();
      history.wait(500);
      end(history);
      history.wait(lateMs).fill(cloid, '1');
      expect(history.found().filter((kind) => kind === 'rest_not_cancelled')).toEqual(found);
    }
  });

  it('cannot be cancelled before they stand: one that was on its way as the leader reduced fills as it arrives', () => {
    const history = new History(REST).leader('10');
    const cloid = history.order('1', { tif: 'gtc' });
    history.wait(500).leader('5').wait(2_000).fill(cloid, '0.4');
    expect(history.found()).toEqual([]);
    history.end(cloid, 'resting').wait(2_000).fill(cloid, '0.6');
    expect(history.found()).toEqual(['rest_not_cancelled']);
  });

  it.each<[string, number, readonly string[]]>([
    ['inside of its window', 12_000, []],
    ['after its window', 16_000, ['rest_not_cancelled']],
  ])('fill %s', (_what, afterMs, found) => {
    const { history, cloid } = standing();
    history.wait(afterMs).fill(cloid, '1');
    expect(history.found()).toEqual(found);
  });

  it('are cancelled by a loss', () => {
    const history = new History({
      ...REST,
      venueLeverage: 50,
      losses: { fromStart: rate('0.2'), trailing: null, daily: null, lossMoney: null, haltNewAt: null, closeAfterMarks: 1 },
    });
    history.wait(10_000).mark('100').follow('500').wait(1_000).leader('510');
    const cloid = history.order('1', { tif: 'gtc' });
    history.end(cloid, 'resting');
    history.wait(500).mark('59').wait(2_000).fill(cloid, '1', '59');
    expect(history.found()).toEqual(['rest_not_cancelled']);
  });

  it('are not judged while something fails, nor where a process died', () => {
    for (const trouble of ['troubled', 'dead'] as const) {
      const { history, cloid } = standing();
      if (trouble === 'dead') history.die();
      else history.tell({ kind: 'troubled', at: history.now });
      history.wait(500).leader('5').wait(5_000).fill(cloid, '1');
      expect(history.found()).toEqual([]);
    }
  });

  it('are cancelled whether they fill or not: one that ends much later than it had to was not', () => {
    for (const [lateMs, found] of [
      [4_000, []],
      [6_000, ['rest_not_cancelled']],
    ] as const) {
      const { history, cloid } = standing();
      history.answer(cloid, 'resting').wait(500).leader('5').wait(lateMs).end(cloid, 'done');
      expect(history.found()).toEqual(found);
    }
  });

  it('end as late as they do where no answer told that they stand', () => {
    const { history, cloid } = standing();
    history.wait(500).leader('5').wait(6_000).end(cloid, 'done');
    expect(history.found()).toEqual([]);
  });

  it('do not stand in a calm', () => {
    const { history } = standing();
    history.wait(60_000).calm();
    expect(history.found()).toContain('rest_not_cancelled');
  });

  it('count as filled: nothing is ordered twice, and no limit is passed by them', () => {
    const { history } = standing({
      ...REST,
      caps: { maxPositionSize: 150_000_000n, maxPositionNotional: null, maxPositionShare: null, maxLeverage: null },
    });
    history.wait(1_000).leader('20');
    history.order('1');
    expect(history.found()).toEqual(['cap_position_size']);
  });
});
