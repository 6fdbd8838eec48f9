import type { Environment } from '@lockstep/kernel';
import type { EgressAddress, HyperliquidSettings } from '@lockstep/venues/hyperliquid';

/** What a network of perps.studio is opened with beside its address. */
export interface PerpsStudioAccess {
  /** Gives the API key when a request is made. */
  readonly apiKey: () => string;
  readonly requestsPerMinute: number;
  /** The Hyperliquid network whose public side shows leaders and accounts; null: they are polled with the key. */
  readonly watchThrough: NetworkAddress | null;
}

/** A network as the list of networks names it. */
export interface NetworkAddress {
  readonly venue: string;
  readonly network: string;
  readonly environment: Environment;
  readonly url: string;
  /** A tenant's own world: there may be many, each little used. */
  readonly owned?: boolean;
  /** Only for networks of perps.studio. */
  readonly perpsStudio?: PerpsStudioAccess;
}

/** How signatures and connections are made; the rest are the adapter's own bounds. */
export interface VenueTuning {
  /** Chain of networks that are not simulated. */
  readonly liveChain: 'mainnet' | 'testnet';
  readonly workers: number;
  /** Settings of simulated networks alone. */
  readonly simulated: Partial<HyperliquidSettings>;
  /** Orders released to a signing worker at a time; null: the adapter's own. */
  readonly chunk: number | null;
  /** An action without an answer for so long is unknown, in ms. */
  readonly answerTimeoutMs: number;
  /** Signatures a signing thread prepares while it is idle. */
  readonly presignaturesPerWorker: number;
  /** Where requests of networks that are not simulated leave from, and the limits that are kept to there; null: none are. */
  readonly egress: readonly EgressAddress[];
  readonly rateLimits: HyperliquidSettings['rateLimits'];
}
