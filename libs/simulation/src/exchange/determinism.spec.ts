import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressOf, dig, Testbed } from '../builders/testbed';
import { runTraffic, type TrafficLog } from '../builders/traffic';

const bytes = ({ answers, frames, world }: TrafficLog): string =>
  JSON.stringify([answers, frames, world.control.addresses().map((address) => world.control.truth(address))]);

function expectConserved({ world }: TrafficLog): void {
  const { credited, held, fees, builderFees, funding, netLots } = world.control.conservation();
  expect(held + fees + builderFees + funding).toBe(credited);
  for (const [coin, lots] of Object.entries(netLots)) expect(lots, coin).toBe(0);
}

describe('a world', () => {
  it('says the same bytes for the same seed and the same actions, and others for another seed', () => {
    const first = runTraffic(11, 1_500);
    expect(first.answers).toHaveLength(1_500);
    expect(first.world.stats().fills).toBeGreaterThan(100);
    expect(bytes(runTraffic(11, 1_500))).toBe(bytes(first));
    expect(bytes(runTraffic(12, 1_500))).not.toBe(bytes(first));
  }, 60_000);

  it('neither makes nor loses a unit of money, and positions sum to zero, under any traffic', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (seed) => {
        expectConserved(runTraffic(seed, 300));
      }),
      { numRuns: 8 },
    );
  }, 60_000);

  it('leaves nobody below maintenance after a block while the makers stand', () => {
    const { world } = runTraffic(5, 800);
    for (const address of world.control.addresses()) {
      const state = world.info({ type: 'clearinghouseState', user: address }).body;
      const equity = Number(dig(state, 'crossMarginSummary', 'accountValue'));
      expect(equity, address).toBeGreaterThanOrEqual(Number(dig(state, 'crossMaintenanceMarginUsed')));
    }
  }, 60_000);

  it('skips idle time without losing the hour: many small steps and one leap end in the same state', () => {
    const run = (steps: number): string => {
      const bed = new Testbed({ makers: true }, { 1: '10000' });
      bed.order(1, { p: '66500', s: '0.1', tif: 'Ioc' });
      for (let step = 1; step <= steps; step += 1) bed.world.advanceTo(bed.world.now() + 7_200_000 / steps);
      return JSON.stringify(bed.world.control.truth(addressOf(1)));
    };
    expect(run(1)).toBe(run(72));
  });
});
