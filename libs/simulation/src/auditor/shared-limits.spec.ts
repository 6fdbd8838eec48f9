import { describe, expect, it } from 'vitest';
import type { SettingsSeen, SharedLimitsSeen } from './terms';
import { COPY, History, rate, SETTINGS, units } from './testing/history';

const NONE: SharedLimitsSeen = { leaderCapacity: null, followerGross: null, underlyingShare: null };
const shared = (limits: Partial<SharedLimitsSeen>): Partial<SettingsSeen> => ({ shared: { ...NONE, ...limits } });
const OTHER = { ...COPY, copyId: 'c2', account: '0xf2' };

/** Two copies of one leader and brand on accounts of their own; the first holds 10 bought at 100, at a mark of 100. */
function two(settings: Partial<SettingsSeen>, other: Partial<typeof COPY> = {}): History {
  const history = new History();
  history.tell({
    kind: 'copy_terms',
    at: history.now,
    copy: { ...OTHER, ...other },
    settings: { ...SETTINGS, ...settings },
    allocation: units('10000'),
  });
  history.tell({ kind: 'copy_state', at: history.now, copyId: 'c2', state: 'active' });
  return history.wait(10_000).mark('100').follow('100').wait(1_000).mark('100').wait(100).leader('200');
}
const byOther = { copyId: 'c2', account: '0xf2', signer: 'agent-2', price: units('100') } as const;

describe('limits that copies share (product §3)', () => {
  it.each<[string, Partial<SharedLimitsSeen>, string, readonly string[]]>([
    ['inside of the capacity of their leader', { leaderCapacity: units('1500') }, '5', []],
    ['a lot beyond the capacity of their leader', { leaderCapacity: units('1500') }, '5.01', ['leader_capacity']],
    ['of one follower each: its exposure is its own', { followerGross: units('600') }, '5', []],
    ['beyond what one follower may have in all', { followerGross: units('600') }, '6.01', ['follower_exposure']],
    ['beyond a share in one underlying', { underlyingShare: rate('0.05') }, '6', ['concentration']],
    ['inside of a share in one underlying', { underlyingShare: rate('0.05') }, '5', []],
  ])('two copies %s', (_what, limits, more, found) => {
    const history = two(shared(limits));
    history.order(more, byOther);
    expect(history.found()).toEqual(found);
  });

  it('count for a leader of their own brand alone', () => {
    const history = two(shared({ leaderCapacity: units('1500') }), { leaderId: 'l2', scope: 'brand-b' });
    history.order('5.5', { ...byOther, scope: 'brand-b' });
    expect(history.found()).toEqual([]);
  });

  it.each<[string, string, string, readonly string[]]>([
    ['without a remnant against the order, which leaves with it', '0.05', '5.05', []],
    ['with what is held against it and closes by itself', '0.5', '5.5', ['leader_capacity']],
  ])('count what comes of an order %s', (_what, held, size, found) => {
    const history = new History(shared({ leaderCapacity: units('502') })).wait(10_000).mark('100').leader('-1');
    history
      .fill(history.order(`-${held}`), held)
      .wait(1_000)
      .mark('100')
      .leader('100')
      .order(size, { price: units('100') });
    expect(history.found().filter((kind) => kind === 'leader_capacity')).toEqual(found);
  });

  it('count what is on its way', () => {
    const history = two(shared({ leaderCapacity: units('1500') }));
    history.order('3', { price: units('100') });
    history.order('3', byOther);
    expect(history.found()).toEqual(['leader_capacity']);
  });

  it.each<[string, number, readonly string[]]>([
    // 10 held and 2 on their way at a mark of 100: 2.99 at 100.4 are 1499 at the mark, and 1.2 more at their price
    ['the one decided last, which left first, at its price, and that decided before at the mark', -5, []],
    ['that decided last', 5, ['leader_capacity']],
  ])('count of two orders that left in another turn %s', (_what, later, found) => {
    const history = two(shared({ leaderCapacity: units('1500') }));
    history.order('2', { price: units('100'), wave: 'w2' });
    history.order('2.99', { ...byOther, price: units('100.4'), wave: 'w1', decidedAt: history.now + later });
    expect(history.found().filter((kind) => kind === 'leader_capacity')).toEqual(found);
  });

  it.each<[string, string, readonly string[]]>([
    ['the one that comes to less at its price, as decided last', '100', []],
    ['any at its price, and are told where none of them may have been the last', '100.4', ['leader_capacity']],
  ])('count of two orders decided in one millisecond %s', (_what, price, found) => {
    const history = two(shared({ leaderCapacity: units('1500') }));
    const decidedAt = history.now;
    history.order('2', { price: units('100.5'), wave: 'w1', decidedAt });
    history.order('2.99', { ...byOther, price: units(price), wave: 'w2', decidedAt });
    expect(history.found().filter((kind) => kind === 'leader_capacity')).toEqual(found);
  });

  it('count no copy that stopped, whatever it could not close alone', () => {
    const history = two(shared({ leaderCapacity: units('1500') }));
    history.tell({ kind: 'copy_state', at: history.now, copyId: COPY.copyId, state: 'stopped' });
    history.order('14', { ...byOther, price: units('100') });
    expect(history.found()).not.toContain('leader_capacity');
  });

  it.each<[string, string, readonly string[]]>([
    ['is counted: it may be taken up at any moment', '10', []],
    ['is counted to its end', '10.2', ['concentration']],
  ])('as a share of the copies’ worth: money that is asked for %s', (_what, more, found) => {
    const limits = shared({ underlyingShare: rate('0.05') });
    const history = two(limits);
    history.tell({ kind: 'terms_asked', at: history.now, copyId: 'c2', settings: { ...SETTINGS, ...limits }, allocation: units('20000') });
    history.order(more, byOther);
    expect(history.found().filter((kind) => kind === 'concentration')).toEqual(found);
  });

  it('bind as long as none of the terms that may be in force admits more', () => {
    const history = two(shared({ leaderCapacity: units('1500') }));
    history.tell({ kind: 'terms_asked', at: history.now, copyId: 'c2', settings: { ...SETTINGS, ...shared({}) }, allocation: units('10000') });
    history.order('5.5', byOther);
    expect(history.found()).toEqual([]);
  });
});
