import { size, UNIT } from '@lockstep/kernel';
import { LeaderBook, MICRO, wantedOf } from '@lockstep/replication';
import { at, entryOf, instrumentOf, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import type { CopyRecord } from '../state/registry';
import type { StandingStop } from '../stops/standing-stops';
import { TestClocks } from '../test-clocks';
import type { RecordedMove } from '../wave/recorded-move';
import { giveUpCrossed, noteLeaderFills, oweMirrors } from './leader-fills';
import { takeMirrorFill } from './mirror-fills';

type Part = readonly [orderId: string, lots: bigint];

/** A copy of half its leader's size, what is ahead there, and mirrors of ten lots for twenty of the leader's. */
class Mirrored {
  readonly stage = new Stage();
  readonly row = this.stage.add(entryOf(1, settingsOf('0.5', { policy: 'orders' })));
  readonly working = new LeaderBook();
  readonly stops: StandingStop[] = [];
  private readonly watched = {
    book: this.stage.book,
    working: this.working,
    network: { markets: new Map([['BTC', { instrument: instrumentOf('BTC') }]]) },
  };
  private readonly copy = { no: 1, row: this.row, watched: this.watched, settings: settingsOf('0.5', { policy: 'orders' }) } as unknown as CopyRecord;
  private readonly ctx = {
    clocks: new TestClocks(),
    clock: { now: () => 1 },
    standingStops: {
      mirrors: () => this.stops,
      mirrorsOf: () => this.stops,
      find: (id: string) => this.stops.find(({ clientOrderId }) => clientOrderId === id),
    },
    registry: { copies: new Map([[1, this.copy]]) },
  } as unknown as EngineContext;

  constructor(...orders: readonly (readonly [orderId: string, buy: boolean])[]) {
    const order = { coin: 'BTC', reduceOnly: false, price: 90, trigger: null, ofPosition: false, original: 20, remaining: 20 };
    this.working.takeList(
      '',
      orders.map(([orderId, buy]) => ({ ...order, orderId, buy })),
      () => true,
      1,
    );
    for (const [leaderOrderId, buy] of orders) {
      const mirror = { leaderOrderId, basis: 20, reduceOnly: false, trigger: null, owed: 0 };
      const state = { size: size(10n * UNIT), bookedLots: 0, filledLots: null, end: null, askAt: 99 };
      this.stops.push({ clientOrderId: leaderOrderId, copyNo: 1, instrument: instrumentOf('BTC'), buy, mirror, ...state } as unknown as StandingStop);
    }
  }

  setAhead(buy: number, sell: number): void {
    const { rows } = this.stage.sheet;
    [rows.aheadBuy[this.row], rows.aheadSell[this.row]] = [buy * MICRO, sell * MICRO];
  }

  get ahead(): string {
    const { rows } = this.stage.sheet;
    return `${at(rows.aheadBuy, this.row) / MICRO} ${at(rows.aheadSell, this.row) / MICRO}`;
  }

  get owed(): readonly number[] {
    return this.stops.map(({ mirror }) => (mirror?.owed ?? 0) / MICRO);
  }

  private recorded(before: bigint, after: bigint, parts: readonly Part[]): RecordedMove {
    const orders = parts.map(([orderId, lots]) => ({ orderId, size: size(lots * UNIT) }));
    const move = { coin: 'BTC', before: size(before * UNIT), after: size(after * UNIT) };
    return { watched: this.watched, move, orders, leaderEquity: null, leaderVolatility: null } as unknown as RecordedMove;
  }

  notes(before: bigint, after: bigint, ...parts: readonly Part[]) {
    const recorded = this.recorded(before, after, parts);
    return { recorded, was: noteLeaderFills(this.ctx, recorded) };
  }

  /** The leader comes to `after` by fills of these orders, and that is planned. Returns the lots that are given up for it. */
  moves(after: bigint, ...parts: readonly Part[]): readonly number[] {
    const { recorded, was } = this.notes(BigInt(this.stage.sheet.leaderLots), after, ...parts);
    const forfeits = giveUpCrossed(recorded, was);
    oweMirrors(recorded, was, this.stage.plan(String(after)));
    return forfeits.map(({ amount }) => amount / MICRO);
  }

  /** The copy holds all of its part of what its leader has. */
  holds(leaderLots: number): void {
    const { sheet, book } = this.stage;
    sheet.leaderLots = leaderLots;
    book.copies.approveWithinMs[this.row] = 60_000;
    [sheet.rows.target[this.row], sheet.rows.position[this.row]] = [(leaderLots / 2) * MICRO, leaderLots / 2];
  }

  /** Lots it is to hold, mirrors' advances among them, and lots it holds. */
  get held(): string {
    const { rows } = this.stage.sheet;
    return `${wantedOf(rows, this.row, at(rows.target, this.row)) / MICRO} ${at(rows.position, this.row)}`;
  }

  fills(id: string, lots: number): void {
    const stop = this.stops.find(({ clientOrderId }) => clientOrderId === id);
    const { position } = this.stage.sheet.rows;
    position[this.row] = at(position, this.row) + (stop?.buy ? lots : -lots);
    takeMirrorFill(this.ctx, this.copy, this.stage.sheet, { clientOrderId: id as never, buy: stop?.buy === true, lots });
    if (stop !== undefined) stop.bookedLots += lots;
  }
}

describe('a move in which the leader’s orders filled on both sides', () => {
  const aheadAfter = (before: bigint, after: bigint, ...lots: readonly bigint[]): string => {
    const copy = new Mirrored(['x', true]);
    copy.setAhead(10, 12);
    copy.notes(before, after, ...lots.map((quantity, index): Part => [String(index), quantity]));
    return copy.ahead;
  };

  it.each<[string, bigint, bigint, readonly bigint[], string]>([
    ['bought 20 and sold 24 from flat', 0n, -4n, [20n, 24n], '0 2'],
    ['bought and sold 8 beside a position', 30n, 30n, [8n, 8n], '6 8'],
    ['only bought', 0n, 20n, [12n, 8n], '10 12'],
    ['of which the orders are not told', 0n, -4n, [], '10 12'],
  ])('%s takes the round trip off what is ahead', (_what, before, after, lots, expected) => {
    expect(aheadAfter(before, after, ...lots)).toBe(expected);
  });

  it('is owed of the mirrors of both', () => {
    const copy = new Mirrored(['x', true], ['z', false]);
    copy.moves(-4n, ['x', 16n], ['z', 20n]);
    expect(copy.owed).toEqual([8, 10]);
  });
});

describe('a move in which the leader sold and bought back, of a copy whose increases wait for approval', () => {
  const SOLD: Part = ['z', 20n];

  it.each<[string, bigint, bigint]>([
    ['bought more', 50n, 30n],
    ['bought as much', 40n, 20n],
    ['bought less', 30n, 10n],
  ])('gives up what a mirror closed for it where he %s, whichever is told first', (_what, after, bought) => {
    for (const isFirst of [true, false]) {
      const copy = new Mirrored(['z', false]);
      copy.holds(40);
      if (isFirst) copy.fills('z', 10);
      copy.moves(after, SOLD, ['b', bought]);
      if (!isFirst) copy.fills('z', 10);
      expect(copy.held).toBe('10 10');
    }
  });

  it('tells what it gives up, and leaves what is approved and not entered yet', () => {
    const copy = new Mirrored(['z', false]);
    copy.holds(40);
    const { rows } = copy.stage.sheet;
    rows.target[copy.row] = 27 * MICRO;
    rows.owedPrice[copy.row] = 100;
    expect(copy.moves(50n, SOLD, ['b', 30n])).toEqual([10]);
    copy.fills('z', 10);
    expect([copy.held, at(rows.owedPrice, copy.row)]).toEqual(['17 10', 100]);
  });

  it('gives up nothing where the copy asks nobody, where no mirror closed anything, or of what a mirror closed for what he only sold', () => {
    const free = new Mirrored(['z', false]);
    free.holds(40);
    free.stage.book.copies.approveWithinMs[free.row] = 0;
    expect(free.moves(50n, SOLD, ['b', 30n])).toEqual([]);
    const idle = new Mirrored(['y', false]);
    idle.holds(40);
    expect([idle.moves(50n, ['a', 20n], ['b', 30n]), idle.held]).toEqual([[], '20 20']);
    const sold = new Mirrored(['z', false]);
    sold.holds(40);
    expect([sold.moves(20n, SOLD), sold.held]).toEqual([[], '10 20']);
  });
});

describe('a move of the leader’s orders', () => {
  it('is owed of their mirrors, as far as they filled, and these are asked for at once', () => {
    const copy = new Mirrored(['x', true], ['y', true]);
    copy.moves(12n, ['x', 12n]);
    expect(copy.owed).toEqual([6, 0]);
    expect(copy.stops.map(({ askAt }) => askAt)).toEqual([0, 99]);
  });

  it('is not owed where another mirror had filled for it: what fills late is ahead of the other order', () => {
    const copy = new Mirrored(['x', true], ['y', true]);
    copy.fills('y', 10);
    copy.moves(20n, ['x', 20n]);
    expect([copy.owed, copy.ahead]).toEqual([[0, 0], '0 0']);
    copy.fills('x', 10);
    expect(copy.ahead).toBe('10 0');
  });

  it('is owed no more once another mirror fills for it', () => {
    const copy = new Mirrored(['x', true], ['y', true]);
    copy.moves(20n, ['x', 20n]);
    copy.fills('y', 10);
    expect([copy.owed, copy.ahead]).toEqual([[0, 0], '0 0']);
    copy.fills('x', 10);
    expect(copy.ahead).toBe('10 0');
  });

  it('is owed where the copy did not follow it: its mirror’s fill is no advance', () => {
    const copy = new Mirrored(['x', true], ['y', true]);
    copy.stage.book.setStatus(copy.row, 8, true);
    copy.moves(20n, ['x', 20n]);
    copy.fills('x', 10);
    expect([copy.owed, copy.ahead]).toEqual([[0, 0], '0 0']);
  });
});
