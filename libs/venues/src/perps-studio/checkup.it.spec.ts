import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../hyperliquid/testing/simulated-driver';
import type { Finding } from '../port';
import { checkPerpsStudio, type PerpsStudioCheckupPlan } from './checkup';
import { perpsStudioConfig } from './config';
import { PerpsStudioDriver } from './testing/simulated-driver';

/* Needs the built server: npm run build. */
describe('a checkup of the Provider API', () => {
  let driver: PerpsStudioDriver;
  beforeAll(async () => {
    driver = await PerpsStudioDriver.start({ watchThrough: false, requestsPerMinute: 500 });
  });
  afterAll(() => driver.close());

  async function findings(plan: Partial<PerpsStudioCheckupPlan>, url = driver.simulator.url): Promise<Finding[]> {
    const found: Finding[] = [];
    const config = perpsStudioConfig(
      { url, wsUrl: url.replace('http', 'ws'), network: 'mainnet', requestsPerMinute: 100, connectTimeoutMs: 2_000 },
      false,
    );
    await checkPerpsStudio(config, { apiKey: () => driver.apiKey, account: null, followers: 250, ...plan }, systemClock, (finding) =>
      found.push(finding),
    );
    return found;
  }
  const inWords = (found: readonly Finding[]): string[] => found.map(({ about, verdict }) => `${about} ${verdict}`);

  it('finds a good API, key and account good, and a limit that is set too low', async () => {
    const { address } = await driver.account();
    const found = await findings({ account: address });
    expect(inWords(found)).toEqual(['venue good', 'clock good', 'key good', 'rate budget warn', 'markets told', 'channels good', 'account good']);
    expect(found[3]?.detail).toBe('100 requests a minute: a wave of 250 takes some 3 minutes; the API says 500');
  });

  it('fails a key that is refused, and never repeats it', async () => {
    const found = await findings({ apiKey: () => 'ps_live_of_somebody_else' });
    expect(inWords(found)).toEqual(['venue good', 'clock good', 'key fail']);
    expect(JSON.stringify(found)).not.toContain('somebody');
  });

  it('looks at what needs no key without one', async () => {
    expect(inWords(await findings({ apiKey: null }))).toEqual(['venue good', 'clock good', 'key warn']);
  });

  it('stops where nothing answers', async () => {
    expect(inWords(await findings({}, 'http://127.0.0.1:9'))).toEqual(['venue fail']);
  });
});
