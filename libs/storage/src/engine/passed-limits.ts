import type { PassedLimitRow } from '../rows/passed-limits';
import type { NewRow } from '../rows/scoped';
import * as tables from '../tables';
import { insertMany } from '../unit/bulk';
import type { ScopedSql } from '../unit/sql';

/** Which limit is passed. */
export type PassedLimitKey = Pick<PassedLimitRow, 'subjectId' | 'limitName' | 'underlying'>;

type Field = Exclude<keyof PassedLimitRow, 'tenantId' | 'environment'>;
const isOwnField = (field: keyof PassedLimitRow): field is Field => field !== 'tenantId' && field !== 'environment';
const FIELDS: readonly Field[] = tables.passedLimits.fields.filter(isOwnField);

/** Every limit of the scope that is told as passed and not as met again, oldest first. */
export async function passedLimits(unit: ScopedSql): Promise<readonly PassedLimitRow[]> {
  const rows = await unit.query(
    `select ${tables.passedLimits.selectList()} from passed_limits where tenant_id = $1 and environment = $2
     order by passed_at, subject_id, limit_name, underlying`,
    unit.scopeParameters,
  );
  return rows.map((row) => tables.passedLimits.parse(row));
}

/** Notes that a limit is told as passed; false, and nothing is changed, where it is already. */
export async function addPassedLimit(unit: ScopedSql, row: NewRow<PassedLimitRow>): Promise<boolean> {
  const written = await insertMany(unit, tables.passedLimits, [row], FIELDS, {
    onConflict: { key: ['tenantId', 'environment', 'subjectId', 'limitName', 'underlying'] },
    returning: ['subjectId'],
  });
  return written.length > 0;
}

/** Notes that a limit is told as met again; false where it is not told as passed. */
export async function dropPassedLimit(unit: ScopedSql, { subjectId, limitName, underlying }: PassedLimitKey): Promise<boolean> {
  const dropped = await unit.query(
    `delete from passed_limits where tenant_id = $1 and environment = $2 and subject_id = $3 and limit_name = $4 and underlying = $5 returning subject_id`,
    [...unit.scopeParameters, subjectId, limitName, underlying],
  );
  return dropped.length > 0;
}
