import { reasonAt } from '@lockstep/replication';
import { NOW, priceOf, priceUnits } from '@lockstep/replication/testing/book-builder';
import { describe, expect, it } from 'vitest';
import { WaveStage } from '../testing/wave-stage';
import { planMove } from './plan-moves';

/** Reference and limit price of the exit that a close is followed with, while the network quotes a bid of this age. */
function exitOf(bid: string, ageMs: number) {
  const stage = new WaveStage();
  stage.stage.follow('10');
  stage.quotes.take({ coin: 'BTC', bid: priceOf(bid), ask: priceOf('99'), receivedAt: NOW - ageMs });
  const [close] = stage.moves('10', '0');
  if (close === undefined) throw new Error('no move');
  const { orders } = planMove(stage.ctx, close, false).plan;
  return [orders.reference[0], orders.price[0]];
}

describe('what a wave is planned on', () => {
  it.each([
    ['follows the best bid the network told', '90', 10, '90', '88.2'],
    ['follows it down', '70', 10, '70', '68.6'],
    ['is bounded from the mark when the quote is too old', '70', 5_001, '100', '98'],
  ])('an exit %s', (_what, bid, ageMs, reference, limit) => {
    expect(exitOf(bid, ageMs)).toEqual([priceUnits(reference), priceUnits(limit)]);
  });

  it('entries beyond what the network takes in time are denied as rate_budget; exits leave all the same', () => {
    const stage = new WaveStage({ copies: 6, sendsPerMinute: 4 });
    const [open, close] = stage.moves('0', '10', '0').map((move) => () => planMove(stage.ctx, move, false).plan);
    const entries = open?.();
    expect(entries?.orders.count).toBe(4);
    expect([...(entries?.decisions.reason ?? [])].filter((reason) => reasonAt(reason) === 'rate_budget').length).toBe(2);
    if (entries !== undefined) stage.stage.fill(entries);
    expect(close?.().orders.count).toBe(4);
  });

  it('the orders of an overtaken move take nothing of the budget', () => {
    const stage = new WaveStage({ copies: 2, sendsPerMinute: 2 });
    const plans = stage.moves('0', '10', '20').map((move, index) => planMove(stage.ctx, move, index === 0).plan.orders.count);
    expect(plans).toEqual([2, 2]);
  });

  it('what was owed and whose window ended is given up and told, where no repair came before the move', () => {
    const stage = new WaveStage();
    const [open, more] = stage.moves('0', '10', '15');
    if (open === undefined || more === undefined) throw new Error('no moves');
    const first = planMove(stage.ctx, open, false).plan;
    stage.stage.fillOrder(first, 0, 4);
    stage.stage.sheet.rows.owedUntil[0] = NOW - 60_000;
    const next = planMove(stage.ctx, more, false);
    expect(next.forfeits).toMatchObject([{ copyNo: 1, amount: 6_000_000, reason: 'slippage' }]);
    expect([...next.plan.orders.lots.subarray(0, next.plan.orders.count)]).toEqual([5]);
  });

  it('a network without a known limit denies nothing', () => {
    const stage = new WaveStage({ copies: 6 });
    const [open] = stage.moves('0', '10').map((move) => planMove(stage.ctx, move, false).plan.orders.count);
    expect(open).toBe(6);
  });
});
