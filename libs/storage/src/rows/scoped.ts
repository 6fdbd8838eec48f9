import type { Environment, TenantId } from '@lockstep/kernel';

/** Columns every tenant row begins with. Repositories fill them from the unit's scope; callers never pass them. */
export interface ScopedRow {
  readonly tenantId: TenantId;
  readonly environment: Environment;
}

/** A tenant row as a caller hands it in: without scope and without what the database gives. */
export type NewRow<Row, Generated extends keyof Row = never> = Omit<Row, keyof ScopedRow | Generated>;
