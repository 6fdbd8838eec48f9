import type { ProposalRow, ProposalStatus } from '../rows/proposals';
import * as tables from '../tables';
import { equals, type Page, type PageRequest, pageByTime, type TimeCursor } from '../unit/keyset';
import { ScopedRows } from '../unit/rows';
import type { ScopedSql } from '../unit/sql';

/** Which proposals a list shows. */
export interface ProposalFilter {
  readonly copyId?: string;
  readonly status?: ProposalStatus;
}

/** Increases that wait for a follower's approval, and what became of them. The engine writes them; see `engine/proposals.ts`. */
export class Proposals extends ScopedRows<ProposalRow> {
  constructor(unit: ScopedSql) {
    super(unit, tables.proposals);
  }

  page(request: PageRequest<TimeCursor>, filter: ProposalFilter = {}): Promise<Page<ProposalRow, TimeCursor>> {
    return pageByTime(
      this.unit,
      this.table,
      { time: 'createdAt', id: 'id' },
      request,
      equals({ copy_id: filter.copyId, status: filter.status }),
      (row) => ({ at: row.createdAt, id: row.id }),
    );
  }
}
