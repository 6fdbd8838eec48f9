import { price, size, UNIT } from '@lockstep/kernel';
import { LeaderBook, type ListedOrder, MICRO, reservePending, STATUS } from '@lockstep/replication';
import { entryOf, instrumentOf, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import { describe, expect, it } from 'vitest';
import type { CopyRecord } from '../state/registry';
import type { StandingStop } from '../stops/standing-stops';
import { forgetStrayAhead, refreshMirrors, settleStrayAhead } from './mirror-totals';

const order: ListedOrder = {
  orderId: 'a',
  coin: 'BTC',
  buy: true,
  reduceOnly: false,
  price: 90,
  trigger: null,
  ofPosition: false,
  original: 20,
  remaining: 20,
};
interface Case {
  readonly reduceOnly?: boolean;
  readonly booked?: number;
  readonly happens?: (book: LeaderBook) => void;
  readonly leaderLots?: number;
  readonly ahead?: number;
  /** Of the copy, in lots. */
  readonly target?: number;
  readonly status?: number;
  readonly policy?: 'positions' | 'orders';
}

/** A mirror of ten lots for twenty of the leader's; what its copy has reserved: entries, those that stand, exits. */
function reserved({
  reduceOnly = false,
  booked = 0,
  happens = () => undefined,
  leaderLots,
  ahead = 0,
  target = 20,
  status = 0,
  policy = 'orders',
}: Case): string {
  const stage = new Stage();
  const settings = settingsOf('0.5', { policy });
  const row = stage.add(entryOf(1, settings));
  stage.book.setStatus(row, status, true);
  stage.sheet.rows.target[row] = target * MICRO;
  stage.sheet.leaderLots = 40;
  stage.sheet.rows.aheadBuy[row] = ahead;
  const working = new LeaderBook();
  working.takeList('', [{ ...order, buy: !reduceOnly, reduceOnly }], () => true, 1);
  happens(working);
  const stop = {
    instrument: instrumentOf('BTC'),
    buy: !reduceOnly,
    size: size(10n * UNIT),
    price: price(90n),
    mirror: { leaderOrderId: 'a', basis: 20, reduceOnly, trigger: null },
    bookedLots: booked,
    filledLots: null,
    end: null,
  } as unknown as StandingStop;
  const copy = { no: 1, row, settings, watched: { book: stage.book, working } } as unknown as CopyRecord;
  refreshMirrors({ standingStops: { mirrorsOf: () => [stop] } } as never, copy, stage.sheet, leaderLots);
  const { rows } = stage.sheet;
  return `${rows.pendingBuy[row]} ${rows.standingBuy[row]} ${rows.pendingExitSell[row]}`;
}

const fills = (lots: number) => (book: LeaderBook) => book.noteTold('a', lots, 2);

describe('what mirrors come to in their copy’s columns', () => {
  it.each<[string, Case, string]>([
    ['an entry that stands', {}, '10 10 0'],
    ['half of the leader’s order filled', { happens: fills(10) }, '10 5 0'],
    ['and half of the mirror as well', { happens: fills(10), booked: 5 }, '5 5 0'],
    ['all of the leader’s order filled', { happens: fills(20) }, '10 0 0'],
    ['the leader’s orders are not known', { happens: (book) => book.lose() }, '10 0 0'],
    ['an exit that stands holds no other exit', { reduceOnly: true }, '0 0 0'],
    ['half of the leader’s take-profit filled', { reduceOnly: true, happens: fills(10) }, '0 0 5'],
    [
      'it filled whole, and the leader is flat: an exit of everything waits for nothing',
      { reduceOnly: true, happens: fills(20), leaderLots: 0 },
      '0 0 0',
    ],
    ['the leader’s orders are not known: no exit waits for what may stand far away', { reduceOnly: true, happens: (book) => book.lose() }, '0 0 0'],
    ['the copy is closed', { reduceOnly: true, happens: fills(10), status: STATUS.closing }, '0 0 0'],
    ['it met a loss limit', { reduceOnly: true, happens: fills(10), status: STATUS.breaker }, '0 0 0'],
    ['it mirrors no more', { reduceOnly: true, happens: fills(10), policy: 'positions' }, '0 0 0'],
    ['it is to hold nothing there', { reduceOnly: true, happens: fills(10), target: 0 }, '0 0 0'],
    ['but for what is held ahead of another order', { reduceOnly: true, happens: fills(20), leaderLots: 0, ahead: 1 }, '0 0 10'],
  ])('%s', (_what, given, expected) => {
    expect(reserved(given)).toBe(expected);
  });
});

describe('what a death left ahead', () => {
  it.each<['positions' | 'orders', number]>([
    ['orders', 7],
    ['positions', 0],
  ])('of a copy with the policy %s is %d when the next process begins', (policy, expected) => {
    const stage = new Stage();
    const row = stage.add(entryOf(1, settingsOf('0.5', { policy })));
    stage.sheet.rows.aheadBuy[row] = 7;
    forgetStrayAhead({ row, watched: { book: stage.book } } as unknown as CopyRecord);
    expect(stage.sheet.rows.aheadBuy[row]).toBe(expected);
  });
});

describe('what a death left ahead beside an order that was on its way', () => {
  it.each([
    ['stays ahead while that may still fill', 10, 10],
    ['filled what that was to fill, where it ended', 0, 0],
  ])('%s', (_what, inFlight, expected) => {
    const stage = new Stage();
    const row = stage.add(entryOf(1, settingsOf('1', { policy: 'orders' })));
    const { rows } = stage.sheet;
    [rows.target[row], rows.position[row], rows.aheadBuy[row]] = [10 * MICRO, 10, 10 * MICRO];
    reservePending(stage.sheet, row, { buy: true, exit: false }, inFlight);
    settleStrayAhead({ row, watched: { book: stage.book } } as unknown as CopyRecord);
    expect((rows.aheadBuy[row] ?? 0) / MICRO).toBe(expected);
  });
});
