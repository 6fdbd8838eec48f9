import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONFORMANCE_CASES } from '../conformance';
import { SimulatedDriver } from './testing/simulated-driver';

/* Needs the built server and worker: npm run build. */
describe('Hyperliquid adapter against the simulated venue', () => {
  let driver: SimulatedDriver;
  beforeAll(async () => {
    driver = await SimulatedDriver.start();
  });
  afterAll(async () => {
    await driver.close();
  });

  it.each(CONFORMANCE_CASES.map((each) => [each.number, each.name, each] as const))('case %i: %s', async (_number, _name, each) => {
    expect(each.skipWhen?.(driver.venue) ?? null).toBeNull();
    await each.run(driver);
  });

  it('numbers its cases once each, in order', () => {
    const numbers = CONFORMANCE_CASES.map((each) => each.number);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.length).toBeGreaterThanOrEqual(15);
  });
});
