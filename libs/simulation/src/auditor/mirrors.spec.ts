import { describe, expect, it } from 'vitest';
import type { LeaderOrderSeen, MirrorHanded } from './observations';
import type { SettingsSeen } from './terms';
import { COIN, COPY, History, LEADER_ORDER, units } from './testing/history';

const ORDERS: Partial<SettingsSeen> = { policy: 'orders' };
const MIRROR: MirrorHanded = {
  process: 'p1',
  scope: COPY.scope,
  copyId: COPY.copyId,
  account: COPY.account,
  signer: 'agent-1',
  coin: COIN,
  buy: true,
  size: units('10'),
  price: units('95'),
  trigger: null,
  reduceOnly: false,
  cloid: 'm1',
  nonce: 900,
};

/** The leader's working orders as a list tells them. */
const list = (history: History, ...orders: readonly LeaderOrderSeen[]): History =>
  history.tell({ kind: 'leader_orders_delivered', at: history.now, process: history.process, leader: COPY.leader, coins: [COIN], orders });

const begun = (settings: Partial<SettingsSeen> = {}): History =>
  list(new History({ ...ORDERS, ...settings }).mark('100'), LEADER_ORDER)
    .wait(1_000)
    .mark('100');

interface Written {
  readonly leaderOrder?: string;
  readonly replaces?: string;
  readonly written?: false;
  readonly stands?: false;
}

/** A mirror is written down, handed over and stands. */
function place(history: History, changed: Partial<MirrorHanded> = {}, { leaderOrder = 'a', replaces, written, stands }: Written = {}): History {
  const mirror = { ...MIRROR, ...changed };
  const { process, scope, copyId, cloid, signer, nonce } = mirror;
  const named = { at: history.now, process, scope, copyId, cloid, signer, nonce };
  if (written !== false) history.tell({ kind: 'mirror_written', ...named, writtenAt: history.now, leaderOrder, replaces: replaces ?? null });
  history.tell({ kind: 'mirror_handed', at: history.now, mirror });
  return stands === false ? history : history.end(cloid, 'resting').answer(cloid, 'resting');
}

/** The venue fills a mirror whole. */
const fill = (history: History, size = '10', cloid = 'm1', buy = true, told = true): History =>
  history.trade(cloid, buy, size, '95', told).end(cloid, 'done');

const calm = (history: History, ...standing: readonly string[]): History => {
  const snapshot = history.snapshot({ target: 0n });
  const orders = snapshot.orders.length === 0 ? [] : snapshot.orders;
  return history.calm({ ...snapshot, orders, leaderOrders: [{ leader: COPY.leader, orderIds: standing }] });
};

const told = (history: History): readonly string[] => history.found().filter((kind) => kind !== 'order_without_end');

describe('mirrors of the leader’s working orders (product §2.3)', () => {
  it.each<[string, Partial<MirrorHanded>, readonly string[]]>([
    ['as large as his order times the ratio', {}, []],
    ['smaller', { size: units('3') }, []],
    ['larger by more than a lot', { size: units('10.02') }, ['mirror_wrong']],
    ['at another price', { price: units('95.01') }, ['mirror_wrong']],
    ['on the other side', { buy: false }, ['mirror_wrong']],
    ['with a trigger his order has not', { trigger: units('96') }, ['mirror_wrong']],
    ['that only reduces where nothing is held', { reduceOnly: true }, ['mirror_wrong']],
    ['for another account', { account: '0xf2' }, ['other_account']],
  ])('one %s', (_what, changed, found) => {
    expect(told(place(begun(), changed))).toEqual(found);
  });

  it('is asked for, and written down before it leaves', () => {
    expect(told(place(list(new History().mark('100'), LEADER_ORDER).wait(20_000).mark('100')))).toEqual(['mirror_wrong']);
    expect(told(place(begun(), {}, { written: false }))).toEqual(['not_journaled']);
  });

  it('stands for an order its leader has', () => {
    expect(told(place(begun(), {}, { leaderOrder: 'b' }))).toEqual(['mirror_wrong']);
    expect(told(place(list(begun()).wait(50)))).toEqual([]);
    expect(told(place(list(begun()).wait(150)))).toEqual(['mirror_wrong']);
  });

  it('is of what is left of his order, once for a fill that a list told before', () => {
    const filled = (): History =>
      list(begun(), { ...LEADER_ORDER, remaining: units('60') })
        .wait(10)
        .leader('40', '95', 'a')
        .wait(6_000)
        .mark('95');
    expect(told(place(filled(), { size: units('6') }))).toEqual([]);
    expect(told(place(filled(), { size: units('6.02') }))).toEqual(['mirror_wrong']);
  });

  it('enters on the leader’s side alone, and for no order that only reduces', () => {
    const short = begun().leader('-50');
    expect(told(place(short.wait(20_000).mark('100')))).toEqual(['mirror_wrong']);
    const reducing = list(new History(ORDERS).mark('100'), { ...LEADER_ORDER, reduceOnly: true }).wait(1_000);
    expect(told(place(reducing.mark('100')))).toEqual(['mirror_wrong']);
  });

  it('is the only one of its order, but for the one it takes the place of', () => {
    const second = { cloid: 'm2', nonce: 901 };
    expect(told(place(place(begun()), second))).toEqual(['mirror_double']);
    expect(told(place(place(begun()), second, { replaces: 'm1' }))).toEqual([]);
    expect(told(place(place(begun()).end('m1', 'done'), second))).toEqual([]);
  });

  it('is not beside one whose nonce is void, whichever agent signed it', () => {
    const second = { cloid: 'm2', nonce: 901 };
    const lost = (): History => {
      const history = begun();
      const { process, scope, copyId, cloid, nonce } = MIRROR;
      // Written down while the account has a newer agent already than the one that signs.
      history.tell({
        kind: 'mirror_written',
        at: history.now,
        process,
        scope,
        copyId,
        cloid,
        signer: 'agent-2',
        nonce,
        writtenAt: history.now,
        leaderOrder: 'a',
        replaces: null,
      });
      return history.tell({ kind: 'mirror_handed', at: history.now, mirror: MIRROR });
    };
    const voided = (signer: string): History => {
      const history = lost();
      return history.tell({ kind: 'nonce_voided', at: history.now, signer, nonce: MIRROR.nonce });
    };
    expect(told(place(lost(), second))).toEqual(['mirror_double']);
    expect(told(place(voided('agent-1'), second))).toEqual([]);
    expect(told(place(voided('agent-3'), second))).toEqual(['mirror_double']);
  });

  it.each([
    ['and every mirror of it may leave late, to no harm', true, []],
    ['and where it was not, each is one too many', false, ['mirror_double']],
  ] as const)('is of one action with others: the next process spent its nonce before the former sent it, %s', (_what, isSpent, found) => {
    const history = begun();
    const { process, scope, copyId, signer, nonce } = MIRROR;
    const named = { at: history.now, process, scope, copyId, signer, nonce, writtenAt: history.now, replaces: null } as const;
    for (const [cloid, leaderOrder] of [
      ['m0', 'b'],
      ['m1', 'a'],
    ] as const)
      history.tell({ kind: 'mirror_written', ...named, cloid, leaderOrder });
    history.tell({ kind: 'lock_lost', at: history.now, process, certainUntil: history.now + 10_000 });
    history.start('p2').tell({ kind: 'term_begun', at: history.now, process: 'p2' });
    if (isSpent) history.tell({ kind: 'nonce_voided', at: history.now, signer, nonce });
    place(list(history.wait(500).mark('100'), LEADER_ORDER), { process: 'p2', cloid: 'm2', nonce: 901 });
    expect(told(history.tell({ kind: 'mirror_handed', at: history.now, mirror: MIRROR }))).toEqual(found);
  });

  it.each<[string, Partial<SettingsSeen>, readonly string[]]>([
    ['within a limit of size', { caps: { maxPositionSize: units('10'), maxPositionNotional: null, maxPositionShare: null, maxLeverage: null } }, []],
    [
      'beyond it',
      { caps: { maxPositionSize: units('9.99'), maxPositionNotional: null, maxPositionShare: null, maxLeverage: null } },
      ['cap_position_size'],
    ],
    ['of a coin the filter excludes', { instruments: { kind: 'except', coins: [COIN] } }, ['instrument_filter']],
  ])('is an order that adds risk: one %s', (_what, settings, found) => {
    expect(told(place(begun(settings)))).toEqual(found);
  });

  it('counts at its worst against limits of other orders', () => {
    const caps = { maxPositionSize: units('12'), maxPositionNotional: null, maxPositionShare: null, maxLeverage: null };
    const history = place(begun({ caps }));
    history.leader('50').order('5');
    expect(told(history)).toEqual(['cap_position_size']);
  });

  it('that was to enter, and filled when the leader had turned, closed of what is owed to his new side', () => {
    const turned = (filled: boolean): History => {
      const history = place(begun()).leader('-100').wait(100);
      if (filled) fill(history);
      else history.end('m1', 'done');
      list(history).wait(1_000).mark('100');
      if (filled) history.fill(history.exit('-10'), '10');
      return calm(history.wait(40_000).mark('100'));
    };
    expect(told(turned(true))).not.toContain('target_too_low');
    expect(told(turned(false))).toContain('target_too_low');
  });

  it('does not leave while the copy is paused or a loss limit is met', () => {
    const paused = begun().tell({ kind: 'halt', at: begun().now, thing: { kind: 'copy', copyId: COPY.copyId }, cause: 'pause' });
    expect(told(place(paused.wait(200).mark('100')))).toEqual(['halt_ignored']);
  });

  it('of an order that takes off is no larger than what is held', () => {
    const sells = { ...LEADER_ORDER, orderId: 's', buy: false, price: units('110'), reduceOnly: true };
    const exit = { buy: false, price: units('110'), reduceOnly: true };
    const holding = (): History => list(begun().follow('100').wait(20_000).mark('100'), sells);
    expect(told(place(holding(), { ...exit, size: units('10') }, { leaderOrder: 's' }))).toEqual([]);
    expect(told(place(holding(), { ...exit, size: units('10.01') }, { leaderOrder: 's' }))).toEqual(['mirror_wrong']);
  });
});

describe('the end of a mirror', () => {
  const SOON: Readonly<Record<string, number>> = { 'the copy was paused': 2_500, 'a breaker closed the copy': 2_500 };
  const end: Readonly<Record<string, (history: History) => History>> = {
    'its leader’s order went': (history) => list(history),
    'the copy was paused': (history) => history.tell({ kind: 'halt', at: history.now, thing: { kind: 'copy', copyId: COPY.copyId }, cause: 'pause' }),
    'a breaker closed the copy': (history) => history.state('breaker_closed'),
    'the copy mirrors no more': (history) => history.terms({}),
  };

  it.each(Object.entries(end))('comes soon after %s', (what, happens) => {
    const soon = SOON[what] ?? 5_000;
    const filledAfter = (ms: number): History => fill(happens(place(begun()).wait(1_000)).wait(ms).mark('100'));
    expect(told(filledAfter(soon - 100))).not.toContain('mirror_not_cancelled');
    expect(told(filledAfter(soon + 100))).toContain('mirror_not_cancelled');
  });

  it('may come ten seconds later where the answer of the mirror got lost', () => {
    const gone = (ms: number): History => fill(list(place(begun()).answer('m1', 'unknown').wait(1_000)).wait(ms).mark('100'));
    expect(told(gone(14_900))).not.toContain('mirror_not_cancelled');
    expect(told(gone(15_100))).toContain('mirror_not_cancelled');
  });

  it('may come five seconds later where another mirror left the books about then, which is asked about first', () => {
    const other = { cloid: 'm2', nonce: 9, size: units('1') };
    const paused = (ms: number): History => {
      const history = fill(place(place(begun()), other), '1', 'm2').wait(1_000);
      history.tell({ kind: 'halt', at: history.now, thing: { kind: 'copy', copyId: COPY.copyId }, cause: 'pause' });
      return fill(history.wait(ms).mark('100'));
    };
    expect(told(paused(7_400))).not.toContain('mirror_not_cancelled');
    expect(told(paused(7_600))).toContain('mirror_not_cancelled');
  });

  it('comes as soon after an agent is there again that can sign it', () => {
    const agent = { account: COPY.account, signer: 'agent-1' };
    const gone = (): History =>
      list(
        place(begun())
          .tell({ kind: 'signer_gone', at: 0, ...agent })
          .wait(1_000),
      ).wait(30_000);
    expect(told(fill(gone().mark('100')))).not.toContain('mirror_not_cancelled');
    const signed = (ms: number): History => {
      const history = gone();
      return fill(
        history
          .tell({ kind: 'signer_given', at: history.now, ...agent, signer: 'agent-2' })
          .wait(ms)
          .mark('100'),
      );
    };
    expect(told(signed(4_900))).not.toContain('mirror_not_cancelled');
    expect(told(signed(5_100))).toContain('mirror_not_cancelled');
  });

  it('is not asked for while something fails', () => {
    const history = list(place(begun()).wait(1_000).tell({ kind: 'troubled', at: 0 }))
      .wait(20_000)
      .mark('100');
    expect(told(fill(history))).not.toContain('mirror_not_cancelled');
  });

  it('does not come while its leader’s order stands', () => {
    expect(told(fill(place(begun()).wait(600_000).mark('100')))).not.toContain('mirror_not_cancelled');
  });

  it('is there in the calm where his order is gone, whatever was told, and where there is another one', () => {
    const quiet = (): History => place(begun()).wait(60_000).mark('100');
    expect(told(calm(quiet(), 'a'))).toEqual([]);
    expect(told(calm(quiet()))).toEqual(['mirror_not_cancelled']);
  });
});

describe('what mirrors fill ahead of the leader', () => {
  const ahead = (): History => fill(place(begun())).wait(20_000).mark('100');
  const held = (history: History, target: string, position: string, ...standing: readonly string[]): readonly string[] => {
    const snapshot = history.snapshot({ target: units(target), position: units(position) });
    history.calm({ ...snapshot, leaderOrders: [{ leader: COPY.leader, orderIds: standing }] });
    return told(history);
  };

  it('is held while his order stands, and no longer', () => {
    expect(held(ahead(), '0', '10', 'a')).toEqual([]);
    expect(held(list(ahead()).wait(20_000).mark('100'), '0', '10')).toContain('exit_not_followed');
  });

  it.each<[string, string, readonly string[]]>([
    ['0.8891', 'waits where its whole lots are below the minimum', []],
    ['0.88', 'is told where they are not', ['exit_not_followed']],
  ])('is held beside a target of %s, and what is beyond both %s', (target, _what, found) => {
    const history = begun().follow('10').wait(1_000).mark('100').leader('8.8').wait(5_000).mark('100');
    const filled = fill(place(history)).wait(60_000);
    const marks = [{ coin: COIN, price: units('99.5') }];
    const leaderOrders = [{ leader: COPY.leader, orderIds: ['a'] }];
    filled.calm({ ...filled.snapshot({ target: units(target), position: units('11') }), marks, leaderOrders });
    expect(told(filled)).toEqual(found);
  });

  it.each<[string, string, readonly string[]]>([
    ['0.1', 'waits: that is below the minimum', []],
    ['0.2', 'is told', ['exit_not_followed']],
  ])('is held though the leader is flat, and %s beyond it %s', (beyond, _what, found) => {
    const history = begun().follow('10').wait(1_000).mark('100').leader('0');
    const closed = (1 - Number(beyond)).toFixed(1);
    history
      .fill(history.exit(`-${closed}`), closed)
      .wait(5_000)
      .mark('100');
    const filled = fill(place(history)).wait(60_000).mark('100');
    expect(held(filled, '0', `1${beyond}`, 'a')).toEqual(found);
  });

  it('closes of what is owed where he opens on the other side, as much as it filled and is held, while his order stood', () => {
    const opened = (ahead: string, stands: boolean, target = '0'): readonly string[] => {
      const history = ahead === '0' ? begun() : fill(place(begun()), ahead).wait(20_000).mark('100');
      if (!stands) list(history).wait(10_000).mark('100');
      history.leader('-120');
      if (ahead !== '0') history.fill(history.exit(`-${ahead}`), ahead);
      list(history.wait(1_000)).wait(40_000).mark('100');
      history.calm(history.snapshot({ target: units(target) }));
      return history.found().filter((kind) => kind === 'target_too_low');
    };
    expect(opened('10', true, '-2')).toEqual([]);
    expect(opened('10', true, '-1')).toEqual(['target_too_low']);
    expect(opened('4', true, '-2')).toEqual(['target_too_low']);
    expect(opened('10', false, '-2')).toEqual(['target_too_low']);
    expect(opened('0', true, '-2')).toEqual(['target_too_low']);
  });

  it('is not bought again when his order fills', () => {
    const history = ahead().leader('100', '95', 'a');
    list(history.wait(1_000))
      .wait(5_100)
      .mark('95')
      .order('10', { price: units('95.4'), cause: 'repair', expiresAfter: 0 });
    expect(told(history)).toContain('beyond_target');
  });

  it.each<[string, number, readonly string[]]>([
    ['is on its way into the books, so that an exit of it may leave', 500, []],
    ['is known ten seconds later', 11_000, ['exit_beyond_position']],
  ])('what it closed as it arrived, answered as filled, %s', (_what, ms, found) => {
    const history = begun();
    history.leader('-50').fill(history.order('-5'), '5');
    fill(place(history, {}, { stands: false })).answer('m1', 'filled');
    history.leader('0').wait(ms).mark('100').exit('5');
    expect(told(history).filter((kind) => kind.startsWith('exit') || kind === 'reduce_only_wrong')).toEqual(found);
  });

  it.each<[string, string, readonly string[]]>([
    ['as much as it filled', '10', []],
    ['and no more', '10.1', ['target_too_high']],
    ['and nothing where none filled', '1', ['target_too_high']],
  ])('what it filled ahead is the copy’s target though the copy was paused as the leader’s order filled: %s', (_what, target, found) => {
    const history = target === '1' ? begun() : fill(place(begun()));
    history.tell({ kind: 'halt', at: history.now, thing: { kind: 'copy', copyId: COPY.copyId }, cause: 'pause' }).state('paused');
    history.wait(1_000).mark('95').leader('100', '95', 'a');
    list(history).wait(20_000).mark('95');
    history.calm(history.snapshot({ target: units(target), reasons: ['denied'] }, 'paused'));
    expect(history.found().filter((kind) => kind === 'target_too_high')).toEqual(found);
  });
});
