import { describe, expect, it } from 'vitest';
import { COIN, COPY, History, rate, units } from './testing/history';
import { SharingHistory } from './testing/sharing-history';

const MINUTE = 60_000;

/** The copy holds 20 at 100 and is to be unwound within ten minutes: up to 25 slices of 80, of which the auditor counts on 50 at least. */
function unwinding(settings: Parameters<typeof History.prototype.terms>[0] = {}): History {
  const history = new History({ venueLeverage: 50, ...settings }).follow('200').wait(MINUTE).mark('100');
  history.tell({ kind: 'unwind_asked', at: history.now, copyId: COPY.copyId, by: history.now + 10 * MINUTE });
  history.tell({ kind: 'halt', at: history.now, thing: { kind: 'copy', copyId: COPY.copyId }, cause: 'wind_down' });
  return history.state('unwinding');
}
/** The engine decided on what a reading of a moment told of the leader. */
const decided = (history: History, time: number): History =>
  history.tell({ kind: 'move_decided', at: history.now, coin: COIN, time, copyIds: [COPY.copyId] });
/** The leader comes to a position unseen, and the engine decides on the reading that tells it. */
function read(history: History, position: string): History {
  const { now } = history.unseen(position);
  return decided(history.wait(500), now);
}
/** The engine is told of a fill of the leader that is so old. */
function told(history: History, from: string, to: string, ageMs: number): History {
  const change = units(to) - units(from);
  const { now: at, process } = history;
  const fill = { tradeId: `F${at}`, coin: COIN, buy: change > 0n, size: change > 0n ? change : -change, price: units('100'), orderId: `o${at}` };
  const fills = [{ ...fill, startPosition: units(from), time: at - ageMs }];
  return history.tell({ kind: 'leader_fills_delivered', at, process, leader: COPY.leader, fills });
}
/** He is read at half of 200 and goes on to 160 before that reading is decided on, then reduces by half. */
function reduceAfterRead(history: History): History {
  const { now } = history.unseen('100');
  decided(history.wait(500).leader('160').wait(500), now);
  return history.wait(500).leader('80');
}
const slice = (history: History, size: string): History => history.fill(history.exit(`-${size}`, { cause: 'repair' }), size);

describe('a copy that is unwound (product §2.11)', () => {
  it('closes evenly until its deadline', () => {
    const history = unwinding();
    for (let minute = 1; minute <= 9; minute += 1) slice(history.wait(MINUTE).mark('100'), '2');
    history.calm(history.snapshot({ target: units('2') }, 'unwinding'));
    slice(history.wait(MINUTE).mark('100'), '2').state('stopped');
    history.calm(history.snapshot({ target: 0n }, 'stopped'));
    expect(history.found()).toEqual([]);
  });

  it('that closes everything at once is told', () => {
    expect(slice(unwinding().wait(MINUTE).mark('100'), '20').found()).toEqual(['unwind_wrong']);
  });

  it('may do so where its leader does', () => {
    const history = unwinding().wait(MINUTE).mark('100').leader('0');
    expect(slice(history, '20').found()).toEqual([]);
  });

  it.each<[string, string, readonly string[]]>([
    ['what he left and a slice', '10.8', []],
    ['everything', '20', ['unwind_wrong']],
  ])('whose leader reduces by half may close as much at once, and slices of the rest: %s', (_what, size, found) => {
    const history = unwinding().wait(MINUTE).mark('100').leader('100');
    expect(slice(history, size).found()).toEqual(found);
  });

  it.each<[string, (history: History) => unknown, string, readonly string[]]>([
    ['what he left and a slice', (history) => read(history, '100'), '10.8', []],
    ['not everything', (history) => read(history, '100'), '20', ['unwind_wrong']],
    ['nothing of it before that is decided on', (history) => history.unseen('100'), '10.8', ['unwind_wrong']],
    ['everything where he is flat', (history) => read(history, '0'), '20', []],
    [
      'not the same again where a fill of before tells it behind that',
      (history) => told(read(history, '100'), '200', '100', 800),
      '14',
      ['unwind_wrong'],
    ],
    ['what his newer fill leaves where that comes before the decision', (history) => reduceAfterRead(history), '15.5', []],
    ['no more than that', (history) => reduceAfterRead(history), '17', ['unwind_wrong']],
  ])('whose leader is read smaller without a fill of his may close as much at once, and slices of the rest: %s', (_what, moves, size, found) => {
    const history = unwinding().wait(MINUTE).mark('100');
    moves(history);
    expect(slice(history, size).found()).toEqual(found);
  });

  it.each<[string, string, readonly string[]]>([
    ['what he left and a slice', '6', []],
    ['not everything', '20', ['unwind_wrong']],
  ])(
    'whose leader is told of as he adds to less than he was known to have may close what he is smaller by, and slices of the rest: %s',
    (_what, size, found) => {
      const history = unwinding().wait(MINUTE).mark('100').leader('100', '100', 'unseen', false).wait(500).leader('160');
      expect(slice(history, size).found()).toEqual(found);
    },
  );

  it('may close everything where its leader was flat meanwhile, or where fills are missing before he reduces', () => {
    const flat = unwinding().wait(MINUTE).mark('100').unseen('0').leader('100', '100', 'unseen', false).wait(500).leader('160');
    expect(slice(flat, '20').found()).toEqual([]);
    const missing = unwinding().wait(MINUTE).mark('100').leader('180', '100', 'unseen', false).wait(500).leader('160');
    expect(slice(missing, '20').found()).toEqual([]);
  });

  it.each<[string, number, readonly string[]]>([
    ['as it began', 1_000, []],
    ['long before', MINUTE, ['unwind_wrong']],
  ])('may close what a reading told that was decided on %s', (_what, ms, found) => {
    const history = read(new History({ venueLeverage: 50 }).follow('200').wait(MINUTE).mark('100'), '100').wait(ms);
    history.tell({ kind: 'unwind_asked', at: history.now, copyId: COPY.copyId, by: history.now + 10 * MINUTE });
    history.tell({ kind: 'halt', at: history.now, thing: { kind: 'copy', copyId: COPY.copyId }, cause: 'wind_down' });
    expect(slice(history.state('unwinding').wait(1_000).mark('100'), '10.8').found()).toEqual(found);
  });

  it('may close everything where its leader turns, and where he reduced about when it began', () => {
    expect(slice(unwinding().wait(MINUTE).mark('100').leader('-20'), '20').found()).toEqual([]);
    const before = new History({ venueLeverage: 50 }).follow('200').wait(MINUTE).mark('100').leader('100');
    before.tell({ kind: 'unwind_asked', at: before.now, copyId: COPY.copyId, by: before.now + 10 * MINUTE });
    before.tell({ kind: 'halt', at: before.now, thing: { kind: 'copy', copyId: COPY.copyId }, cause: 'wind_down' });
    expect(slice(before.state('unwinding').wait(1_000).mark('100'), '20').found()).toEqual([]);
  });

  it.each<[string, string, readonly string[]]>([
    // 20 held at 100 of 10,000: a limit of 1 % is met at 95
    ['a little beyond its loss limit, which is not met beyond doubt', '94.98', []],
    ['short of it', '96', ['unwind_wrong']],
  ])('may do so where a loss limit may be met: %s', (_what, mark, found) => {
    const losses = { fromStart: rate('0.01'), trailing: null, daily: null, lossMoney: null, haltNewAt: null, closeAfterMarks: 1 };
    const history = unwinding({ losses }).wait(MINUTE).mark(mark);
    history.fill(history.exit('-20', { cause: 'repair', price: units('90') }), '20', mark);
    expect(history.found()).toEqual(found);
  });

  it('may do so where it is to be closed all the same', () => {
    const history = unwinding().wait(MINUTE).mark('100');
    history.tell({ kind: 'halt', at: history.now, thing: { kind: 'copy', copyId: COPY.copyId }, cause: 'stop' });
    expect(slice(history, '20').found()).toEqual([]);
  });

  it.each<[string, (history: History) => void, readonly string[]]>([
    ['nothing', () => undefined, ['unwind_wrong']],
    ['a slice', (history) => void slice(history.wait(1_000).mark('100'), '0.8'), []],
    ['nothing, since its engine began shortly before', (history) => void history.wait(9.9 * MINUTE).start('p2'), []],
  ])('that closed %s until its deadline', (_what, act, found) => {
    const history = unwinding();
    const deadline = history.now + 10 * MINUTE;
    act(history);
    history
      .wait(deadline + 100 - history.now)
      .mark('100')
      .state('stopping');
    expect(history.found()).toEqual(found);
  });

  it('that closes nothing is told in the calm', () => {
    const history = unwinding()
      .wait(5 * MINUTE)
      .mark('100');
    history.calm(history.snapshot({}, 'unwinding'));
    expect(history.found()).toEqual(['unwind_wrong']);
  });

  it.each<[string, string, string, readonly string[]]>([
    ['all of it, closed evenly with the rest', '10', '15', []],
    ['all of it, and too little is closed', '10', '20', ['unwind_wrong']],
    ['nothing', '0', '15', ['unwind_wrong']],
  ])('closes evenly what an entry fills, too, that was on its way as that began: %s', (_what, filled, left, found) => {
    const history = new History({ venueLeverage: 50 }).follow('200').wait(MINUTE).mark('100').leader('300');
    const entry = history.order('10');
    history.tell({ kind: 'unwind_asked', at: history.now, copyId: COPY.copyId, by: history.now + 10 * MINUTE });
    history.tell({ kind: 'halt', at: history.now, thing: { kind: 'copy', copyId: COPY.copyId }, cause: 'wind_down' });
    history.state('unwinding').wait(100);
    if (filled === '0') history.end(entry, 'rejected').answer(entry, 'rejected');
    else history.fill(entry, filled);
    slice(history.wait(5 * MINUTE).mark('100'), String(20 + Number(filled) - Number(left)));
    history.calm(history.snapshot({ target: units(left) }, 'unwinding'));
    expect(history.found()).toEqual(found);
  });

  it.each<[string, string, readonly string[]]>([
    ['closed evenly with the rest', '-15', []],
    ['too little is closed', '-10', ['unwind_wrong']],
  ])('and what crossed right after that began: %s', (_what, closed, found) => {
    const history = new SharingHistory({ venueLeverage: 50 }).opens('a', '200').leader('a', '300').leader('b', '-100');
    const { now } = history;
    history.tell({ kind: 'unwind_asked', at: now, copyId: 'a', by: now + 10 * MINUTE });
    history.tell({ kind: 'halt', at: now, thing: { kind: 'copy', copyId: 'a' }, cause: 'wind_down' });
    history.tell({ kind: 'copy_state', at: now, copyId: 'a', state: 'unwinding' });
    history.cross('a', '10').wait(5 * MINUTE - 15_000);
    history.fill(history.order('a', closed, true, true));
    history.calm(history.snapshot((copy) => (copy.copyId === 'a' ? { ...copy, state: 'unwinding' } : copy)));
    expect(history.found()).toEqual(found);
  });

  it('plans anew where no engine ran', () => {
    const history = unwinding().wait(4 * MINUTE);
    history.start('p2').wait(10_000).mark('100');
    history.calm(history.snapshot({}, 'unwinding'));
    expect(history.found()).toEqual([]);
  });

  it('is being closed once its deadline is over', () => {
    const late = unwinding()
      .wait(10 * MINUTE + 20_000)
      .mark('100');
    late.calm(late.snapshot({}, 'unwinding'));
    expect(late.found()).toEqual([]);
    late.wait(20_000).mark('100');
    late.calm(late.snapshot({}, 'unwinding'));
    expect(late.found()).toEqual(['stop_not_flat']);
  });

  it.each<[string, number]>([
    ['a sooner deadline', -5 * MINUTE],
    ['a later one', 20 * MINUTE],
  ])('keeps the deadline that was asked for first where %s is asked for before it begins: the other is refused', (_what, byThen) => {
    const begun = (): History => {
      const history = new History({ venueLeverage: 50 }).follow('200').wait(MINUTE).mark('100');
      const first = history.now + 10 * MINUTE;
      for (const by of [first, first + byThen]) history.tell({ kind: 'unwind_asked', at: history.now, copyId: COPY.copyId, by });
      return history.state('unwinding');
    };
    const history = begun();
    for (let minute = 1; minute <= 9; minute += 1) {
      slice(history.wait(MINUTE).mark('100'), '2');
      history.calm(history.snapshot({ target: units(`${20 - 2 * minute}`) }, 'unwinding'));
    }
    expect(history.found()).toEqual([]);
    const late = begun()
      .wait(10 * MINUTE + 40_000)
      .mark('100');
    late.calm(late.snapshot({}, 'unwinding'));
    expect(late.found()).toContain('stop_not_flat');
  });

  it('that met a loss limit and was re-enabled has the deadline asked for since', () => {
    const history = unwinding().wait(MINUTE).mark('100').state('breaker_closed');
    history.tell({ kind: 'copy_state', at: history.now, copyId: COPY.copyId, state: 'active', reEnabled: true });
    history.tell({ kind: 'unwind_asked', at: history.now, copyId: COPY.copyId, by: history.now + 30 * MINUTE });
    history
      .state('unwinding')
      .wait(10 * MINUTE)
      .mark('100');
    history.calm(history.snapshot({}, 'unwinding'));
    expect(history.found()).not.toContain('stop_not_flat');
  });

  it('that is being closed since a moment need not be flat in the calm', () => {
    const history = unwinding()
      .wait(10 * MINUTE)
      .mark('100')
      .state('stopping')
      .wait(5_000);
    history.calm(history.snapshot({ target: 0n }, 'stopping'));
    expect(history.found().filter((kind) => kind === 'stop_not_flat')).toEqual([]);
    history.wait(20_000);
    history.calm(history.snapshot({ target: 0n }, 'stopping'));
    expect(history.found()).toContain('stop_not_flat');
  });

  it('enters nothing', () => {
    const history = unwinding().wait(1_000).mark('100').leader('210');
    history.order('1');
    expect(history.found()).toContain('halt_ignored');
  });

  it('follows its leader’s exits from then on, also where it followed increases alone', () => {
    const left = unwinding({ follow: 'increases_only' }).wait(1_000).leader('0').wait(MINUTE);
    left.calm(left.snapshot({}, 'unwinding'));
    expect(left.found()).toContain('exit_not_followed');
    const before = new History({ venueLeverage: 50, follow: 'increases_only' }).follow('200').wait(1_000).leader('0').wait(MINUTE).mark('100');
    before.tell({ kind: 'unwind_asked', at: before.now, copyId: COPY.copyId, by: before.now + 10 * MINUTE }).state('unwinding');
    before.wait(10_000).mark('100');
    before.calm(before.snapshot({ coin: COIN }, 'unwinding'));
    expect(before.found()).toEqual([]);
  });
});
