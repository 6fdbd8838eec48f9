import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyBudget } from './key-budget';

/* The clock is the fake timers': nothing here waits. */
const MINUTE = 60_000;
const budgetOf = (perMinute: number, kept = { orders: 0, truth: 0, leaders: 0 }): KeyBudget =>
  new KeyBudget({ perMinute, kept, now: () => Date.now() });

/** How many of `count` requests were let through by now. */
function asks(budget: KeyBudget, of: 'orders' | 'truth' | 'leaders', count: number, waitMaxMs = 10 * MINUTE) {
  const answers: boolean[] = [];
  for (let turn = 0; turn < count; turn += 1) void budget.take(of, waitMaxMs).then((may) => answers.push(may));
  return answers;
}

describe('the budget of a key', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('lets a hundred leave in a minute and the rest in the next ones', async () => {
    const answers = asks(budgetOf(100), 'orders', 250);
    await vi.advanceTimersByTimeAsync(0);
    expect(answers).toHaveLength(100);
    await vi.advanceTimersByTimeAsync(MINUTE - 1);
    expect(answers).toHaveLength(100);
    await vi.advanceTimersByTimeAsync(1);
    expect(answers).toHaveLength(200);
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect(answers).toHaveLength(250);
    expect(answers.every(Boolean)).toBe(true);
  });

  it('never lets more than a minute’s share leave in any sliding minute', async () => {
    const budget = budgetOf(10);
    const left: number[] = [];
    for (let turn = 0; turn < 35; turn += 1) {
      void budget.take('orders', 10 * MINUTE).then(() => left.push(Date.now()));
      await vi.advanceTimersByTimeAsync(3_700);
    }
    await vi.advanceTimersByTimeAsync(5 * MINUTE);
    expect(left).toHaveLength(35);
    const busiest = Math.max(...left.map((from) => left.filter((at) => at >= from && at < from + MINUTE).length));
    expect(busiest).toBeLessThanOrEqual(10);
  });

  it('keeps each class its part whatever the others ask for', async () => {
    const budget = budgetOf(100, { orders: 40, truth: 25, leaders: 25 });
    const orders = asks(budget, 'orders', 200);
    const truth = asks(budget, 'truth', 200);
    const leaders = asks(budget, 'leaders', 200);
    await vi.advanceTimersByTimeAsync(0);
    expect([orders.length, truth.length, leaders.length]).toEqual([50, 25, 25]);
    expect(budget.free('orders')).toBe(0);
  });

  it('serves orders first where places are free', async () => {
    const budget = budgetOf(2);
    asks(budget, 'leaders', 2);
    const leaders = asks(budget, 'leaders', 2);
    const orders = asks(budget, 'orders', 2);
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect([orders.length, leaders.length]).toEqual([2, 0]);
  });

  it('lets what reduces risk pass what waits to add it', async () => {
    const budget = budgetOf(1);
    asks(budget, 'orders', 1);
    const entries = asks(budget, 'orders', 2);
    const exits: boolean[] = [];
    for (let turn = 0; turn < 2; turn += 1) void budget.take('orders', 10 * MINUTE, true).then((may) => exits.push(may));
    await vi.advanceTimersByTimeAsync(2 * MINUTE);
    expect([entries.length, exits.length]).toEqual([0, 2]);
    await vi.advanceTimersByTimeAsync(2 * MINUTE);
    expect(entries.length).toBe(2);
  });

  it('keeps the places of exits that ask one after another', async () => {
    const budget = budgetOf(3);
    asks(budget, 'orders', 3);
    const others = asks(budget, 'orders', 3);
    const exits: boolean[] = [];
    budget.expect(3);
    const next = async (left: number): Promise<void> => {
      exits.push(await budget.take('orders', 10 * MINUTE, true));
      if (left > 1) await next(left - 1);
    };
    void next(3);
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect([exits.length, others.length]).toEqual([3, 0]);
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect(others.length).toBe(3);
  });

  it('lets the others go once no exit is expected any more', async () => {
    const budget = budgetOf(1);
    budget.expect(1);
    const other = asks(budget, 'orders', 1);
    await vi.advanceTimersByTimeAsync(0);
    expect(other).toEqual([]);
    budget.expect(-1);
    await vi.advanceTimersByTimeAsync(0);
    expect(other).toEqual([true]);
  });

  it('gives up a request that waited its time, and holds all while the API asks for it', async () => {
    const budget = budgetOf(1);
    budget.hold(5_000);
    const patient = asks(budget, 'orders', 1);
    const impatient = asks(budget, 'truth', 1, 1_000);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([patient, impatient]).toEqual([[], [false]]);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(patient).toEqual([true]);
  });

  it('gives up a request that waited its time behind one that may wait longer', async () => {
    const budget = budgetOf(1);
    asks(budget, 'orders', 1);
    const entry = asks(budget, 'orders', 1, 1_000);
    void budget.take('orders', 10 * MINUTE, true);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(entry).toEqual([false]);
    // Nothing changes before a place comes free: one look is due then, not one in every millisecond until then.
    const now = Date.now();
    await vi.advanceTimersToNextTimerAsync();
    expect(Date.now() - now).toBeGreaterThanOrEqual(MINUTE - 1_000);
  });

  it('counts a request from its answer on: the API counts it from when it arrived, and the first one may be the slowest', async () => {
    const budget = budgetOf(2);
    asks(budget, 'orders', 2);
    await vi.advanceTimersByTimeAsync(300);
    budget.answered('orders');
    await vi.advanceTimersByTimeAsync(100);
    budget.answered('orders');
    const next = asks(budget, 'orders', 2);
    await vi.advanceTimersByTimeAsync(MINUTE - 101);
    expect(next).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(next).toEqual([true]);
    await vi.advanceTimersByTimeAsync(100);
    expect(next).toEqual([true, true]);
  });

  it('lets nobody wait for a closed one', async () => {
    const budget = budgetOf(1);
    asks(budget, 'orders', 1);
    const waiting = asks(budget, 'orders', 1);
    budget.close();
    await vi.advanceTimersByTimeAsync(0);
    expect(waiting).toEqual([false]);
  });
});
