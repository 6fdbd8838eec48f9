import { describe, expect, it } from 'vitest';
import type { CopyInstrumentAtCalm } from './calm';
import type { LeaderOrderSeen } from './observations';
import type { SettingsSeen } from './terms';
import { COIN, COPY, History, LEADER_ORDER, rate, units } from './testing/history';

const MIRRORS: Partial<SettingsSeen> = { policy: 'orders' };

/** A copy that mirrors has been told of the leader's orders for so long that they stand for it, on a tenth of his. */
function told(
  settings: Partial<SettingsSeen> = {},
  order: Partial<LeaderOrderSeen> = {},
  ms = 40_000,
  policy: Partial<SettingsSeen> = MIRRORS,
): History {
  const history = new History({ ...policy, ...settings }).mark('100');
  const seen = { ...LEADER_ORDER, ...order };
  history.tell({
    kind: 'leader_orders_delivered',
    at: history.now,
    process: history.process,
    leader: COPY.leader,
    coins: [COIN],
    orders: [seen],
  });
  return settled(history, ms);
}

/** Time goes on, and the account is told. */
function settled(history: History, ms = 40_000): History {
  history.wait(ms).mark('100');
  const { now: at, process } = history;
  return history.tell({ kind: 'account_state_delivered', at, process, account: COPY.account, equity: units('10000') });
}

/** A mirror of the order stands. */
function stands(history: History, size: string, reduceOnly = false, buy = true): History {
  const named = { at: history.now, process: history.process, scope: COPY.scope, copyId: COPY.copyId, cloid: 'm1', signer: 'agent-1', nonce: 900 };
  history.tell({ kind: 'mirror_written', ...named, writtenAt: history.now, leaderOrder: 'a', replaces: null });
  const { at: _, ...mirror } = { ...named, account: COPY.account, coin: COIN, buy, size: units(size), price: units('95'), trigger: null, reduceOnly };
  history.tell({ kind: 'mirror_handed', at: history.now, mirror });
  return history.end('m1', 'resting').answer('m1', 'resting');
}

/** Whether a calm finds that a mirror is missing. */
function isMissing(history: History, instrument: Partial<CopyInstrumentAtCalm> = {}, unapproved: readonly string[] = []): boolean {
  const snapshot = history.snapshot({ target: 0n, ...instrument });
  history.calm({ ...snapshot, leaderOrders: [{ leader: COPY.leader, orderIds: ['a'] }], unapproved });
  return history.found().includes('mirror_missing');
}

describe('mirrors that are missing in the calm (product §2.3)', () => {
  it('an order of the leader that stands has a mirror, about as large as follows from it', () => {
    expect(isMissing(told())).toBe(true);
    expect(isMissing(stands(told(), '10'))).toBe(false);
    expect(isMissing(stands(told(), '8'))).toBe(false);
    expect(isMissing(stands(told(), '7.9'))).toBe(true);
  });

  it.each<[string, Partial<SettingsSeen>]>([
    ['asks its follower first', { approveWithinMs: 60_000 }],
    ['follows decreases only', { follow: 'decreases_only' }],
    ['has a filter that does not admit the coin', { instruments: { kind: 'except', coins: [COIN] } }],
    ['copies fixed amounts, which have no ratio', { mode: { kind: 'fixed_amount', amount: units('100'), maxAdds: null } }],
    [
      'has hardly more room than the order takes',
      { caps: { maxPositionSize: units('14'), maxPositionNotional: null, maxPositionShare: null, maxLeverage: null } },
    ],
    [
      'may have hardly more notional',
      { caps: { maxPositionSize: null, maxPositionNotional: units('1400'), maxPositionShare: null, maxLeverage: null } },
    ],
    [
      'may have hardly more leverage',
      { caps: { maxPositionSize: null, maxPositionNotional: null, maxPositionShare: null, maxLeverage: rate('0.14') } },
    ],
    ['shares a limit with others', { shared: { leaderCapacity: units('1000000'), followerGross: null, underlyingShare: null } }],
  ])('a copy that %s is not judged', (_what, settings) => {
    expect(isMissing(told(settings))).toBe(false);
  });

  it.each<[string, Partial<SettingsSeen>]>([
    ['size', { caps: { maxPositionSize: units('15'), maxPositionNotional: null, maxPositionShare: null, maxLeverage: null } }],
    ['notional', { caps: { maxPositionSize: null, maxPositionNotional: units('1500'), maxPositionShare: null, maxLeverage: null } }],
    ['leverage', { caps: { maxPositionSize: null, maxPositionNotional: null, maxPositionShare: null, maxLeverage: rate('0.15') } }],
  ])('a copy with room under its limit of %s is', (_what, settings) => {
    expect(isMissing(told(settings))).toBe(true);
  });

  it.each<[string, string, boolean]>([
    // 10 held at 100 of 10,000, and no new risk from half of a hundredth on: at 95
    ['a little beyond what halts new risk, which is not met beyond doubt', '94.9', false],
    ['short of it', '97', true],
  ])('of a copy with a loss %s', (_what, mark, missing) => {
    const losses = { fromStart: rate('0.01'), trailing: null, daily: null, lossMoney: null, haltNewAt: rate('0.5'), closeAfterMarks: 1 };
    const history = told({ losses }, {}, 0).leader('100');
    history.fill(history.order('10'), '10', '100');
    expect(isMissing(settled(history).mark(mark), { target: units('10') })).toBe(missing);
  });

  it('a copy that copies fills alone has none', () => {
    expect(isMissing(told({}, {}, 40_000, {}))).toBe(false);
  });

  it('an order is judged once engines know it for a while, and where it asks for more than the venue’s minimum', () => {
    expect(isMissing(told({}, {}, 15_000))).toBe(false);
    expect(isMissing(told({}, { original: units('1.5'), remaining: units('1.5') }))).toBe(false);
    expect(isMissing(told({}, { original: units('1.7'), remaining: units('1.7') }))).toBe(true);
  });

  it('nothing is expected of an account whose follower has to approve a builder fee, nor where a reason keeps the copy out', () => {
    expect(isMissing(told(), {}, [COPY.account])).toBe(false);
    expect(isMissing(told(), { reasons: ['user_closed'] })).toBe(false);
    expect(isMissing(told(), { reasons: ['cap'] })).toBe(true);
  });

  it.each<[string, string, boolean]>([
    // 10 of notional at a leverage of 50
    ['none of the margin of the venue’s smallest order', '0.19', false],
    ['as much', '0.2', true],
  ])('where an account has %s in the clearinghouse', (_what, value, missing) => {
    const history = told();
    const { now: at, process } = history;
    const seen = { at, process, account: COPY.account, equity: units('10000') };
    history.tell({ kind: 'account_state_delivered', ...seen, clearing: { dex: '', value: units(value) } });
    expect(isMissing(history)).toBe(missing);
  });

  it('nor where a venue refused it', () => {
    const refused = stands(told(), '10');
    expect(isMissing(refused.end('m1', 'rejected').answer('m1', 'rejected'))).toBe(false);
  });

  it('an order that takes off stands as the same share of what the copy holds', () => {
    const holding = (): History => {
      const history = told({}, { buy: false, reduceOnly: true, original: units('50'), remaining: units('50') }, 0).leader('100');
      history.fill(history.order('10'), '10', '100');
      return settled(history);
    };
    const seen = { target: units('10') };
    expect(isMissing(holding(), seen)).toBe(true);
    expect(isMissing(stands(holding(), '5', true, false), seen)).toBe(false);
    expect(isMissing(stands(holding(), '3.9', true, false), seen)).toBe(true);
  });

  it.each<[string, string, boolean]>([
    ['the same side, which it could close', '5', false],
    ['the other side, which leaves enough of the copy', '-2', true],
    ['the other side, which leaves nothing of it', '-10', false],
  ])('none is missed that takes off beside what an ended copy of the account left on %s', (_side, left, missing) => {
    const history = told({}, { buy: false, reduceOnly: true, original: units('50'), remaining: units('50') }, 0);
    const { settings, now: at } = history;
    history.tell({ kind: 'copy_terms', at, copy: { ...COPY, copyId: 'c0' }, settings, allocation: units('10000') });
    history.tell({ kind: 'copy_state', at, copyId: 'c0', state: 'active' }).leader('100');
    history.fill(history.order('10'), '10', '100');
    history.fill(history.order(left, { copyId: 'c0' }), left.replace('-', ''), '100');
    history.tell({ kind: 'copy_state', at: history.now, copyId: 'c0', state: 'stopped' });
    expect(isMissing(settled(history), { target: units('10') })).toBe(missing);
  });
});
