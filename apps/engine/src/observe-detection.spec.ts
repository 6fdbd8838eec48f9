import { price, size } from '@lockstep/kernel';
import { createMetrics } from '@lockstep/platform';
import { resyncMove } from '@lockstep/replication';
import { describe, expect, it } from 'vitest';
import { detectionsOf, observeDetection } from './observe-detection';
import type { RecordedMove } from './wave/recorded-move';

const FILL_AT = 1_000;

function moved({
  synced = true,
  source = 'fills',
  receivedAt = FILL_AT + 40,
}: {
  synced?: boolean;
  source?: 'fills' | 'resync';
  receivedAt?: number;
}) {
  const move = { ...resyncMove('BTC', size(0n), size(1n), price(1n), FILL_AT), source };
  return { watched: { synced, network: { venueName: 'hyperliquid', name: 'sim' } }, move, receivedAt } as unknown as RecordedMove;
}

describe('the detection of a leader’s move', () => {
  it.each<[string, Parameters<typeof moved>[0], readonly number[]]>([
    ['is the time from the fill to its frame', {}, [40]],
    ['is never negative where the venue’s clock is ahead', { receivedAt: FILL_AT - 5 }, [0]],
    ['is none where he is read back after a gap', { synced: false, receivedAt: FILL_AT + 3_600_000 }, []],
    ['is none where his state shows what fills did not', { source: 'resync' }, []],
  ])('%s', (_name, given, expected) => {
    expect(detectionsOf([moved(given)]).map(({ latencyMs }) => latencyMs)).toEqual(expected);
  });

  it('is told by network, and of all tenants’ own worlds together', async () => {
    const metrics = createMetrics('engine', false);
    const told = [
      { venue: 'hyperliquid', network: 'mainnet', latencyMs: 30 },
      { venue: 'hyperliquid', network: 'w1', latencyMs: 7 },
      { venue: 'hyperliquid', network: 'w2', latencyMs: 8 },
      { venue: 'perps_studio', network: 'testnet', latencyMs: 900 },
    ];
    for (const detection of told) observeDetection(metrics, detection);
    const sums = (await metrics.render()).split('\n').filter((line) => line.startsWith('lockstep_detection_ms_sum'));
    const inWords = sums.map((line) => `${/venue="(\w+)"/.exec(line)?.[1]} ${/network="(\w+)"/.exec(line)?.[1]} ${line.split(' ').at(-1)}`);
    expect(inWords.sort()).toEqual(['hyperliquid mainnet 30', 'hyperliquid world 15', 'perps_studio testnet 900']);
  });
});
