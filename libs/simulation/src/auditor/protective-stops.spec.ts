import { describe, expect, it } from 'vitest';
import type { StopHanded } from './observations';
import type { SettingsSeen } from './terms';
import { COIN, COPY, History, rate, SETTINGS, units } from './testing/history';
import { SharingHistory, type Who } from './testing/sharing-history';

/** A copy of 10,000 that may lose a tenth, and holds 50 at 100: a mark of 80 is 1,000 lost. */
const GUARDED: Partial<SettingsSeen> = {
  venueLeverage: 50,
  protectiveStop: true,
  losses: { fromStart: rate('0.1'), trailing: null, daily: null, lossMoney: null, haltNewAt: null, closeAfterMarks: 1 },
};
const STOP: StopHanded = {
  process: 'p1',
  scope: COPY.scope,
  copyId: COPY.copyId,
  account: COPY.account,
  signer: 'agent-1',
  coin: COIN,
  buy: false,
  size: units('50'),
  price: units('73'),
  trigger: units('81'),
  reduceOnly: true,
  cloid: 's1',
  nonce: 900,
};
const holding = (settings: Partial<SettingsSeen> = GUARDED): History =>
  new History(settings).wait(10_000).mark('100').follow('500').wait(1_000).mark('100').wait(100);
/** The stop is written down, handed over and stands. */
function place(history: History, changed: Partial<StopHanded> = {}, written = true): History {
  const stop = { ...STOP, ...changed };
  const { process, scope, copyId, cloid, signer, nonce } = stop;
  if (written) history.tell({ kind: 'stop_written', at: history.now, process, scope, copyId, cloid, signer, nonce });
  history.tell({ kind: 'stop_handed', at: history.now, stop });
  return history.end(stop.cloid, 'resting');
}
const told = (history: History): readonly string[] =>
  history.found().filter((kind) => kind.startsWith('stop') || kind === 'not_journaled' || kind === 'breach_not_closed');

describe('protective stops (product §2.10)', () => {
  it.each<[string, Partial<StopHanded>, readonly string[]]>([
    ['at the limit', {}, []],
    ['nearer than the limit', { trigger: units('95') }, []],
    ['beyond the limit', { trigger: units('70') }, ['stop_wrong']],
    ['that may open a position', { reduceOnly: false }, ['stop_wrong']],
    ['of more than is held', { size: units('50.01') }, ['stop_wrong']],
    ['on the wrong side', { buy: true, trigger: units('120') }, ['stop_wrong']],
  ])('one %s', (_what, changed, found) => {
    expect(told(place(holding(), changed))).toEqual(found);
  });

  it.each([
    ['an exit filled and nobody was told', false, []],
    ['an exit was told', true, ['stop_wrong']],
  ] as const)('may be of what was held before where %s', (_what, isTold, found) => {
    const history = holding().leader('250');
    history.fill(history.exit('-25'), '25', '100', isTold);
    // Books may take a moment with what was told before its answer.
    expect(told(place(history.wait(isTold ? 10_000 : 0).mark('100'), { trigger: units('90') }))).toEqual(found);
  });

  it.each([
    [900, ['stop_wrong']],
    [1_100, []],
  ] as const)('an answer after %i ms may be one nobody waited for: its fill counts once it is booked', (ms, found) => {
    const history = holding().leader('250');
    const cloid = history.exit('-25');
    history.trade(cloid, false, '25', '100', false).end(cloid, 'done').wait(ms).answer(cloid, 'filled').wait(11_000);
    const tradeId = history.lastTrade();
    history.tell({ kind: 'account_fill_delivered', at: history.now, process: STOP.process, account: STOP.account, tradeId, coin: STOP.coin });
    expect(told(place(history.wait(200).mark('100'), { trigger: units('90') }))).toEqual(found);
  });

  it.each([
    ['the next day', 16 * 3_600_000, '74', []],
    ['the next day, and beyond its limit', 16 * 3_600_000, '68', ['stop_wrong']],
    ['the same day', 3_600_000, '74', ['stop_wrong']],
  ] as const)('of a copy that lost some of a day’s allowance, came to flat and entered %s', (_when, laterMs, trigger, found) => {
    const losses = { fromStart: null, trailing: null, daily: rate('0.1'), lossMoney: null, haltNewAt: null, closeAfterMarks: 1 };
    // 400 of 1,000 are lost; the next day begins with the 9,600 that are left, and nobody values a copy that is flat as it does.
    const history = holding({ ...GUARDED, losses })
      .mark('92')
      .follow('0', '92');
    history.wait(laterMs).follow('500', '92');
    expect(told(place(history, { trigger: units(trigger) }))).toEqual(found);
  });

  it('is asked for', () => {
    expect(
      told(
        place(
          holding({ ...GUARDED, losses: { fromStart: null, trailing: null, daily: null, lossMoney: null, haltNewAt: null, closeAfterMarks: 1 } }),
        ),
      ),
    ).toEqual(['stop_wrong']);
  });

  it('is written down before it leaves', () => {
    expect(told(place(holding(), {}, false))).toEqual(['not_journaled']);
  });

  it.each<[string, (history: History) => History, readonly string[]]>([
    ['stands for all that is held', (history) => place(history), []],
    ['stands for a part of it', (history) => place(history, { size: units('40') }), ['stop_missing']],
    ['stands for none of it', (history) => history, ['stop_missing']],
    ['was cancelled', (history) => place(history).end('s1', 'done'), ['stop_missing']],
  ])('in the calm %s', (_what, act, found) => {
    expect(told(act(holding()).wait(60_000).mark('100').calm())).toEqual(found);
  });

  it('that filled is closed once more where its fill was told just now: the books need a moment', () => {
    const history = place(holding()).leader('0');
    history.trade('s1', false, '50', '81').end('s1', 'done').wait(200).exit('-50');
    expect(history.found()).toEqual([]);
  });

  it.each([
    ['and nobody was told again', 1_000, 15_000, null, []],
    ['and who began was told again just now', 1_000, 15_000, 14_000, []],
    ['and who began was told again long ago', 1_000, 15_000, 3_000, ['exit_beyond_position']],
    ['and who began has compared the account since', 1_000, 42_000, null, ['exit_beyond_position']],
    ['long after its fill was told', 11_000, 15_000, null, ['exit_beyond_position']],
  ] as const)('that filled is closed once more where who was told died before it could book that, %s', (_when, diedMs, agoMs, againMs, found) => {
    const history = place(holding()).leader('0').trade('s1', false, '50', '81').end('s1', 'done');
    const tradeId = history.lastTrade();
    history.wait(diedMs).die().wait(2_000).start('p2').mark('81');
    if (againMs !== null) {
      history.wait(againMs);
      history.tell({ kind: 'account_fill_delivered', at: history.now, process: 'p2', account: STOP.account, tradeId, coin: STOP.coin });
    }
    history
      .wait(agoMs - (againMs ?? 0))
      .mark('81')
      .exit('-50');
    expect(history.found().filter((kind) => kind === 'exit_beyond_position')).toEqual(found);
  });

  it.each([
    ['just before', 1_000, []],
    ['long before', 10_000, ['order_without_end']],
  ] as const)('that ended %s has its end in the books by then', (_when, ago, found) => {
    const history = place(holding()).wait(60_000).mark('100');
    history.end('s1', 'done').wait(ago).mark('100');
    const row = { scope: STOP.scope, copyId: STOP.copyId, cloid: STOP.cloid, end: 'open', filled: 0n } as const;
    const snapshot = history.snapshot();
    history.calm({ ...snapshot, orders: [...snapshot.orders, row] });
    expect(history.found().filter((kind) => kind.startsWith('order'))).toEqual(found);
  });

  it('does not stand where the copy is flat', () => {
    const history = place(holding()).wait(1_000).leader('0');
    history.fill(history.exit('-50'), '50');
    expect(told(history.wait(60_000).mark('100').calm())).toEqual(['stop_left']);
  });

  it.each([
    ['long ago', 60_000, ['stop_left']],
    ['just now', 5_000, []],
  ] as const)('does not stand where nobody asks for it any more: taken back %s', (_when, agoMs, found) => {
    const history = place(holding()).wait(60_000).mark('100');
    history.terms({ venueLeverage: 50, ...(GUARDED.losses && { losses: GUARDED.losses }) });
    expect(told(history.wait(agoMs).mark('100').calm())).toEqual(found);
  });

  it.each([
    ['breaker_closed', []],
    ['active', ['breach_not_closed']],
  ] as const)('that filled closes its copy: %s', (state, found) => {
    const history = place(holding()).wait(1_000);
    history.trade('s1', false, '50', '81').end('s1', 'done');
    if (state === 'breaker_closed') history.state(state);
    expect(told(history.wait(60_000).mark('100').calm(history.snapshot({}, state)))).toEqual(found);
  });
});

describe('protective stops of two copies on one account', () => {
  /** Copies with what they hold and the sizes their stops are of, in the calm behind. */
  const sharing = (positions: Record<Who, string>, stops: Record<Who, string>): readonly string[] => {
    const history = new SharingHistory(GUARDED);
    for (const who of ['a', 'b'] as const) if (positions[who] !== '0') history.opens(who, positions[who]);
    for (const who of ['a', 'b'] as const) {
      if (stops[who] === '0') continue;
      const buy = positions[who].startsWith('-');
      const of = { copyId: who, cloid: `s-${who}`, buy, size: units(stops[who]), trigger: units(buy ? '101' : '99') };
      const { process, scope, account, signer, nonce, copyId, cloid } = { ...STOP, ...of };
      history.tell({ kind: 'stop_written', at: history.now, process, scope, copyId, cloid, signer, nonce });
      history.tell({ kind: 'stop_handed', at: history.now, stop: { ...STOP, ...of } });
      history.tell({ kind: 'world_order', at: history.now, account, coin: COIN, cloid, status: 'resting' });
    }
    const found = history.wait(60_000).calm().found();
    return found.filter((kind) => kind.startsWith('stop'));
  };

  it.each<[string, Record<Who, string>, Record<Who, string>, readonly string[]]>([
    ['alone, of all', { a: '500', b: '0' }, { a: '50', b: '0' }, []],
    ['less where the other is on the other side', { a: '500', b: '-200' }, { a: '30', b: '0' }, []],
    ['more than that', { a: '500', b: '-200' }, { a: '50', b: '0' }, ['stop_missing']],
    ['none where the other is on the same side', { a: '500', b: '200' }, { a: '0', b: '0' }, []],
    ['one all the same', { a: '500', b: '200' }, { a: '50', b: '0' }, ['stop_missing']],
  ])('%s', (_what, positions, stops, found) => {
    expect(sharing(positions, stops)).toEqual(found);
  });

  it.each<[string, number | null, readonly string[]]>([
    ['nobody was told', null, []],
    ['the books may not have', 5_000, []],
    ['the books have', 11_000, ['beyond_target']],
  ])('one that fills after its copy closed opens, beside what the other holds: an entry is judged without it where %s', (_what, toldMs, found) => {
    const history = new SharingHistory(GUARDED).opens('a', '-500').opens('b', '-500');
    const { process, scope, account, signer, nonce } = STOP;
    const stop = { ...STOP, copyId: 'a', cloid: 's-a', buy: true, price: units('130'), trigger: units('105') };
    history.tell({ kind: 'stop_written', at: history.now, process, scope, copyId: 'a', cloid: 's-a', signer, nonce });
    history.tell({ kind: 'stop_handed', at: history.now, stop });
    history.tell({ kind: 'world_order', at: history.now, account, coin: COIN, cloid: 's-a', status: 'resting' });
    history.leader('a', '0').fill(history.order('a', '50', true, true));
    const fill = { account, tradeId: 'ts', coin: COIN, size: units('50'), price: units('105'), fee: units('0.01') };
    history.tell({ kind: 'world_fill', at: history.now, ...fill, cloid: 's-a', buy: true, closedPnl: 0n, liquidation: false });
    history.tell({ kind: 'world_order', at: history.now, account, coin: COIN, cloid: 's-a', status: 'done' });
    if (toldMs !== null) history.tell({ kind: 'account_fill_delivered', at: history.now, process, account, tradeId: 'ts', coin: COIN }).wait(toldMs);
    history.leader('a', '200').order('a', '20', false, false);
    expect(history.found()).toEqual(found);
  });

  it('count what ended copies left as the follower’s own together: remnants against each other are nothing', () => {
    const history = new SharingHistory(GUARDED).opens('a', '500');
    const copy = { ...COPY, copyId: 'c', account: '0xf1', leaderId: 'lc', leader: '0xcc' };
    history.tell({ kind: 'copy_terms', at: history.now, copy, settings: SETTINGS, allocation: units('10000') });
    history.cross('b', '0.01', '100', { buyerId: 'b', sellerId: 'c' });
    for (const copyId of ['b', 'c']) history.tell({ kind: 'copy_state', at: history.now, copyId, state: 'stopped' });
    const { process, scope, account, signer, nonce } = STOP;
    const stop = { ...STOP, copyId: 'a', cloid: 's-a', trigger: units('99') };
    history.tell({ kind: 'stop_written', at: history.now, process, scope, copyId: 'a', cloid: 's-a', signer, nonce });
    history.tell({ kind: 'stop_handed', at: history.now, stop });
    history.tell({ kind: 'world_order', at: history.now, account, coin: COIN, cloid: 's-a', status: 'resting' });
    const found = history.wait(60_000).calm().found();
    expect(found.filter((kind) => kind === 'stop_missing')).toEqual([]);
  });
});
