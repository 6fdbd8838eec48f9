import { describe, expect, it } from 'vitest';
import { MICRO } from './instrument-columns';
import { LeaderBook } from './leader-book';
import { askedBy, claimedOf, type OwedMirror, oweByMove, payForOthers, payOwed } from './mirror-claims';
import { NO_MIRRORS, noteMirrorFill, putMirrors, wantedOf } from './mirror-columns';
import { at, entryOf, Stage, settingsOf } from './testing/book-builder';

const RATE_ONE = 1_000_000_000_000;
const ALL = Number.POSITIVE_INFINITY;

const mirrorOf = (leaderOrderId: string, owed = 0): OwedMirror => ({ leaderOrderId, owed: owed * MICRO });
const owedNow = (mirrors: readonly OwedMirror[]): readonly number[] => mirrors.map(({ owed }) => owed / MICRO);

describe('what the leader’s order filled for of a mirror', () => {
  const claimed = (filled: number, working: number): number => {
    const leader = new LeaderBook();
    const order = { coin: 'BTC', buy: true, reduceOnly: false, price: 90, trigger: null, ofPosition: false };
    leader.takeList('', [{ orderId: 'a', ...order, original: 20, remaining: 20 }], () => true, 1);
    leader.noteFill('a', filled, 2);
    return claimedOf({ working, placed: 10, basis: 20 }, leader.find('a')) / MICRO;
  };

  it.each<[string, number, number, number]>([
    ['nothing of his order filled', 0, 10, 0],
    ['all of it did', 20, 10, 10],
    ['half of it did', 10, 10, 5],
    ['half of it did, and of the mirror as well', 10, 5, 0],
  ])('where %s', (_what, filled, working, expected) => {
    expect(claimed(filled, working)).toBe(expected);
  });

  it('is nothing where his order is not remembered', () => {
    expect(claimedOf({ working: 10, placed: 10, basis: 20 }, undefined)).toBe(0);
  });
});

describe('how far a move asks a target to go', () => {
  it.each<[string, readonly [before: number, after: number], readonly [before: number, after: number], number, number]>([
    ['an increase that was followed', [10, 14], [10, 14], RATE_ONE, 4],
    ['one that was refused', [10, 14], [10, 10], RATE_ONE, 4],
    ['one of which a cap left a part', [10, 14], [10, 11], RATE_ONE, 4],
    ['one of a short leader', [-10, -14], [-10, -10], RATE_ONE, -4],
    ['an increase from flat that was refused', [0, 10], [0, 0], RATE_ONE / 2, 5],
    ['a reduction, by what was held', [-10, -4], [-20, -8], RATE_ONE, 12],
    ['a close', [10, 0], [7, 0], RATE_ONE, -7],
    ['a turn whose entry was refused', [10, -6], [10, 0], RATE_ONE, -16],
    ['an increase by a ratio that is not known: as far as anything was filled for', [10, 14], [10, 10], 0, ALL],
  ])('%s', (_what, [from, to], [before, after], kappa, expected) => {
    const target = { before: before * MICRO, after: after * MICRO };
    expect(askedBy({ before: from, after: to }, target, kappa) / MICRO).toBe(expected);
  });
});

describe('what is owed of mirrors', () => {
  it('is what their orders filled for, as far as what is wanted went', () => {
    const mirrors = [mirrorOf('a'), mirrorOf('b')];
    oweByMove(mirrors, [10 * MICRO, 10 * MICRO], 12 * MICRO);
    expect(owedNow(mirrors)).toEqual([10, 2]);
    oweByMove(mirrors, [10 * MICRO, 10 * MICRO], ALL);
    expect(owedNow(mirrors)).toEqual([10, 10]);
  });

  it('is the same of two that stand for one order: only one of them fills', () => {
    const mirrors = [mirrorOf('a'), mirrorOf('a'), mirrorOf('b')];
    oweByMove(mirrors, [10 * MICRO, 6 * MICRO, 10 * MICRO], 14 * MICRO);
    expect(owedNow(mirrors)).toEqual([10, 6, 4]);
    expect(payOwed(mirrors[1] ?? mirrorOf('a'), mirrors, 4) / MICRO).toBe(4);
    expect(owedNow(mirrors)).toEqual([6, 2, 4]);
  });

  it('is less by what a mirror of another order filled of it', () => {
    const mirrors = [mirrorOf('a', 10), mirrorOf('b', 5), mirrorOf('c', 5)];
    payForOthers(mirrors[2] ?? mirrorOf('c'), mirrors, 12 * MICRO);
    expect(owedNow(mirrors)).toEqual([0, 3, 5]);
  });

  it('is paid by a fill, and what fills beyond it is not', () => {
    const mirror = mirrorOf('a', 4);
    expect([payOwed(mirror, [mirror], 3) / MICRO, payOwed(mirror, [mirror], 3) / MICRO, mirror.owed]).toEqual([3, 1, 0]);
  });
});

/** A copy of the same size as its leader who works with buys. It is to hold and holds `lots`. */
function copyOf(target: number, position = target) {
  const stage = new Stage();
  const row = stage.add(entryOf(1, settingsOf('1', { policy: 'orders', catchUpMs: 60_000 })));
  const { rows } = stage.sheet;
  const mirrors = { x: mirrorOf('x'), y: mirrorOf('y') };
  rows.target[row] = target * MICRO;
  rows.position[row] = position;
  const working = { x: 0, y: 0 };
  /** What the leader's orders filled for is on its way. */
  const onTheirWay = (): void => putMirrors(stage.sheet, row, { ...NO_MIRRORS, [target < 0 ? 'exitBuy' : 'buy']: working.x + working.y });
  return {
    /** One of his buys filled `lots`, which is all its mirror stands for. */
    leaderFills(which: 'x' | 'y', lots: number, refused = false) {
      const before = { target: at(rows.target, row), ahead: at(rows.aheadBuy, row), leader: stage.sheet.leaderLots };
      if (refused) stage.book.setStatus(row, 8, true);
      working[which] += lots;
      onTheirWay();
      const { decisions } = stage.plan(String(before.leader + lots));
      const asked = askedBy(
        { before: before.leader, after: stage.sheet.leaderLots },
        { before: before.target, after: at(rows.target, row) },
        at(decisions.kappa, 0),
      );
      oweByMove([mirrors[which]], [lots * MICRO], asked - (before.ahead - at(rows.aheadBuy, row)));
    },
    mirrorFills(which: 'x' | 'y', lots: number) {
      rows.position[row] = at(rows.position, row) + lots;
      working[which] = Math.max(0, working[which] - lots);
      onTheirWay();
      const all = Object.values(mirrors);
      const owed = payOwed(mirrors[which], all, lots);
      payForOthers(mirrors[which], all, noteMirrorFill(stage.book, stage.sheet, row, true, lots, owed));
    },
    setLeader(lots: number) {
      stage.sheet.leaderLots = lots;
    },
    /** Lots that are held, that are wanted, and that are ahead. */
    get now() {
      return [at(rows.position, row), wantedOf(rows, row, at(rows.target, row)) / MICRO, at(rows.aheadBuy, row) / MICRO];
    },
  };
}

describe('a fill of the leader counts once', () => {
  it('where another mirror had filled for it: the late fill of its own is ahead of the other order', () => {
    const copy = copyOf(0);
    copy.mirrorFills('y', 10);
    copy.leaderFills('x', 10);
    expect(copy.now).toEqual([10, 10, 0]);
    copy.mirrorFills('x', 10);
    expect(copy.now).toEqual([20, 20, 10]);
  });

  it('and where another mirror fills for it afterwards', () => {
    const copy = copyOf(0);
    copy.leaderFills('x', 10);
    copy.mirrorFills('y', 10);
    expect(copy.now).toEqual([10, 10, 0]);
    copy.mirrorFills('x', 10);
    expect(copy.now).toEqual([20, 20, 10]);
  });

  it('of which a part is owed all the same', () => {
    const copy = copyOf(0);
    copy.mirrorFills('y', 4);
    copy.leaderFills('x', 10);
    copy.mirrorFills('x', 10);
    expect(copy.now).toEqual([14, 14, 4]);
  });

  it('where its own mirror had filled a part ahead', () => {
    const copy = copyOf(0);
    copy.mirrorFills('x', 4);
    copy.leaderFills('x', 10);
    copy.mirrorFills('x', 6);
    expect(copy.now).toEqual([10, 10, 0]);
  });

  it('where the copy did not follow it: what its mirror fills is no advance, and closed', () => {
    const copy = copyOf(0);
    copy.leaderFills('x', 10, true);
    copy.mirrorFills('x', 10);
    expect(copy.now).toEqual([10, 0, 0]);
  });

  it('beside an increase that was approved and is not entered yet: that is entered, and nothing that a mirror closed', () => {
    // Short 100 of a leader who is, and 20 more are approved. Exits of both orders close.
    const copy = copyOf(-120, -100);
    copy.setLeader(-100);
    copy.mirrorFills('y', 40);
    expect(copy.now).toEqual([-60, -80, 40]);
    copy.leaderFills('x', 30);
    expect(copy.now).toEqual([-60, -80, 4]);
    copy.mirrorFills('x', 30);
    expect(copy.now).toEqual([-30, -50, 34]);
  });
});
