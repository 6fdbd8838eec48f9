import { type EpochMs, err, type Id, ok, type Result } from '@lockstep/kernel';
import { checkPeriod, NOTHING_SETTLED, type PeriodError, type SettlementMark } from '@lockstep/ledger';
import type { SettlementRow } from '../rows/money';
import type { ScopedUnit } from '../scoped-unit';
import * as tables from '../tables';
import { type ClosePeriodPayload, periodKey } from './job-kinds';

/** Why a period was not marked for closing. `earlier_period_open`: try again when it is closed. */
export type MarkPeriodError = PeriodError | 'earlier_period_open' | 'id_in_use';

/**
 * Fixes what a settlement covers: the ledger's last transaction at this moment, once and for ever. Asked again for the same period it
 * answers with the row that stands. Two callers wait for each other, so periods neither overlap nor leave a gap.
 */
export async function markPeriod(unit: ScopedUnit, wanted: ClosePeriodPayload): Promise<Result<SettlementRow, MarkPeriodError>> {
  await unit.query(`select pg_advisory_xact_lock(hashtextextended($1 || '|' || $2 || '|settlement', 0))`, [...unit.scopeParameters]);
  const period = periodKey(wanted.periodStartMs, wanted.periodEndMs);
  const standing = await unit.settlements.findOne({ period });
  if (standing !== null) return ok(standing);
  const last = await lastSettlement(unit, null);
  const checked = checkPeriod(
    wanted.periodStartMs,
    wanted.periodEndMs,
    last === null ? NOTHING_SETTLED : markOf(last),
    await unit.sandboxes.businessNow(),
  );
  if (!checked.ok) return checked;
  if (last !== null && last.status !== 'closed') return err('earlier_period_open');
  if ((await unit.settlements.findOne({ id: wanted.settlementId })) !== null) return err('id_in_use');
  await openRows(unit, wanted, period);
  const opened = await unit.settlements.findOne({ period });
  return opened === null ? err('id_in_use') : ok(opened);
}

/** The newest settlement of the scope, or the newest that ends before a time. */
export async function lastSettlement(unit: ScopedUnit, endingBefore: EpochMs | null): Promise<SettlementRow | null> {
  const [found] = await unit.query(
    `select ${tables.settlements.selectList()} from settlements
     where tenant_id = $1 and environment = $2 and ($3::timestamptz is null or period_end < $3) order by period_end desc limit 1`,
    [...unit.scopeParameters, endingBefore === null ? null : new Date(endingBefore)],
  );
  return found === undefined ? null : tables.settlements.parse(found);
}

/** The part of a settlement that decides what it covers. */
export const markOf = (settlement: SettlementRow): SettlementMark => ({ endMs: settlement.periodEnd, asOfSequence: settlement.throughSeq ?? 0n });

/** What is known once the file is written. */
export interface RenderedSettlement {
  readonly manifest: unknown;
  readonly manifestHash: Buffer;
  readonly previousManifestHash: Buffer | null;
}

/** Keeps the manifest beside the settlement; it is still `closing`. */
export async function keepManifest(unit: ScopedUnit, id: Id<'settlement'>, rendered: RenderedSettlement): Promise<void> {
  const { manifest, manifestHash, previousManifestHash } = rendered;
  await unit.settlements.update({ id, status: 'closing' }, { manifest, manifestHash, prevManifestHash: previousManifestHash });
}

/** Closes a rendered settlement; false when it was closed before. */
export async function closeSettlement(unit: ScopedUnit, id: Id<'settlement'>): Promise<boolean> {
  return (await unit.settlements.update({ id, status: 'closing' }, { status: 'closed', closedAt: unit.now })) === 1;
}

async function openRows(unit: ScopedUnit, wanted: ClosePeriodPayload, period: string): Promise<void> {
  const { seq } = await unit.ledger.head();
  await unit.exports.begin({ id: wanted.exportId, kind: 'settlement', params: { settlementId: wanted.settlementId } }, 'running');
  await unit.settlements.insert({
    id: wanted.settlementId,
    period,
    periodStart: wanted.periodStartMs,
    periodEnd: wanted.periodEndMs,
    status: 'closing',
    throughSeq: seq,
    exportId: wanted.exportId,
    manifest: null,
    manifestHash: null,
    prevManifestHash: null,
    createdAt: unit.now,
    closedAt: null,
  });
}
