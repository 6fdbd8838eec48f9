import { present } from '@lockstep/kernel';
import type { NewRow } from '../rows/scoped';
import type { StandingOrderRow } from '../rows/standing-orders';
import * as tables from '../tables';
import { insertMany } from '../unit/bulk';
import type { ScopedSql } from '../unit/sql';

type Field = Exclude<keyof StandingOrderRow, 'tenantId' | 'environment'>;
const isOwnField = (field: keyof StandingOrderRow): field is Field => field !== 'tenantId' && field !== 'environment';
const FIELDS: readonly Field[] = tables.standingOrders.fields.filter(isOwnField);
/** What changes of an order that stands. */
const CHANGING = ['endNonce', 'status', 'updatedAt'] as const;

/** Writes standing orders down; of one that is written already only where it stands. Each may be named once. */
export async function saveStandingOrders(unit: ScopedSql, rows: readonly NewRow<StandingOrderRow>[]): Promise<void> {
  await insertMany(unit, tables.standingOrders, rows, FIELDS, {
    onConflict: { key: ['tenantId', 'environment', 'clientOrderId'], update: CHANGING },
  });
}

/** Removes orders that ended and are accounted for. */
export async function dropStandingOrders(unit: ScopedSql, clientOrderIds: readonly string[]): Promise<void> {
  await unit.execute('delete from standing_orders where tenant_id = $1 and environment = $2 and client_order_id = any($3::text[])', [
    ...unit.scopeParameters,
    [...clientOrderIds],
  ]);
}

/** Every order of the scope that may stand, oldest first. */
export async function standingOrders(unit: ScopedSql): Promise<readonly StandingOrderRow[]> {
  const rows = await unit.query(
    `select ${tables.standingOrders.selectList()} from standing_orders where tenant_id = $1 and environment = $2 order by created_at, client_order_id`,
    unit.scopeParameters,
  );
  return rows.map((row) => tables.standingOrders.parse(row));
}

/** Highest nonce written with a standing order of the scope; 0 when none is. */
export async function highestStandingNonce(unit: ScopedSql): Promise<number> {
  const [row] = await unit.query(
    'select coalesce(max(greatest(nonce, end_nonce)), 0) as nonce from standing_orders where tenant_id = $1 and environment = $2',
    unit.scopeParameters,
  );
  return Number(present(row, 'highest nonce').nonce);
}
