import type { WavePlan } from '@lockstep/replication';
import type { Network } from '../state/networks';
import { NO_WAY_OUT, type WayOut } from './planned-wave';

/** An end that is never reached is written as the last moment a date can name. */
const NEVER_MS = 8_640_000_000_000_000;

/**
 * Numbers the egress address of each order of a plan, forecasts when the last one is answered, and announces them, so that waves planned before these leave are
 * forecast behind them.
 */
export function wayOut(network: Network, { orders }: WavePlan): WayOut {
  const { egress } = network.venue;
  if (egress === undefined || orders.count === 0) return NO_WAY_OUT;
  for (let row = 0; row < orders.count; row += 1) orders.egress[row] = egress.numberOf(orders.signer[row] ?? 0);
  const { endsAt } = egress.forecast(orders);
  return { forecastEnd: Math.min(endsAt, NEVER_MS), done: egress.announce(orders) };
}
