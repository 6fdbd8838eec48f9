import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONFORMANCE_CASES, casesFor } from '../conformance';
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

  it.each(CONFORMANCE_CASES.map((each) => [each.number, each.name, each] as const))('case %i: %s', async (_number, name, each) => {
    const excused = casesFor(driver.venue.capabilities).skipped.find((skipped) => skipped.case === each);
    if (excused === undefined) await each.run(driver);
    else expect(excused.lacks, name).not.toEqual([]);
  });

  it('lacks what the API lacks and nothing else', () => {
    const lacked = casesFor(driver.venue.capabilities).skipped.map((skipped) => skipped.case.number);
    const byItself = watchThrough ? [] : [30, 34];
    const wanted = [4, 10, 13, ...byItself, 31, 36, 40, 41, 42, 43, 44, 45, 46, 47, 50, 51, 52, 53].sort((a, b) => a - b);
    expect(lacked).toEqual(wanted);
  });
});
