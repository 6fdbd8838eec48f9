import { describe, expect, it } from 'vitest';
import { Rehearsal } from './rehearsal';

describe('a rehearsal', () => {
  it('sends for every copy at every turn, entries and exits by turns, some of them cut by a cap', () => {
    const rehearsal = new Rehearsal(30, 3);
    const sides: number[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      const plan = rehearsal.plan();
      expect(plan.orders.count).toBe(turn === 0 ? 30 : plan.orders.count);
      expect(plan.orders.count).toBeGreaterThanOrEqual(20);
      expect(rehearsal.facts(plan)).not.toBeNull();
      expect(rehearsal.encode(plan)).toBeGreaterThan(0);
      sides.push(plan.orders.buy[0] ?? -1);
      rehearsal.fill(plan);
    }
    expect(sides).toEqual([1, 1, 0, 1]);
  });
});
