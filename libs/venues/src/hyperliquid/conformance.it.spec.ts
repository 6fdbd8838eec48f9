import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONFORMANCE_CASES, casesFor } from '../conformance';
import { SimulatedDriver } from './testing/simulated-driver';

/* Needs the built server and worker: npm run build. */
describe.each(['mainnet', 'testnet'] as const)('Hyperliquid adapter against the simulated venue, %s', (network) => {
  let driver: SimulatedDriver;
  beforeAll(async () => {
    driver = await SimulatedDriver.start({ network }, network === 'testnet' ? ['--testnet'] : []);
  });
  afterAll(async () => {
    await driver.close();
  });

  it.each(CONFORMANCE_CASES.map((each) => [each.number, each.name, each] as const))('case %i: %s', async (_number, _name, each) => {
    await each.run(driver);
  });

  it('is excused from none', () => {
    expect(casesFor(driver.venue.capabilities).skipped).toEqual([]);
  });
});
