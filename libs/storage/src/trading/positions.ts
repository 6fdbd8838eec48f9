import type { NewRow } from '../rows/scoped';
import type { CopyPositionRow, VenuePositionRow } from '../rows/trading';
import * as tables from '../tables';
import { insertMany } from '../unit/bulk';
import type { ScopedSql } from '../unit/sql';

const COPY_FIELDS = tables.copyPositions.fields.filter((field) => field !== 'tenantId' && field !== 'environment');
const VENUE_FIELDS = tables.venuePositions.fields.filter((field) => field !== 'tenantId' && field !== 'environment');

/** Virtual positions of copies and net positions of venue accounts: two tables, because several copies may share an account. */
export class Positions {
  constructor(private readonly unit: ScopedSql) {}

  /** Writes copies' positions as they stand now. One row per (copy, coin) in a batch. */
  async saveCopies(rows: readonly NewRow<CopyPositionRow>[]): Promise<void> {
    await insertMany(this.unit, tables.copyPositions, rows, COPY_FIELDS, {
      onConflict: {
        key: ['tenantId', 'environment', 'copyNo', 'coin'],
        update: COPY_FIELDS.filter((field) => field !== 'copyNo' && field !== 'coin'),
      },
    });
  }

  /** Writes accounts' net positions as the venue reported them. One row per (account, coin) in a batch. */
  async saveVenue(rows: readonly NewRow<VenuePositionRow>[]): Promise<void> {
    await insertMany(this.unit, tables.venuePositions, rows, VENUE_FIELDS, {
      onConflict: {
        key: ['tenantId', 'environment', 'venueAccountNo', 'coin'],
        update: VENUE_FIELDS.filter((field) => field !== 'venueAccountNo' && field !== 'coin'),
      },
    });
  }

  /** Positions of one copy, or of every copy of the scope: what an engine loads. */
  async ofCopies(copyNo: bigint | null = null): Promise<readonly CopyPositionRow[]> {
    const rows = await this.unit.query(
      `select ${tables.copyPositions.selectList()} from copy_positions
       where tenant_id = $1 and environment = $2 and ($3::bigint is null or copy_no = $3) order by copy_no, coin`,
      [...this.unit.scopeParameters, copyNo?.toString() ?? null],
    );
    return rows.map((row) => tables.copyPositions.parse(row));
  }

  async ofVenueAccounts(venueAccountNo: bigint | null = null): Promise<readonly VenuePositionRow[]> {
    const rows = await this.unit.query(
      `select ${tables.venuePositions.selectList()} from venue_positions
       where tenant_id = $1 and environment = $2 and ($3::bigint is null or venue_account_no = $3) order by venue_account_no, coin`,
      [...this.unit.scopeParameters, venueAccountNo?.toString() ?? null],
    );
    return rows.map((row) => tables.venuePositions.parse(row));
  }
}
