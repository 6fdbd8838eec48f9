import { describe, expect, it } from 'vitest';
import { Rehearsal } from './rehearsal';

const COPIES = 80;
const PAUSED = 2;
const ONE_SIDED = 4;
const TURNS = ['open', 'increase', 'reduce', 'flip', 'increase', 'reduce', 'flip', 'close'] as const;

describe('a rehearsal', () => {
  it('plays every kind of move on both sides, for copies of all kinds', () => {
    const rehearsal = new Rehearsal(COPIES, 3);
    for (let round = 0; round < 2; round += 1) {
      for (const turn of TURNS) {
        const plan = rehearsal.plan();
        const { orders } = plan;
        const of = (column: { readonly [index: number]: number }, value: number): number =>
          Array.from({ length: orders.count }, (_, order) => column[order]).filter((each) => each === value).length;
        const legs = turn === 'flip' ? 2 : 1;
        // A cap that is reached leaves nothing to increase.
        const uncut = turn === 'increase' ? COPIES / 2 : COPIES - PAUSED - ONE_SIDED;
        expect(orders.count, turn).toBeGreaterThanOrEqual(legs * uncut);
        expect(of(orders.exit, 1) > 0, turn).toBe(turn !== 'open' && turn !== 'increase');
        expect(of(orders.builder, -1) > 0 && of(orders.builder, 0) > 0, turn).toBe(true);
        expect(rehearsal.facts(plan)).not.toBeNull();
        expect(rehearsal.encode(plan)).toBeGreaterThan(0);
        rehearsal.fill(plan);
      }
    }
  });
});
