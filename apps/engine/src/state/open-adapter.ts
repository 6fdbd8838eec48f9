import { createHyperliquidFeed, createHyperliquidVenue, type HyperliquidSettings } from '@lockstep/venues/hyperliquid';
import { createPerpsStudioVenue } from '@lockstep/venues/perps-studio';
import type { Venue, VenueFeed } from '@lockstep/venues/port';
import type { EngineContext } from '../context';
import type { NetworkAddress, PerpsStudioAccess, VenueTuning } from './network-address';

const SIM_LIMITS = {
  maxInFlight: 20_000,
  markAskGapMs: 200,
  readConnections: 32,
  watchOpeningsPerMinute: 6_000,
  watchMessagesPerMinute: 120_000,
  detectionWeightPerMinute: 120_000,
  userSeatsMax: 1_000,
} as const;

/** A venue as a network opens it, and what is closed with it. */
export interface OpenedAdapter {
  readonly venue: Venue;
  close(): Promise<void>;
}

/** The adapter of a network, by its venue. Throws for a venue nobody knows, and for one whose access is not configured. */
export function openAdapter(ctx: EngineContext, tuning: VenueTuning, address: NetworkAddress): OpenedAdapter {
  switch (address.venue) {
    case 'hyperliquid': {
      const venue = createHyperliquidVenue(hyperliquidSettings(tuning, address), deps(ctx, address));
      return { venue, close: () => venue.close() };
    }
    case 'perps_studio':
      return openPerpsStudio(ctx, tuning, address);
    default:
      throw new Error(`no adapter for the venue ${address.venue}`);
  }
}

function openPerpsStudio(ctx: EngineContext, tuning: VenueTuning, address: NetworkAddress): OpenedAdapter {
  const access = accessOf(address);
  const under = access.watchThrough;
  const underlying: VenueFeed | null = under === null ? null : createHyperliquidFeed(hyperliquidSettings(tuning, under), deps(ctx, address));
  const venue = createPerpsStudioVenue(
    {
      url: address.url,
      wsUrl: address.url.replace(/^http/, 'ws'),
      network: chainOf(tuning, address),
      requestsPerMinute: access.requestsPerMinute,
      answerTimeoutMs: tuning.answerTimeoutMs,
    },
    { ...deps(ctx, address), apiKey: access.apiKey, underlying },
  );
  const close = async (): Promise<void> => {
    await venue.close();
    await underlying?.close();
  };
  return { venue, close };
}

function accessOf({ perpsStudio, network }: NetworkAddress): PerpsStudioAccess {
  if (perpsStudio === undefined) throw new Error(`the perps.studio network ${network} has no API key: set LOCKSTEP_PERPS_STUDIO_KEY`);
  return perpsStudio;
}

const chainOf = ({ liveChain }: VenueTuning, { environment }: NetworkAddress): 'mainnet' | 'testnet' =>
  environment === 'test' ? 'mainnet' : liveChain;

function hyperliquidSettings(tuning: VenueTuning, address: NetworkAddress): HyperliquidSettings {
  return {
    url: address.url,
    wsUrl: `${address.url.replace(/^http/, 'ws')}/ws`,
    network: chainOf(tuning, address),
    ...signingOf(tuning, address),
    ...(tuning.chunk === null ? {} : { chunk: tuning.chunk }),
    answerTimeoutMs: tuning.answerTimeoutMs,
    // Working orders come as lists on the users' connection: each stream of order updates would hold one of the ten the venue admits.
    orderStreamsMax: 0,
    ...(address.environment === 'test' ? simulatedBounds(tuning) : liveBounds(tuning)),
  };
}

/** Each network has signing threads of its own; a tenant's own world sends few orders, and there may be a hundred of them. */
const OWNED_WORLD_PRESIGNATURES_MAX = 64;
const signingOf = ({ workers, presignaturesPerWorker }: VenueTuning, { owned }: NetworkAddress) =>
  owned === true
    ? { workers: 1, presignaturesPerWorker: Math.min(presignaturesPerWorker, OWNED_WORLD_PRESIGNATURES_MAX) }
    : { workers, presignaturesPerWorker };

/** A simulated network takes all, unless it was told to be as strict as the venue: then its bounds are the venue's, seats included. */
export const simulatedBounds = ({ simulated }: Pick<VenueTuning, 'simulated'>): Partial<HyperliquidSettings> =>
  simulated.rateLimits === undefined ? { ...SIM_LIMITS, ...simulated } : simulated;

const liveBounds = ({ egress, rateLimits }: VenueTuning): Partial<HyperliquidSettings> => ({
  rateLimits: rateLimits ?? null,
  ...(egress.length > 0 && { egress }),
});

const deps = (ctx: EngineContext, address: NetworkAddress) => ({
  clock: ctx.clock,
  random: ctx.random,
  log: ({ level, event, fields }: { level: 'info' | 'warn' | 'error'; event: string; fields: Readonly<Record<string, string | number | boolean>> }) =>
    ctx.log[level](event, { network: address.network, ...fields }),
  // Exits of its accounts could not leave either: the next process loads the keys anew and settles what is open.
  onKeysLost: () => ctx.broken('a signing worker died'),
});
