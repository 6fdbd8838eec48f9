import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONFORMANCE_CASES, lacking } from '../conformance';
import { PerpsStudioDriver } from './testing/simulated-driver';

/* Needs the built server: npm run build. The key is an enterprise one: budgets have tests of their own. */
describe.each([
  ['by itself', false],
  ['with the exchange it stands on as its eyes', true],
])('perps.studio adapter against the simulated Provider API, %s', (_name, watchThrough) => {
  let driver: PerpsStudioDriver;
  beforeAll(async () => {
    driver = await PerpsStudioDriver.start({ watchThrough, requestsPerMinute: 100_000 });
  });
  afterAll(async () => {
    await driver.close();
  });

  it.each(CONFORMANCE_CASES.map((each) => [each.number, each.name, each] as const))('case %i: %s', async (_number, _name, each) => {
    const lacks = lacking(each, driver.venue);
    if (lacks.length > 0) expect(lacks.every((ability) => !driver.venue.capabilities[ability])).toBe(true);
    else await each.run(driver);
  });

  it('lacks what the API lacks and nothing else', () => {
    const lacks = CONFORMANCE_CASES.filter((each) => lacking(each, driver.venue).length > 0).map(({ number }) => number);
    expect(lacks).toEqual(watchThrough ? [4, 13, 31] : [4, 13, 30, 31, 34]);
  });
});
