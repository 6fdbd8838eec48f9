import { describe, expect, it } from 'vitest';
import type { SharedTold } from './calm';
import type { SettingsSeen, SharedLimitsSeen } from './terms';
import { COPY, History, rate, SETTINGS, units } from './testing/history';

const NONE: SharedLimitsSeen = { leaderCapacity: null, followerGross: null, underlyingShare: null };
const shared = (limits: Partial<SharedLimitsSeen>): Partial<SettingsSeen> => ({ shared: { ...NONE, ...limits } });
const LIMITS: Readonly<Record<string, Partial<SharedLimitsSeen>>> = {
  alert_leader_exposure: { alertCapacity: units('1100') },
  alert_follower_exposure: { alertGross: units('1100') },
  alert_underlying_share: { alertShare: rate('0.11') },
  max_leader_exposure: { leaderCapacity: units('1100') },
  max_follower_exposure: { followerGross: units('1100') },
  max_underlying_share: { underlyingShare: rate('0.11') },
};
const told = (limit: string, ...actions: readonly SharedTold['action'][]): readonly SharedTold[] =>
  actions.map((action) => ({
    limit,
    of: limit.includes('leader') ? COPY.leaderId : COPY.account,
    underlying: limit.includes('share') ? 'X' : null,
    action,
  }));

/** A copy of 10,000 that holds 10 bought at 100, at marks of about a price for `seconds` each. */
function held(limits: Partial<SharedLimitsSeen>, marks: readonly (readonly [price: string, seconds: number])[]): History {
  const history = new History(shared(limits)).wait(10_000).mark('100');
  history.tell({ kind: 'account_state_delivered', at: history.now, process: history.process, account: COPY.account, equity: units('10000') });
  history.follow('100');
  for (const [price, seconds] of marks) for (let second = 0; second < seconds; second += 1) history.wait(1_000).mark(`${price}.${second % 2}`);
  return history;
}
const found = (history: History, events: readonly SharedTold[]): readonly string[] =>
  history
    .calm({ ...history.snapshot(), sharedTold: events })
    .found()
    .filter((kind) => kind.startsWith('limit_'));

describe('limits that copies share, told (product §3)', () => {
  it.each(Object.keys(LIMITS))('%s: passed since long has to be told, and met again as well', (limit) => {
    const passed = () => held(LIMITS[limit] ?? {}, [['120', 60]]);
    expect(found(passed(), [])).toEqual(['limit_not_told']);
    expect(found(passed(), told(limit, 'alert'))).toEqual([]);
    expect(found(passed(), told(limit, 'alert', 'release'))).toEqual(['limit_not_told']);
    const met = () =>
      held(LIMITS[limit] ?? {}, [
        ['120', 60],
        ['95', 60],
      ]);
    expect(found(met(), told(limit, 'alert'))).toEqual(['limit_not_told']);
    expect(found(met(), told(limit, 'alert', 'release'))).toEqual([]);
  });

  it('are met again where nothing is held any more, by marks of what nobody holds', () => {
    const history = held(LIMITS.alert_underlying_share ?? {}, [['120', 60]]).follow('0', '120');
    for (let second = 0; second < 60; second += 1) history.wait(1_000).mark(`120.${second % 2}`);
    expect(found(history, told('alert_underlying_share', 'alert'))).toEqual(['limit_not_told']);
  });

  it('are passed no more where the copies that held the underlying were handed over, and one goes on that never did', () => {
    const history = held(LIMITS.alert_underlying_share ?? {}, [['120', 60]]);
    const other = { ...COPY, copyId: 'c2', leaderId: 'l2', leader: '0xab' };
    const settings = { ...SETTINGS, ...shared(LIMITS.alert_underlying_share ?? {}) };
    history.tell({ kind: 'copy_terms', at: history.now, copy: other, settings, allocation: units('10000') });
    history.tell({ kind: 'copy_state', at: history.now, copyId: 'c2', state: 'active' });
    history.state('handing_over').state('stopped');
    for (let second = 0; second < 60; second += 1) history.wait(1_000).mark(`120.${second % 2}`);
    expect(found(history, told('alert_underlying_share', 'alert', 'release'))).toEqual([]);
  });

  it('are met again where the follower closed it by hand, unless the account is flat because copy and follower are on either side', () => {
    const sold = (size: string, entered: string | null): History => {
      const history = held(LIMITS.alert_follower_exposure ?? {}, [['120', 40]]).trade(null, false, size, '120');
      if (entered !== null) history.fill(history.order(entered), entered, '120');
      for (let second = 0; second < 90; second += 1) history.wait(1_000).mark(`120.${second % 2}`);
      return history;
    };
    expect(found(sold('10', null), told('alert_follower_exposure', 'alert'))).toEqual(['limit_not_told']);
    expect(found(sold('20', '10'), told('alert_follower_exposure', 'alert'))).toEqual([]);
  });

  it.each<[string, readonly (readonly [string, number])[]]>([
    ['a moment ago', [['120', 5]]],
    ['not', [['108', 60]]],
    [
      'and met again without being five percent below',
      [
        ['120', 40],
        ['108', 60],
      ],
    ],
  ])('passed %s need not be told', (_when, marks) => {
    expect(found(held(LIMITS.alert_underlying_share ?? {}, marks), [])).toEqual([]);
    expect(found(held(LIMITS.alert_underlying_share ?? {}, marks), told('alert_underlying_share', 'alert'))).toEqual([]);
  });

  it.each<[string, readonly SharedTold['action'][]]>([
    ['twice', ['alert', 'alert']],
    ['again without a release', ['alert', 'release', 'alert', 'alert']],
    ['as met again, which it was not', ['release', 'alert']],
  ])('are told once: %s', (_what, actions) => {
    expect(found(held(LIMITS.alert_underlying_share ?? {}, [['120', 60]]), told('alert_underlying_share', ...actions))).toEqual(['limit_told_twice']);
  });

  it('count all copies of the group, and the strictest limit any of them has', () => {
    const other = { ...COPY, copyId: 'c2', account: '0xf2' };
    const two = (limits: Partial<SharedLimitsSeen>) => {
      const history = new History();
      history.tell({ kind: 'copy_terms', at: history.now, copy: other, settings: { ...SETTINGS, ...shared(limits) }, allocation: units('10000') });
      history.tell({ kind: 'copy_state', at: history.now, copyId: 'c2', state: 'active' });
      history.wait(10_000).mark('100').follow('100');
      for (let second = 0; second < 60; second += 1) history.wait(1_000).mark(`120.${second % 2}`);
      return history;
    };
    expect(found(two({ alertCapacity: units('1100') }), [])).toEqual(['limit_not_told']);
    // The other follower holds nothing.
    expect(found(two({ alertGross: units('1100'), alertShare: rate('0.01') }), [])).toEqual([]);
  });

  it('may be another where new terms are asked for and not in force', () => {
    const history = held(LIMITS.alert_follower_exposure ?? {}, [['120', 30]]);
    history.tell({ kind: 'terms_asked', at: history.now, copyId: COPY.copyId, settings: SETTINGS, allocation: units('10000') });
    for (let second = 0; second < 40; second += 1) history.wait(1_000).mark(`120.${second % 2}`);
    expect(found(history, [])).toEqual([]);
  });
});
