import type { Environment } from '@lockstep/kernel';
import type { ScopedUnit } from '@lockstep/storage';
import { z } from 'zod';
import { type Refusal, refusal } from '../http/problem-exception';

/** Venues whose orders can carry a builder fee. */
const BUILDER_VENUES: ReadonlySet<string> = new Set(['hyperliquid']);
export const takesBuilderFee = (venue: string): boolean => BUILDER_VENUES.has(venue);

export const venueField = z.enum(['hyperliquid', 'perps_studio']).default('hyperliquid');
export const networkField = z
  .string()
  .regex(/^[a-z0-9_-]{1,40}$/)
  .describe('A network of the venue, e.g. `sim` in the test environment.');

/** Whether a scope may trade on a network: test keys on simulated ones only, live keys on real ones only. */
export async function networkRefusal(unit: ScopedUnit, environment: Environment, venue: string, network: string): Promise<Refusal | null> {
  const row = await unit.markets.networks.findOne({ venue, network });
  if (row === null) return refusal('business_rule', 'This network is not offered; the engine lists its networks when it starts.');
  if (row.environment !== environment) return refusal('business_rule', `This network belongs to the ${row.environment} environment.`);
  return null;
}
