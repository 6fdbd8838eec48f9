import type { ProposalRow } from '../rows/proposals';
import type { NewRow } from '../rows/scoped';
import * as tables from '../tables';
import { insertMany } from '../unit/bulk';
import type { ScopedSql } from '../unit/sql';

type Field = Exclude<keyof ProposalRow, 'tenantId' | 'environment'>;
const isOwnField = (field: keyof ProposalRow): field is Field => field !== 'tenantId' && field !== 'environment';
const FIELDS: readonly Field[] = tables.proposals.fields.filter(isOwnField);
/** What changes of a proposal once it is made. */
const CHANGING = [
  'askedMicro',
  'leftMicro',
  'approvedMicro',
  'askedSize',
  'leftSize',
  'approvedSize',
  'price',
  'status',
  'lastCommandNo',
  'endsAt',
  'updatedAt',
] as const;

/** Writes proposals as they stand. Each may be named once; those that are over go first, for of a copy and instrument one may be open. */
export async function saveProposals(unit: ScopedSql, rows: readonly NewRow<ProposalRow>[]): Promise<void> {
  const onConflict = { key: ['tenantId', 'environment', 'id'], update: CHANGING } as const;
  for (const open of [false, true]) {
    const part = rows.filter(({ status }) => (status === 'open') === open);
    await insertMany(unit, tables.proposals, part, FIELDS, { onConflict });
  }
}

/** Every proposal of the scope that may still be approved, oldest first. */
export async function openProposals(unit: ScopedSql): Promise<readonly ProposalRow[]> {
  const rows = await unit.query(
    `select ${tables.proposals.selectList()} from proposals where tenant_id = $1 and environment = $2 and status = 'open' order by created_at, id`,
    unit.scopeParameters,
  );
  return rows.map((row) => tables.proposals.parse(row));
}

/** One proposal; null: there is none of that name. */
export async function proposalById(unit: ScopedSql, id: string): Promise<ProposalRow | null> {
  const [row] = await unit.query(`select ${tables.proposals.selectList()} from proposals where tenant_id = $1 and environment = $2 and id = $3`, [
    ...unit.scopeParameters,
    id,
  ]);
  return row === undefined ? null : tables.proposals.parse(row);
}
