import type { Environment, TenantId, TenantScope } from '@lockstep/kernel';
import type { VerifiedKey } from './verify-key';

/** The scope a verified key fixes: the gateway's only way to one. */
export const scopeFromVerifiedKey = (key: VerifiedKey): TenantScope => scope(key.tenantId, key.environment);

/** A scope from the platform's own list of tenants: for the engine, the back office and the operator, never from request input. */
export const scopeFromPlatformList = (tenantId: TenantId, environment: Environment): TenantScope => scope(tenantId, environment);

/** `tenant|environment`: a stable text for keys of caches, jobs and log lines. */
export const scopeKey = (of: TenantScope): string => `${of.tenantId}|${of.environment}`;

/** What objects carry as `livemode`. */
export const isLive = (of: TenantScope): boolean => of.environment === 'live';

const scope = (tenantId: TenantId, environment: Environment): TenantScope => Object.freeze({ tenantId, environment }) as TenantScope;
