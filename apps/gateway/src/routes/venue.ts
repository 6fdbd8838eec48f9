import { err, ok, type Result } from '@lockstep/kernel';
import type { ScopedUnit } from '@lockstep/storage';
import { z } from 'zod';
import type { GatewayContext } from '../app/context';
import { type Refusal, refusal } from '../http/problem-exception';

/** Venues whose orders can carry a builder fee. */
const BUILDER_VENUES: ReadonlySet<string> = new Set(['hyperliquid']);
export const takesBuilderFee = (venue: string): boolean => BUILDER_VENUES.has(venue);

export const venueField = z.enum(['hyperliquid', 'perps_studio']).default('hyperliquid');
export const networkField = z
  .string()
  .regex(/^[a-z0-9_-]{1,40}$/)
  .describe('A network of the venue, e.g. `sim` in the test environment.');

/** What a tenant's own world is called by its tenant. Internal names hold a full stop, which `networkField` takes from nobody. */
const OWN_WORLD = 'sim';
const OWN_WORLD_VENUE = 'hyperliquid';
const STOP = '.';

/** The internal name of a tenant's own world as a network. */
export const ownNetwork = (sandboxId: string): string => `${OWN_WORLD}${STOP}${sandboxId}`;
/** A network as callers see it: their own world is `sim` to them. */
export const shownNetwork = (network: string): string => network.split(STOP)[0] ?? network;

const NOT_OFFERED = refusal('business_rule', 'This network is not offered; the engine lists its networks when it starts.');
const SANDBOX_FIRST = refusal('business_rule', 'Your sandbox is not open: POST /v1/sandbox, and wait until its status is `open`.');

/**
 * The network a caller means by a name, as it is called inside: its own world, where it has one; else one that nobody owns, of its environment. Test keys trade on
 * simulated networks only, live keys on real ones only, and nobody on another tenant's.
 */
export async function networkNamed(
  unit: ScopedUnit,
  { config }: Pick<GatewayContext, 'config'>,
  venue: string,
  network: string,
): Promise<Result<string, Refusal>> {
  const { environment } = unit.scope;
  if (environment === 'test' && venue === OWN_WORLD_VENUE && network === OWN_WORLD) {
    const sandbox = await unit.sandboxes.own();
    if (sandbox !== null) return sandbox.status === 'open' ? ok(sandbox.network) : err(SANDBOX_FIRST);
    if (config.sandboxWorlds === 'own') return err(SANDBOX_FIRST);
  }
  const row = await unit.markets.networks.findOne({ venue, network });
  if (row === null || row.ownerTenantId !== null) return err(NOT_OFFERED);
  if (row.environment !== environment) return err(refusal('business_rule', `This network belongs to the ${row.environment} environment.`));
  return ok(row.network);
}

/** The networks of a scope, by `venue|network` as they are called inside: its own world instead of the shared one, and nobody else's. */
export async function networksOf(unit: ScopedUnit): Promise<ReadonlySet<string>> {
  const { environment, tenantId } = unit.scope;
  const rows = await unit.markets.networks.find({ environment });
  const own = rows.find((row) => row.ownerTenantId === tenantId);
  const seen = rows.filter((row) => row === own || (row.ownerTenantId === null && !(own !== undefined && hides(row))));
  return new Set(seen.map(({ venue, network }) => `${venue}|${network}`));
}

const hides = ({ venue, network }: { readonly venue: string; readonly network: string }): boolean =>
  venue === OWN_WORLD_VENUE && network === OWN_WORLD;
