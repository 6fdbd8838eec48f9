import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MinuteBudget } from './budget';
import { OPENING_RANK, OpeningGate } from './opening-gate';

const now = (): number => Date.now();

describe('a budget of a minute', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 0 }));
  afterEach(() => void vi.useRealTimers());

  it('gives at most its burst at once and its rate afterwards', () => {
    const budget = new MinuteBudget({ perMinute: 60, burst: 10 }, now);
    const taken = (): number => Array.from({ length: 100 }, () => budget.take(1)).filter(Boolean).length;
    expect(taken()).toBe(10);
    vi.advanceTimersByTime(5_000);
    expect(taken()).toBe(5);
    vi.advanceTimersByTime(3_600_000);
    expect(taken()).toBe(10);
  });

  it('never gives more than burst and rate together in any minute', () => {
    const budget = new MinuteBudget({ perMinute: 300, burst: 100 }, now);
    const times: number[] = [];
    for (let step = 0; step < 1_800; step += 1) {
      vi.advanceTimersByTime(100);
      while (budget.take(1)) times.push(Date.now());
    }
    const most = Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 60_000).length));
    expect(most).toBeLessThanOrEqual(400);
    expect(most).toBeGreaterThan(390);
  });

  it('serves those who wait in their order, and nobody overtakes them', async () => {
    const budget = new MinuteBudget({ perMinute: 60, burst: 10 }, now);
    const served: string[] = [];
    expect(budget.take(10)).toBe(true);
    void budget.whenFree(5).then(() => served.push('five'));
    void budget.whenFree(1).then(() => served.push('one'));
    expect(budget.take(1)).toBe(false);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(served).toEqual(['five']);
    await vi.advanceTimersByTimeAsync(1_100);
    expect(served).toEqual(['five', 'one']);
  });

  it('what cannot wait is paid for by the others', () => {
    const budget = new MinuteBudget({ perMinute: 60, burst: 10 }, now);
    budget.spend(40);
    vi.advanceTimersByTime(29_000);
    expect(budget.take(1)).toBe(false);
    vi.advanceTimersByTime(2_100);
    expect(budget.take(1)).toBe(true);
  });
});

describe('the gate of new connections', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 0 }));
  afterEach(() => void vi.useRealTimers());

  it('lets the most important stream open first and never more than its minute', async () => {
    const gate = new OpeningGate({ perMinute: 6, burst: 2 }, now);
    const opened: string[] = [];
    const cut = (): void => {
      for (const name of ['quotes', 'marks', 'sweep', 'users'] as const) gate.of(OPENING_RANK[name])(() => opened.push(name));
    };
    cut();
    await vi.advanceTimersByTimeAsync(0);
    expect(opened).toEqual(['users', 'sweep']);
    cut();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(opened.length).toBe(8);
    expect(opened.slice(2)).toEqual(['users', 'sweep', 'marks', 'quotes', 'marks', 'quotes']);
    expect(gate.opened).toBe(8);
  });

  it('keeps a connection that subscribes to much and is cut again and again inside the messages of a minute', async () => {
    const messages = new MinuteBudget({ perMinute: 400, burst: 800 }, now);
    const gate = new OpeningGate({ perMinute: 9, burst: 9 }, now, messages);
    let sent = 0;
    const flapping = (): void =>
      gate.of(OPENING_RANK.users)(() => {
        sent += 136;
        messages.spend(136);
        setTimeout(flapping, 250);
      });
    flapping();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent).toBeGreaterThan(1_200);
    expect(sent).toBeLessThan(1_800);
    // One of another rank waits until nothing is owed.
    const opened: string[] = [];
    gate.of(OPENING_RANK.quotes)(() => opened.push('quotes'));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(opened).toEqual([]);
  });

  it('leaves half of the openings to the others while one is cut again and again', async () => {
    const gate = new OpeningGate({ perMinute: 6, burst: 2 }, now);
    const opened: string[] = [];
    const flapping = (): void =>
      gate.of(OPENING_RANK.users)(() => {
        opened.push('users');
        setTimeout(flapping, 100);
      });
    flapping();
    await vi.advanceTimersByTimeAsync(1_000);
    gate.of(OPENING_RANK.sweep)(() => opened.push('sweep'));
    gate.of(OPENING_RANK.sweep)(() => opened.push('sweep'));
    await vi.advanceTimersByTimeAsync(45_000);
    expect(opened.slice(2, 6)).toEqual(['sweep', 'users', 'sweep', 'users']);
  });
});
