import type { CopyId, Id } from '@lockstep/kernel';
import type { NewRow } from '../rows/scoped';
import type { FillRow, OrderRow, OrderStatus } from '../rows/trading';
import * as tables from '../tables';
import { insertMany } from '../unit/bulk';
import { equals, type Page, type PageRequest, pageById } from '../unit/keyset';
import type { ScopedSql } from '../unit/sql';
import { INTERNAL_ORDER } from './record-ids';

export interface OrderFilter {
  readonly copyNo?: bigint;
  readonly leaderId?: string;
  readonly coin?: string;
  readonly status?: OrderStatus;
  readonly moveId?: bigint;
}

/** Fields an outcome may change; everything else of an order stands since the journal. When it was filled (mf) is told by its fills alone. */
const OUTCOME_FIELDS = ['status', 'filledSize', 'avgPrice', 'venueOrderId', 'rejectCode', 'reason', 'm3', 'm4', 'updatedAt'] as const;
const ORDER_FIELDS = scopeless<OrderRow>(tables.orders.fields);
const FILL_FIELDS = scopeless<FillRow>(tables.fills.fields);

/** Orders of a scope, derived from the journal behind the send. */
export class Orders {
  constructor(private readonly unit: ScopedSql) {}

  /** Writes orders with what became of them. An order written before takes only the outcome, so that repeating a batch changes nothing. */
  async save(rows: readonly NewRow<OrderRow>[]): Promise<void> {
    await insertMany(this.unit, tables.orders, rows, ORDER_FIELDS, {
      onConflict: { key: ['tenantId', 'environment', 'id', 'createdAt'], update: OUTCOME_FIELDS },
    });
  }

  /** One order of this scope; null for any other id. */
  async get(id: Id<'order'>): Promise<OrderRow | null> {
    const [row] = await this.select('and id = $3', [id]);
    return row ?? null;
  }

  /** Newest or oldest wave first; the cursor is the last order's id. */
  page(request: PageRequest<string>, filter: OrderFilter = {}): Promise<Page<OrderRow, string>> {
    const where = equals({
      copy_no: filter.copyNo?.toString(),
      leader_id: filter.leaderId,
      coin: filter.coin,
      status: filter.status,
      move_id: filter.moveId?.toString(),
    });
    return pageById(this.unit, tables.orders, 'id', request, where, (row) => row.id);
  }

  /** Orders whose end is not known: sent, unknown or resting. At most `limit`. */
  async unsettled(limit: number): Promise<readonly OrderRow[]> {
    return this.select(`and status in ('journaled', 'sent', 'unknown', 'resting') order by id limit $3`, [limit]);
  }

  private async select(tail: string, parameters: readonly unknown[]): Promise<readonly OrderRow[]> {
    const rows = await this.unit.query(`select ${tables.orders.selectList()} from orders where tenant_id = $1 and environment = $2 ${tail}`, [
      ...this.unit.scopeParameters,
      ...parameters,
    ]);
    return rows.map((row) => tables.orders.parse(row));
  }
}

export interface FillFilter {
  readonly copyNo?: bigint;
  readonly coin?: string;
  readonly orderId?: Id<'order'>;
}

/** Fills of a scope, unique by the venue's key. */
export class Fills {
  constructor(private readonly unit: ScopedSql) {}

  /** Writes fills and returns the ids that are new; a fill known before is left as it is and not returned, so its money is booked once. */
  async insert(rows: readonly NewRow<FillRow>[]): Promise<ReadonlySet<string>> {
    const written = await insertMany(this.unit, tables.fills, rows, FILL_FIELDS, {
      onConflict: { key: ['tenantId', 'environment', 'id', 'createdAt'] },
      returning: ['id'],
    });
    return new Set(written.map((row) => String(row.id)));
  }

  async get(id: Id<'fill'>): Promise<FillRow | null> {
    const [row] = await this.unit.query(`select ${tables.fills.selectList()} from fills where tenant_id = $1 and environment = $2 and id = $3`, [
      ...this.unit.scopeParameters,
      id,
    ]);
    return row === undefined ? null : tables.fills.parse(row);
  }

  /** Newest or oldest first; the cursor is the last fill's id, which begins with the venue's time. */
  page(request: PageRequest<string>, filter: FillFilter = {}): Promise<Page<FillRow, string>> {
    const where = equals({ copy_no: filter.copyNo?.toString(), coin: filter.coin, order_id: filter.orderId });
    return pageById(this.unit, tables.fills, 'id', request, where, (row) => row.id);
  }

  /** Venue time of the newest recorded fill of an account; null when none: where a catch-up read begins. */
  async lastVenueTime(venueAccountNo: bigint): Promise<number | null> {
    const [row] = await this.unit.query(
      'select max(created_at) as at from fills where tenant_id = $1 and environment = $2 and venue_account_no = $3 and venue_order_id <> $4',
      [...this.unit.scopeParameters, venueAccountNo.toString(), INTERNAL_ORDER],
    );
    return row?.at instanceof Date ? row.at.getTime() : null;
  }

  /** Number of fills of a copy, for progress and tests. */
  async count(copyId: CopyId): Promise<bigint> {
    const [row] = await this.unit.query('select count(*) as n from fills where tenant_id = $1 and environment = $2 and copy_id = $3', [
      ...this.unit.scopeParameters,
      copyId,
    ]);
    return BigInt(String(row?.n ?? 0));
  }
}

function scopeless<Row>(fields: readonly (keyof Row & string)[]): readonly Exclude<keyof Row & string, 'tenantId' | 'environment'>[] {
  return fields.filter((field): field is Exclude<keyof Row & string, 'tenantId' | 'environment'> => field !== 'tenantId' && field !== 'environment');
}
