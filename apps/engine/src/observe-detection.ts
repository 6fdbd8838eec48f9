import type { LabelsOf, Metrics } from '@lockstep/platform';
import type { RecordedMove } from './wave/recorded-move';

/** A leader's move as it was seen when it happened. */
export interface Detection {
  readonly venue: string;
  readonly network: string;
  /** From the leader's first fill, by the venue's clock, to the frame that told it, by ours. */
  readonly latencyMs: number;
}

/** Names of networks that are no tenant's own. */
const NETWORKS: ReadonlySet<string> = new Set(['sim', 'mainnet', 'testnet']);

/**
 * Moves that were seen as they happened. What was read back after a gap tells how long nobody looked, and what a state shows has no fill: neither is a detection.
 * `moves` are of one watched account, as they were recorded.
 */
export function detectionsOf(moves: readonly RecordedMove[]): readonly Detection[] {
  return moves
    .filter(({ watched, move }) => watched.synced && move.source === 'fills')
    .map(({ watched: { network }, move, receivedAt }) => ({
      venue: network.venueName,
      network: network.name,
      latencyMs: Math.max(0, receivedAt - move.firstFillAt),
    }));
}

/** A detection in the process's metrics. All tenants' own worlds are one series: their names are no closed list. */
export function observeDetection(metrics: Metrics, { venue, network, latencyMs }: Detection): void {
  const own: LabelsOf<'lockstep_detection_ms'>['network'] = isNamed(network) ? network : 'world';
  metrics.observe('lockstep_detection_ms', { venue: venue === 'perps_studio' ? 'perps_studio' : 'hyperliquid', network: own }, latencyMs);
}

const isNamed = (network: string): network is 'sim' | 'mainnet' | 'testnet' => NETWORKS.has(network);
