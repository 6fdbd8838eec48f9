import { money, size } from '@lockstep/kernel';
import { intentAfter, receiptOf, STATUS } from '@lockstep/replication';
import { dollars, priceOf, priceUnits, rateOf, settingsOf, sizeOf } from '@lockstep/replication/testing/book-builder';
import { defaultCopySettings, NO_EXPOSURE_LIMITS } from '@lockstep/roster';
import type { StopsInForce } from '@lockstep/storage';
import { OUTCOME } from '@lockstep/venues/port';
import { describe, expect, it } from 'vitest';
import type { Bookkeeper } from '../books/bookkeeper';
import { bookFill } from '../state/copy-ledger';
import { type Intent, intentOf, NO_INTENT } from '../state/intent';
import type { CopyRecord, Registry } from '../state/registry';
import { dropEnded } from '../state/shared-accounts';
import { SCOPE, WaveStage } from '../testing/wave-stage';
import { NOTHING_BEHIND, runMoves } from './run-wave';
import { WITHHELD } from './send-state';

/** A copy that stands where the leader stands, and what became of the moves that then came in one go. */
async function merged(from: string, sizes: readonly string[]) {
  const stage = new WaveStage();
  if (from !== '0') stage.stage.follow(from);
  const before = intentOf(stage.stage.sheet, 0);
  const moves = stage.moves(from, ...sizes);
  await runMoves(stage.ctx, stage.books as unknown as Bookkeeper, moves, NOTHING_BEHIND);
  return { stage, moves, before };
}

const CASES: readonly (readonly [string, string, readonly string[], readonly string[], number])[] = [
  ['a reduction, then a smaller increase', '10', ['5', '8'], ['sell 2'], 8],
  ['two reductions', '10', ['6', '3'], ['sell 7'], 3],
  ['an increase, then a close', '10', ['20', '0'], ['sell 10'], 0],
  ['an increase, then a reduction below what is held', '10', ['20', '4'], ['sell 6'], 4],
  ['two increases', '10', ['15', '20'], ['buy 10'], 20],
  ['an open and a close', '0', ['10', '0'], [], 0],
  ['a flip and back', '10', ['-5', '6'], ['sell 4'], 6],
  ['a flip of a flip', '10', ['0', '-6'], ['sell 10', 'sell 6'], -6],
  ['four moves', '10', ['2', '30', '1', '5'], ['sell 5'], 5],
];

describe('moves that came in one go: only the last is sent, and it sends at once what is needed', () => {
  it.each(CASES)('%s from %s over %j', async (_what, from, sizes, sent, position) => {
    const { stage } = await merged(from, sizes);
    expect(stage.sent).toEqual(sent);
    expect(stage.position).toBe(position);
    const { pendingBuy, pendingSell } = stage.stage.sheet.rows;
    expect([pendingBuy[0], pendingSell[0]]).toEqual([0, 0]);
  });

  it('every move keeps its receipt; the orders of superseded ones are recorded and withheld', async () => {
    const { stage, moves } = await merged('10', ['5', '8']);
    expect(stage.journaled.map((row) => receiptOf(row, 1)?.orders.map(({ side, lots }) => `${side} ${lots}`))).toEqual([['sell 5'], ['sell 2']]);
    expect(stage.outcomes.map(({ move }) => move)).toEqual(moves);
    const [superseded, last] = stage.outcomes;
    expect(superseded?.state.countOf(WITHHELD)).toBe(1);
    expect(last?.state.countOf(WITHHELD)).toBe(0);
  });

  it('the last plan does not count orders that never leave as on their way', async () => {
    const { stage } = await merged('10', ['5', '8']);
    expect(stage.journaled.map((row) => receiptOf(row, 1)?.pendingSellLots)).toEqual([0, 0]);
  });

  it.each(CASES)('a restart finds the same in the journal: %s', async (_what, from, sizes) => {
    const { stage, before } = await merged(from, sizes);
    const catchUpMs = stage.stage.book.copies.catchUpMs[0] ?? 0;
    const ends = { closing: false, windingDown: false };
    const terms = { incrementPrice: priceUnits('100'), catchUpMs, beganAt: 0, ...ends, direction: 1, keeps: false, byAmount: null };
    const found = stage.journaled.reduce<Intent>((intent, row) => intentAfter(intent, row, 0, terms), from === '0' ? NO_INTENT : before);
    // The price owed is settled by the fills, which a restart reads after this.
    expect({ ...found, owedPrice: 0 }).toEqual({ ...intentOf(stage.stage.sheet, 0), owedPrice: 0 });
  });
});

describe('an entry that may stand', () => {
  it('is placed on what was so as it left: a pause that comes and goes before its answer ends it', async () => {
    const stage = new WaveStage({ overfill: -4 });
    const { book } = stage.watched;
    book.setSettings(0, settingsOf('1', { slippage: { ...defaultCopySettings().slippage, onBreach: 'rest' } }), 2);
    const before = book.copies.halts[0] ?? 0;
    stage.onSent = () => {
      for (const on of [true, false]) book.setStatus(0, STATUS.paused, on);
    };
    await runMoves(stage.ctx, stage.books as unknown as Bookkeeper, stage.moves('0', '10'), NOTHING_BEHIND);
    const [order] = stage.ctx.openOrders.unknown();
    expect([order?.lots, order?.rest?.halts, order?.rest?.leaderReductions]).toEqual([10, before, 0]);
    expect([book.copies.halts[0], stage.stage.sheet.leaderReductions]).toEqual([before + 1, 0]);
  });
});

describe('a limit that is lowered while the orders of a wave are written down', () => {
  const run = async (from: string, to: string) => {
    const stage = new WaveStage();
    const { book } = stage.stage;
    if (from !== '0') stage.stage.follow(from);
    stage.onCommit = () => {
      book.setSettings(0, settingsOf('1', { caps: { ...defaultCopySettings().caps, maxPositionSize: sizeOf('4') } }), 2);
      stage.ctx.stops.changed();
    };
    await runMoves(stage.ctx, stage.books as unknown as Bookkeeper, stage.moves(from, to), NOTHING_BEHIND);
    return stage;
  };

  it('keeps back the entry that it forbids, though that was approved before', async () => {
    const stage = await run('0', '10');
    expect([stage.sent, stage.position, stage.stage.sheet.rows.pendingBuy[0]]).toEqual([[], 0, 0]);
    expect(stage.outcomes[0]?.state.countOf(WITHHELD)).toBe(1);
  });

  it('keeps back no entry inside it, and no exit', async () => {
    expect([(await run('0', '4')).sent, (await run('10', '6')).sent]).toEqual([['buy 4'], ['sell 4']]);
  });
});

describe('a copy that ends while an order of another of its follower is written down', () => {
  // Two copies of 1,000, of which 21 % may be in one underlying: 4 at the highest price of an entry with both, 2 without the second.
  const run = async (to: string) => {
    const stage = new WaveStage({ copies: 2, entry: { follower: 0, allocation: dollars(1_000) } });
    const { book } = stage.stage;
    for (const row of [0, 1]) book.setExposure(row, { ...NO_EXPOSURE_LIMITS, underlyingShare: rateOf('0.21') });
    book.setStatus(1, STATUS.handingOver, true);
    const registry = { dropCopy: (no: number) => book.removeCopy(no), copiesOf: () => [] } as unknown as Registry;
    stage.onCommit = () => {
      if (book.copies.copyNo[1] === 2) dropEnded({ registry, stops: stage.ctx.stops }, { no: 2, account: {} } as unknown as CopyRecord, []);
    };
    await runMoves(stage.ctx, stage.books as unknown as Bookkeeper, stage.moves('0', to), NOTHING_BEHIND);
    return stage;
  };

  it('takes with it its part of what a share of their worth allowed: an entry beyond the rest is kept back', async () => {
    const stage = await run('4');
    expect([stage.sent, stage.stage.sheet.rows.pendingBuy[0]]).toEqual([[], 0]);
    expect(stage.outcomes[0]?.state.countOf(WITHHELD)).toBe(1);
  });

  it('keeps back no entry inside of the rest', async () => {
    expect((await run('2')).sent).toEqual(['buy 2']);
  });
});

describe('a stop whose wake-up was lost (product §3)', () => {
  const run = async (kind: string, targetId: string, sizes: readonly string[], read = false) => {
    const stage = new WaveStage();
    stage.unread = [{ no: 4n, kind, targetId }];
    if (read) stage.ctx.wishes.noteRead(SCOPE, 4n);
    for (const [index, to] of sizes.entries()) {
      const moves = stage.moves(sizes[index - 1] ?? '0', to);
      await runMoves(stage.ctx, stage.books as unknown as Bookkeeper, moves, NOTHING_BEHIND);
    }
    return stage;
  };

  it.each<[string, string, string, readonly string[]]>([
    ['of the copy', 'copy.pause', 'cpy_1', []],
    ['of another copy', 'copy.pause', 'cpy_2', ['buy 10']],
    ['of the brand', 'tenant.close_all', SCOPE.tenantId, []],
    ['that is none', 'copy.settings', 'cpy_1', ['buy 10']],
  ])('is met beside the journal, before the first byte leaves: one %s', async (_what, kind, target, sent) => {
    const stage = await run(kind, target, ['10']);
    expect(stage.sent).toEqual(sent);
    expect(stage.outcomes[0]?.state.countOf(WITHHELD)).toBe(1 - sent.length);
    expect([stage.position, stage.stage.sheet.rows.pendingBuy[0]]).toEqual([10 * sent.length, 0]);
  });

  it.each<[string, StopsInForce, readonly string[], readonly string[]]>([
    ['a kill switch', { names: ['kill_switch'], suspended: false }, ['kill_switch'], []],
    ['a suspension', { names: [], suspended: true }, [`suspension:${SCOPE.tenantId}`], []],
    ['none', { names: [], suspended: false }, [], ['buy 10']],
  ])('is met beside the journal where the last reading of switches is old: %s', async (_what, inForce, named, sent) => {
    const stage = new WaveStage();
    const { ctx, knownStops } = stage;
    stage.stopsInForce = inForce;
    knownStops.onNamed = () => {
      stage.stage.book.setStatus(0, STATUS.killSwitch, true);
      ctx.stops.changed();
    };
    await runMoves(ctx, stage.books as unknown as Bookkeeper, stage.moves('0', '10'), NOTHING_BEHIND);
    expect([knownStops.unread, stage.sent]).toEqual([named, sent]);
  });

  it('counts no more once it was read: what it left stands in the copies', async () => {
    expect((await run('copy.pause', 'cpy_1', ['10'], true)).sent).toEqual(['buy 10']);
  });

  it('holds back no exit', async () => {
    const stage = new WaveStage();
    stage.stage.follow('10');
    stage.unread = [{ no: 4n, kind: 'copy.pause', targetId: 'cpy_1' }];
    await runMoves(stage.ctx, stage.books as unknown as Bookkeeper, stage.moves('10', '4'), NOTHING_BEHIND);
    expect(stage.sent).toEqual(['sell 6']);
  });
});

describe('what is known of stops once a wave is written down (product §3)', () => {
  /** Runs the leader's moves with commits that take so long, the first the journal's; what stops the tenant is turned on behind the statements of the first. */
  const run = async (from: string, to: string, commits: readonly number[], turned: StopsInForce | null, copies = 1) => {
    const stage = new WaveStage({ copies });
    const { ctx, knownStops } = stage;
    if (from !== '0') stage.stage.follow(from);
    const [left, turns] = [[...commits], turned === null ? [] : [turned]];
    stage.onCommit = () => {
      stage.elapsed += left.shift() ?? 0;
      stage.stopsInForce = turns.shift() ?? stage.stopsInForce;
    };
    knownStops.onNamed = () => {
      stage.stage.book.setStatus(0, STATUS.killSwitch, true);
      ctx.stops.changed();
    };
    await runMoves(ctx, stage.books as unknown as Bookkeeper, stage.moves(from, to), NOTHING_BEHIND);
    return stage;
  };
  const KILLED: StopsInForce = { names: ['kill_switch'], suspended: false };

  it.each<[string, readonly number[], StopsInForce | null, readonly string[]]>([
    ['is fresh enough behind a commit of 100 ms', [100], KILLED, ['buy 10']],
    ['is read again behind a slower one: a switch turned meanwhile keeps entries back', [101], KILLED, []],
    ['is read again behind a slower one: where nothing stops them, entries leave', [101, 100], null, ['buy 10']],
    ['is not known where that reading is as slow: entries wait for the next plan', [101, 101], null, []],
  ])('%s', async (_what, commits, turned, sent) => {
    const stage = await run('0', '10', commits, turned);
    expect(stage.sent).toEqual(sent);
    expect(stage.outcomes[0]?.state.countOf(WITHHELD)).toBe(1 - sent.length);
    expect([stage.position, stage.stage.sheet.rows.pendingBuy[0]]).toEqual([10 * sent.length, 0]);
  });

  it('keeps back no exit, which leaves before the entry of the new side that waits', async () => {
    const stage = await run('10', '-6', [101, 101], null);
    expect([stage.sent, stage.position]).toEqual([['sell 10'], 0]);
  });

  it('counts as unknown where it cannot be read', async () => {
    const stage = new WaveStage();
    const { scoped } = stage.ctx.storage;
    let units = 0;
    Object.assign(stage.ctx.storage, {
      scoped: async (...given: Parameters<typeof scoped>) => {
        units += 1;
        if (units > 1) throw new Error('away');
        const done = await scoped(...given);
        stage.elapsed += 101;
        return done;
      },
    });
    await runMoves(stage.ctx, stage.books as unknown as Bookkeeper, stage.moves('0', '10'), NOTHING_BEHIND);
    expect([units, stage.sent, stage.outcomes[0]?.state.countOf(WITHHELD)]).toEqual([2, [], 1]);
  });
});

describe('an answer that more filled than was ordered', () => {
  it('is not believed: the order is unknown, keeps its reservation, and the wave ends', async () => {
    const stage = new WaveStage({ overfill: 1 });
    await runMoves(stage.ctx, stage.books as unknown as Bookkeeper, stage.moves('0', '10'), NOTHING_BEHIND);
    expect(stage.position).toBe(0);
    expect(stage.stage.sheet.rows.pendingBuy[0]).toBe(10);
    expect(stage.outcomes.map(({ state }) => [state.countOf(OUTCOME.unknown), state.filledLots[0]])).toEqual([[1, 0]]);
  });

  it('leaves in flight what no fill told before it: those are booked, and the columns hold them', async () => {
    const stage = new WaveStage({ overfill: 1 });
    const { ctx } = stage;
    const { intent } = ctx.booked.get(1, 'BTC');
    const { after } = bookFill(ctx.booked.get(1, 'BTC').booked, size(600_000_000n), priceOf('100'), money(0n));
    stage.onSent = (clientOrderId) => {
      ctx.booked.set(1, 'BTC', { booked: after, intent });
      ctx.openOrders.tellBooked(clientOrderId, 6);
    };
    await runMoves(ctx, stage.books as unknown as Bookkeeper, stage.moves('0', '10'), NOTHING_BEHIND);
    expect([stage.position, stage.stage.sheet.rows.pendingBuy[0]]).toEqual([6, 4]);
  });
});
