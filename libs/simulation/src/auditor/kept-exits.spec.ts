import { describe, expect, it } from 'vitest';
import type { HaltCause } from './observations';
import type { SettingsSeen } from './terms';
import { COIN, COPY, History, rate, units } from './testing/history';

const LIMITED = { position_notional: 'close', position_share: 'none', leverage: 'none', gross_exposure: 'none' } as const;
const HALF = { mode: { kind: 'fixed_ratio', ratio: rate('0.05') } } as const;
const lessMoney = (history: History): History =>
  history.tell({ kind: 'reduced_now', at: history.now, copyId: COPY.copyId, before: units('10000'), after: units('9000') });
const asksTo = (history: History, cause: HaltCause): History =>
  history.tell({ kind: 'halt', at: history.now, thing: { kind: 'copy', copyId: COPY.copyId }, cause }).wait(500);
const refused = (history: History, cause: HaltCause): History =>
  history.tell({ kind: 'halt_lifted', at: history.now, thing: { kind: 'copy', copyId: COPY.copyId }, cause });
const rebased = (history: History, asked?: true): History =>
  history.tell({ kind: 'rebased', at: history.now, copyId: COPY.copyId, ...(asked && { asked }) }).wait(100);
const settled = (history: History): History => history.tell({ kind: 'rebase_settled', at: history.now, copyId: COPY.copyId });

describe('exits of a copy that closes by itself (product §2.2)', () => {
  it.each<[string, Partial<SettingsSeen>, (history: History) => void, readonly string[]]>([
    ['reduces', { follow: 'increases_only' }, (history) => void history.leader('5'), ['exit_without_cause']],
    ['leaves', { follow: 'increases_only' }, (history) => void history.leader('0'), ['exit_without_cause']],
    ['reduces, of an inverse one', { follow: 'increases_only', direction: 'inverse' }, (history) => void history.leader('5'), ['exit_without_cause']],
    ['reduces, where it follows that', {}, (history) => void history.leader('5'), []],
    ['turns', { follow: 'increases_only' }, (history) => void history.leader('-5'), []],
    ['turned shortly before', { follow: 'increases_only' }, (history) => void history.leader('-5').leader('5').leader('4'), []],
    ['reduces while a limit may close it', { follow: 'increases_only', stateLimits: LIMITED }, (history) => void history.leader('5'), []],
    ['reduces as its follower takes money out', { follow: 'increases_only' }, (history) => void lessMoney(history).leader('5'), []],
    [
      'reduces as its follower re-bases it, to less than it holds',
      { follow: 'increases_only' },
      (history) => void rebased(history.terms({ follow: 'increases_only', ...HALF })).leader('5'),
      [],
    ],
    [
      'reduces as its follower re-bases it, to less than it holds, of an inverse one',
      { follow: 'increases_only', direction: 'inverse' },
      (history) => void rebased(history.terms({ follow: 'increases_only', direction: 'inverse', ...HALF })).leader('5'),
      [],
    ],
    [
      'reduces as its follower re-bases it, to what it holds',
      { follow: 'increases_only' },
      (history) => void rebased(history).leader('5'),
      ['exit_without_cause'],
    ],
    [
      'reduces as a re-basis is asked for that may be done at any moment',
      { follow: 'increases_only' },
      (history) => void rebased(history, true).leader('5'),
      [],
    ],
    [
      'reduces behind a re-basis that was refused',
      { follow: 'increases_only' },
      (history) => void settled(rebased(history, true)).leader('5'),
      ['exit_without_cause'],
    ],
    [
      'reduces as other terms ask for less, where nobody re-bases it',
      { follow: 'increases_only' },
      (history) => void history.terms({ follow: 'increases_only', ...HALF }).leader('5'),
      ['exit_without_cause'],
    ],
    ['reduces as it winds down', { follow: 'increases_only' }, (history) => void history.state('winding_down').leader('5'), []],
    [
      'reduces as it is to wind down, before that is written',
      { follow: 'increases_only' },
      (history) => void asksTo(history, 'wind_down').leader('5'),
      [],
    ],
    [
      'reduces behind a wish to wind down that was refused',
      { follow: 'increases_only' },
      (history) => void refused(asksTo(history, 'wind_down'), 'wind_down').leader('5'),
      ['exit_without_cause'],
    ],
    ['reduces as it is to pause', { follow: 'increases_only' }, (history) => void asksTo(history, 'pause').leader('5'), ['exit_without_cause']],
  ])('a copy that closes by itself exits as its leader %s', (_what, settings, act, found) => {
    const history = new History(settings).wait(20_000).mark('100').leader('10');
    history.tell({ kind: 'move_decided', at: history.now, coin: COIN, time: history.now, copyIds: [COPY.copyId] });
    const inverse = settings.direction === 'inverse';
    history.fill(history.order(inverse ? '-1' : '1', { price: units(inverse ? '99.9' : '100.1') }), '1');
    history.wait(60_000).mark('100');
    act(history);
    history.exit(inverse ? '0.5' : '-0.5', { cause: 'move' });
    expect(history.found().filter((kind) => kind === 'exit_without_cause')).toEqual(found);
  });

  it('a copy that closes by itself may try an exit of before again as its leader reduces', () => {
    const history = new History({ follow: 'increases_only' }).wait(20_000).mark('100').leader('10');
    history.fill(history.order('1'), '1');
    history.wait(60_000).mark('100');
    history.end(history.exit('-0.5', { cause: 'repair' }), 'done');
    history.wait(1_000).mark('100').leader('5').exit('-0.5', { cause: 'move' });
    expect(history.found()).not.toContain('exit_without_cause');
  });
});
