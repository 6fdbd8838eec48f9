import { describe, expect, it } from 'vitest';
import { forecast } from './forecast';
import type { IpLimits } from './limits';
import { EgressScheduler } from './scheduler';
import { egressStandingSchema, schedulerFrom, standingOf } from './standing';

const LIMITS: IpLimits = {
  meters: [{ name: 'requests', perWindow: 100, kept: { read: 10 }, most: {} }],
  windowMs: 60_000,
  inFlightMax: 10,
  lateMs: 1_000,
  backoffMinMs: 5_000,
  backoffMaxMs: 60_000,
  answerMs: 200,
};
const ACTION = { meters: [1], inFlight: true };

/** Two addresses: one spent ten seconds ago with rows that wait, one rested. */
function spent(): { readonly scheduler: EgressScheduler; readonly now: number } {
  const scheduler = new EgressScheduler({ ips: 2, limits: LIMITS, accounts: { free: 10, spacingMs: 11_000, cancelsBeyond: 0 }, actionCost: ACTION });
  scheduler.note(0, 'entry', ACTION, 90, 100_000);
  scheduler.ask(0, scheduler.open(), 'entry', { tokens: { length: 0 }, count: 30 });
  return { scheduler, now: 110_000 };
}

describe('a standing', () => {
  it.each([0, 20_000, 45_000])('told %i ms ago forecasts what the scheduler itself does, to a second', (ageMs) => {
    const { scheduler, now } = spent();
    const told = egressStandingSchema.parse(JSON.parse(JSON.stringify(standingOf(scheduler, ['a', 'b'], [0, 3], now, 1_700_000_000_000))));
    expect(told.addresses.map(({ label, refusals, waiting }) => [label, refusals, waiting.entry])).toEqual([
      ['a', 0, 30],
      ['b', 3, 0],
    ]);
    const again = schedulerFrom(told, ageMs);
    const there = forecast(again.scheduler, { entry: 40 }, again.now);
    const here = forecast(scheduler, { entry: 40 }, now + ageMs);
    expect(there.limitedBy).toBe(here.limitedBy);
    expect(there.endsInMs).toBeGreaterThanOrEqual(here.endsInMs - 500);
    expect(there.endsInMs - here.endsInMs).toBeLessThanOrEqual(1_500);
  });

  it('of something else is none', () => {
    expect(egressStandingSchema.safeParse({ at: 1, addresses: [] }).success).toBe(false);
  });
});
