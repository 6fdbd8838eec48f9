import type { CopyPositionRow, VenuePositionRow } from '../rows/trading';
import * as tables from '../tables';
import type { ScopedSql } from '../unit/sql';

/** Virtual positions of copies and net positions of venue accounts: two tables, because several copies may share an account. The engine's own writers stand in `engine/`. */
export class Positions {
  constructor(private readonly unit: ScopedSql) {}

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
