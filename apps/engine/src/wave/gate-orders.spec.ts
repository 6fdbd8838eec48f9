import type { Logger } from '@lockstep/platform';
import { reasonAt, reasonNumber } from '@lockstep/replication';
import { NOW, priceOf } from '@lockstep/replication/testing/book-builder';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import { WaveStage } from '../testing/wave-stage';
import { gatePlan, gateRows } from './gate-orders';
import { planMove } from './plan-moves';

/** Two copies' entries of 10 lots at 100, of which one may hold 1,050 in money, and the mark that came behind their planning. */
function planned(mark: string) {
  const stage = new WaveStage({ copies: 2 });
  const { book } = stage.stage;
  book.copies.maxPositionNotional[1] = Number(priceOf('1050'));
  const logged: string[] = [];
  const log = { ...stage.ctx.log, info: () => logged.push('info'), error: () => logged.push('error') } as unknown as Logger;
  const ctx: EngineContext = { ...stage.ctx, log };
  const [wave] = stage.moves('0', '10').map((move) => planMove(ctx, move, false));
  if (wave === undefined) throw new Error('no wave');
  expect([wave.plan.orders.count, wave.approval.refused, logged]).toEqual([2, [], []]);
  book.setMark('BTC', priceOf(mark), NOW);
  return { ctx, book, plan: wave.plan, logged };
}

describe('the second look at orders that have not left', () => {
  it.each<[string, string, readonly (string | null)[]]>([
    ['lets them leave on a mark that still fits', '104', []],
    ['withholds those that a newer mark makes too large, and says so without calling it a defect', '120', ['cap_position_notional']],
  ])('%s', (_what, mark, reasons) => {
    const { ctx, book, plan, logged } = planned(mark);
    const found = gateRows(ctx, book, plan, Int32Array.of(0, 1));
    expect(found.refused.map(({ reason }) => reasonAt(reason))).toEqual(reasons);
    expect(found.approved === null).toBe(reasons.length > 0);
    expect(logged).toEqual(reasons.length > 0 ? ['info'] : []);
  });

  it('names refused orders by their rows of the plan, whichever are looked at', () => {
    const { ctx, book, plan } = planned('120');
    const row = [...plan.orders.copyNo.subarray(0, 2)].indexOf(2);
    expect(gateRows(ctx, book, plan, Int32Array.of(row)).refused).toEqual([{ row, reason: reasonNumber('cap_position_notional') }]);
    expect(gateRows(ctx, book, plan, Int32Array.of(1 - row)).refused).toEqual([]);
  });
});

describe('the look at a plan that was just made', () => {
  it('calls what it refuses a defect of the planner', () => {
    const { ctx, book, plan, logged } = planned('120');
    expect(gatePlan(ctx, book, plan).refused.map(({ reason }) => reasonAt(reason))).toEqual(['cap_position_notional']);
    expect(logged).toEqual(['error']);
  });
});
