import type { Environment, TenantId } from '@lockstep/kernel';

/** Whose a host is. It selects branding and documentation; no scope is ever made of it. */
export interface HostOwner {
  readonly tenantId: TenantId;
  /** Null: the host is for both. */
  readonly environment: Environment | null;
}

/** Whether a key may be used at a host: at its own brand's and its environment's, and wherever no brand is at home (null). */
export const mayUseAt = (key: { readonly tenantId: TenantId; readonly environment: Environment }, host: HostOwner | null): boolean =>
  host === null || (host.tenantId === key.tenantId && (host.environment === null || host.environment === key.environment));
