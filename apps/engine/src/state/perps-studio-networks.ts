import type { Config } from '@lockstep/platform';
import type { NetworkAddress, PerpsStudioAccess } from './network-address';

type Settings = Pick<
  Config<'engine'>,
  'perpsStudioUrl' | 'perpsStudioKey' | 'simPerpsStudioKey' | 'perpsStudioPerMinute' | 'perpsStudioWatchThrough'
>;

/** The networks of perps.studio a deployment has keys for, each over the Hyperliquid network of its environment and under its name. */
export function perpsStudioNetworks(
  config: Settings,
  exchange: { readonly simulated: NetworkAddress; readonly live: NetworkAddress },
): readonly NetworkAddress[] {
  const offered = [
    { under: exchange.simulated, url: exchange.simulated.url, key: config.simPerpsStudioKey },
    { under: exchange.live, url: config.perpsStudioUrl, key: config.perpsStudioKey },
  ];
  return offered.flatMap(({ under, url, key }): NetworkAddress[] => {
    if (key === null) return [];
    const perpsStudio: PerpsStudioAccess = {
      apiKey: () => key.reveal(),
      requestsPerMinute: config.perpsStudioPerMinute,
      watchThrough: config.perpsStudioWatchThrough === 'hyperliquid' ? under : null,
    };
    return [{ venue: 'perps_studio', network: under.network, environment: under.environment, url, perpsStudio }];
  });
}
