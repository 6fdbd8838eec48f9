import { describe, expect, it } from 'vitest';
import { SendBudget } from './send-budget';

describe('the send budget of a network', () => {
  it('gives a minute’s actions at once, and each back a minute after it was taken', () => {
    let now = 10_000_500;
    const budget = new SendBudget(1_800, () => now);
    expect([budget.atOnce, budget.ratePerSecond]).toEqual([1_800, 30]);
    budget.take(1_000);
    now += 30_000;
    budget.take(500);
    expect(budget.atOnce).toBe(300);
    now += 29_000;
    expect(budget.atOnce).toBe(300);
    now += 1_000;
    expect(budget.atOnce).toBe(1_300);
    now += 30_000;
    expect(budget.atOnce).toBe(1_800);
  });

  it('is used up and no more, and empty again after a long rest', () => {
    let now = 0;
    const budget = new SendBudget(10, () => now);
    budget.take(25);
    expect(budget.atOnce).toBe(0);
    now += 3_600_000;
    expect(budget.atOnce).toBe(10);
  });

  it('predicts nothing where no limit is known', () => {
    const budget = new SendBudget(0, () => 0);
    expect([budget.atOnce, budget.ratePerSecond]).toEqual([0, 0]);
  });
});
