import type { Branded } from './brand';
import type { TenantId } from './ids';

/** `live` trades at real venues; `test` only at the simulated venue. Fixed by the API key. */
export type Environment = 'live' | 'test';
export const ENVIRONMENTS: readonly Environment[] = ['live', 'test'];

/** Whose data: first argument of every storage call. Only `@lockstep/tenancy` makes one. */
export type TenantScope = Branded<{ readonly tenantId: TenantId; readonly environment: Environment }, 'TenantScope'>;
