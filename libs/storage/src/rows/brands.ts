import type { Environment, EpochMs, TenantId } from '@lockstep/kernel';
import type { ScopedRow } from './scoped';

/** How a brand looks in one environment. */
export interface BrandingRow extends ScopedRow {
  /** As the gateway's schema has them. */
  readonly settings: unknown;
  readonly logoType: string | null;
  readonly logoSha256: Buffer | null;
  /** An API key's id, or `operator:` and an operator key's kid. */
  readonly actor: string;
  readonly updatedAt: EpochMs;
}

/** A host name that is a brand's: lower-case ASCII, without port or closing dot. It selects branding and documentation, never scope. */
export interface DomainRow {
  readonly host: string;
  readonly tenantId: TenantId;
  /** Null: it is for both. */
  readonly environment: Environment | null;
  readonly actor: string;
  readonly createdAt: EpochMs;
}
