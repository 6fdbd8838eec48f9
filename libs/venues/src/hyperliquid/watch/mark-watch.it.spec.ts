import { unwrap } from '@lockstep/kernel';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { MarkUpdate, MarkWatch, VenueFeed } from '../../port';
import { createHyperliquidFeed } from '../adapter';
import { systemClock, systemRandom } from '../testing/simulated-driver';
import { SimulatedVenue } from '../testing/simulated-venue';

const PATIENCE = { timeout: 60_000, interval: 50 };

/* Needs the built server: npm run build. */
describe('marks of the simulated venue', () => {
  let venue: SimulatedVenue;
  let feed: VenueFeed;
  let watch: MarkWatch | null = null;
  let told: MarkUpdate[] = [];

  beforeAll(async () => {
    venue = await SimulatedVenue.start();
    feed = createHyperliquidFeed(
      { url: venue.url, wsUrl: venue.wsUrl, network: 'mainnet', markSilenceMs: 2_000, markAskGapMs: 200 },
      { clock: systemClock, random: systemRandom, log: () => undefined },
    );
    unwrap(await feed.truth.markets(), 'markets');
  });
  afterAll(async () => {
    await feed?.close();
    await venue?.stop();
  });
  afterEach(async () => {
    await watch?.close();
    await venue.control('/worlds/main/faults', null, 'DELETE');
    told = [];
  });

  const fault = (target: string, type: string, effect: unknown): Promise<unknown> =>
    venue.control('/worlds/main/faults', { target, type, effect, count: null });
  const follow = (dexes: readonly string[]): MarkWatch => {
    watch = feed.watchMarks(dexes, (updates) => told.push(...updates));
    return watch;
  };
  const timesTold = (coin: string): number => told.filter((update) => update.coin === coin && update.markPrice > 0n).length;

  it('come over the stream, of every dex, without a question', async () => {
    await fault('info', 'metaAndAssetCtxs', { kind: 'status', status: 502 });
    await fault('info', 'perpDexs', { kind: 'status', status: 502 });
    follow(['', 'xyz']);
    await vi.waitFor(() => expect(Math.min(timesTold('BTC'), timesTold('xyz:TSLA'))).toBeGreaterThanOrEqual(3), PATIENCE);
  });

  it('are those of another dex once it is followed', async () => {
    const marks = follow(['']);
    await vi.waitFor(() => expect(timesTold('BTC')).toBeGreaterThanOrEqual(1), PATIENCE);
    expect(timesTold('xyz:TSLA')).toBe(0);
    marks.setDexes(['xyz', '']);
    await vi.waitFor(() => expect(timesTold('xyz:TSLA')).toBeGreaterThanOrEqual(1), PATIENCE);
  });

  it('are asked for where the stream is silent', async () => {
    await fault('stream', 'assetCtxs', { kind: 'silence' });
    follow(['', 'xyz']);
    await vi.waitFor(() => expect(Math.min(timesTold('BTC'), timesTold('xyz:TSLA'))).toBeGreaterThanOrEqual(2), PATIENCE);
  });
});
