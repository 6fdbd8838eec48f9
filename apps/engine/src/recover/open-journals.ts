import type { TenantScope } from '@lockstep/kernel';
import { decodeJournal, type InstrumentSheet, type JournalRow as Packed } from '@lockstep/replication';
import type { JournalRow } from '@lockstep/storage';
import type { EngineContext } from '../context';
import type { CopyRecord } from '../state/registry';

/** A journal row that an earlier process left behind. */
export interface OpenJournal {
  readonly row: JournalRow;
  readonly packed: Packed;
}

/**
 * Reads journal rows in the order they were written, which is the order of decisions in each instrument. Wave numbers are not: a repair that took
 * its number after a move may have been decided before it. A row that cannot be read stops the engine, because its orders may be live.
 */
export function readJournals(rows: readonly JournalRow[]): OpenJournal[] {
  return [...rows].sort(byDecision).map((row) => {
    const packed = decodeJournal(new Uint8Array(row.packed));
    if (!packed.ok) throw new Error(`journal row of wave ${row.moveId} cannot be read: ${packed.error}`);
    return { row, packed: packed.value };
  });
}

const byDecision = (a: JournalRow, b: JournalRow): number => a.createdAt - b.createdAt || Number(a.moveId - b.moveId) || a.part - b.part;

/** Where a journaled copy lives in memory; null when neither copy nor instrument is known any more. */
export function placeOf(ctx: EngineContext, copyNo: number, coin: string): { readonly copy: CopyRecord; readonly sheet: InstrumentSheet } | null {
  const copy = ctx.registry.copies.get(copyNo);
  const view = copy?.watched.network.markets.get(coin);
  if (copy === undefined || view === undefined) return null;
  return { copy, sheet: copy.watched.book.sheet(view.instrument) };
}

/** The scope of a row on the platform's list. */
export const scopeOf = (ctx: EngineContext, row: JournalRow): TenantScope | null =>
  ctx.scopes().find((scope) => scope.tenantId === row.tenantId && scope.environment === row.environment) ?? null;
