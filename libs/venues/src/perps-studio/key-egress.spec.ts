import { describe, expect, it } from 'vitest';
import { WINDOW_MS } from './assumptions';
import { perpsStudioConfig } from './config';
import { KeyBudget } from './key-budget';
import { KeyEgress } from './key-egress';

const EPOCH = 1_767_225_600_000;

/** A key of 100 requests a minute whose accounts are compared elsewhere, on a clock moved by hand. */
function key(polled = false) {
  const time = { now: 0 };
  const clock = { now: () => EPOCH + time.now, monotonic: () => time.now };
  const config = perpsStudioConfig({ url: 'http://x', wsUrl: 'ws://x', network: 'mainnet' }, polled);
  const budget: KeyBudget = new KeyBudget({
    perMinute: config.requestsPerMinute,
    kept: config.keptPerMinute,
    now: () => time.now,
    onLeft: (of) => egress.left(of),
    onHeld: () => egress.refused(),
  });
  const egress: KeyEgress = new KeyEgress(config, clock, budget, !polled);
  return { time, config, budget, egress };
}

const orders = (count: number, exits = 0) => ({
  count,
  signer: new Int32Array(count),
  exit: Uint8Array.from({ length: count }, (_, row) => (row < exits ? 1 : 0)),
});

describe('the minute of a key, as planning sees it', () => {
  it.each([
    [10, 0],
    [95, 0],
    [96, 1],
    [190, 1],
    [191, 2],
  ])('%i orders end in minute %i', (count, minute) => {
    const { endsAt } = key().egress.forecast(orders(count));
    expect(Math.floor((endsAt - EPOCH - 1) / WINDOW_MS)).toBe(minute);
  });

  it('counts what has left, whatever it was for, and what waits', async () => {
    const { egress, budget } = key();
    for (let request = 0; request < 60; request += 1) await budget.take('orders', 0);
    expect(egress.forecast(orders(35)).endsAt - EPOCH).toBeLessThan(WINDOW_MS);
    expect(egress.forecast(orders(36)).endsAt - EPOCH).toBeGreaterThanOrEqual(WINDOW_MS);
    const announced = egress.announce(orders(35));
    expect(egress.forecast(orders(5)).endsAt - EPOCH).toBeGreaterThanOrEqual(WINDOW_MS);
    announced();
    expect(egress.forecast(orders(5)).endsAt - EPOCH).toBeLessThan(WINDOW_MS);
    budget.close();
  });

  it('lets entries of a wave leave behind its reductions, order by order', () => {
    const departures = key().egress.departures();
    for (let exit = 0; exit < 90; exit += 1) departures.exit(0);
    const left: number[] = [];
    for (let entry = 0; entry < 6; entry += 1) {
      left.push(departures.nextEntry(0) - EPOCH);
      departures.takeEntry(0);
    }
    expect(left.map((at) => at < WINDOW_MS)).toEqual([true, true, true, true, true, false]);
  });

  it('stands still after the API refused, and says so', () => {
    const { egress, budget } = key();
    budget.hold(10_000);
    expect(egress.standing().addresses[0]).toMatchObject({ label: 'key', refusals: 1, pausedMs: WINDOW_MS });
  });

  it('compares accounts inside the share that is kept for it, or freely where they are read elsewhere', () => {
    expect([key(true).egress.comparisonsPerMinute(), key().egress.comparisonsPerMinute()]).toEqual([12.5, Number.POSITIVE_INFINITY]);
  });
});
