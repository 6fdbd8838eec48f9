import { Secret } from '@lockstep/platform';
import { describe, expect, it } from 'vitest';
import type { NetworkAddress } from './network-address';
import { perpsStudioNetworks } from './perps-studio-networks';

const simulated: NetworkAddress = { venue: 'hyperliquid', network: 'sim', environment: 'test', url: 'http://sim:1' };
const live: NetworkAddress = { venue: 'hyperliquid', network: 'mainnet', environment: 'live', url: 'https://exchange' };
const settings = {
  perpsStudioUrl: 'https://api',
  perpsStudioKey: null,
  simPerpsStudioKey: null,
  perpsStudioPerMinute: 100,
  perpsStudioWatchThrough: 'hyperliquid',
} as const;

describe('networks of perps.studio', () => {
  it('are offered where there is a key, under the name of the network they stand on', () => {
    expect(perpsStudioNetworks(settings, { simulated, live })).toEqual([]);
    const both = perpsStudioNetworks(
      { ...settings, perpsStudioKey: new Secret('ps_live_secret'), simPerpsStudioKey: new Secret('ps_live_simulated') },
      { simulated, live },
    );
    expect(both.map(({ venue, network, environment, url }) => `${venue} ${network} ${environment} ${url}`)).toEqual([
      'perps_studio sim test http://sim:1',
      'perps_studio mainnet live https://api',
    ]);
    expect(both.map(({ perpsStudio }) => [perpsStudio?.apiKey(), perpsStudio?.watchThrough])).toEqual([
      ['ps_live_simulated', simulated],
      ['ps_live_secret', live],
    ]);
  });

  it('may be watched with the key alone, and never print it', () => {
    const [network] = perpsStudioNetworks(
      { ...settings, perpsStudioKey: new Secret('ps_live_secret'), perpsStudioWatchThrough: 'none' },
      { simulated, live },
    );
    expect(network?.perpsStudio?.watchThrough).toBeNull();
    expect(JSON.stringify(network)).not.toContain('secret');
  });
});
