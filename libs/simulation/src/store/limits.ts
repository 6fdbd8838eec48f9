import type { EpochMs } from '@lockstep/kernel';
import type { PlatformLimitsRow, SetLimits } from '@lockstep/storage';
import { asJson, type Table } from './table';
import type { Undo } from './transaction';

/** A target's row before any limits were set for it. */
export const noLimits = (targetId: string, now: EpochMs): PlatformLimitsRow => ({ targetId, version: 1, limits: {}, actor: '', updatedAt: now });

/** Limits that stand for a target; where there is none, `fresh` is written in their place. */
export function holdLimits<Row extends PlatformLimitsRow>(table: Table<Row>, undo: Undo, fresh: Row): unknown {
  if (!table.has(fresh.targetId)) table.insert(undo, fresh.targetId, fresh);
  return asJson(table.get(fresh.targetId)?.limits);
}

/** Puts limits in force for a target that has a row; of another nothing is written. */
export function putLimits<Row extends PlatformLimitsRow>(table: Table<Row>, undo: Undo, targetId: string, set: SetLimits, now: EpochMs): void {
  const known = table.get(targetId);
  if (known === undefined) return;
  table.put(undo, targetId, { ...known, version: known.version + 1, limits: asJson(set.limits), actor: set.actor, updatedAt: now });
}
