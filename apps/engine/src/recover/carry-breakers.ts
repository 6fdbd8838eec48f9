import type { EpochMs } from '@lockstep/kernel';
import { nextCopyState } from '@lockstep/roster';
import type { EngineScopedUnit } from '@lockstep/storage';
import type { Breakers } from '../breakers';
import type { EngineContext } from '../context';
import { copyStateOf } from '../state/load-scope';
import type { CopyRecord } from '../state/registry';
import type { OpenJournal } from './open-journals';

/** The newest exit of a breaker in a copy's journal rows: the loss limit that was met, and when it was written down. */
interface FoundBreaker {
  readonly limit: number;
  readonly at: EpochMs;
}

/**
 * Breaks copies of which an earlier process wrote down exits of a breaker and not that they are broken: the exits need not wait for that, so it may have died in
 * between. What it met may be met no more, because the market came back or a new day began. Call it before any intent is restored and anything is planned: entries
 * are halted before it returns.
 */
export async function carryBreakers(ctx: EngineContext, breakers: Pick<Breakers, 'carryOn'>, journals: readonly OpenJournal[]): Promise<void> {
  const found = unwrittenIn(ctx, journals);
  for (const scope of new Set([...found.keys()].map(({ group }) => group.scope))) {
    const mine = [...found].filter(([{ group }]) => group.scope === scope);
    const enabled = await ctx.storage.scoped(scope, (unit) => enabledSince(unit, mine), { readOnly: true });
    for (const [copy, { limit }] of mine) if (!enabled.has(copy)) breakers.carryOn(copy, limit);
  }
}

function unwrittenIn(ctx: EngineContext, journals: readonly OpenJournal[]): ReadonlyMap<CopyRecord, FoundBreaker> {
  const found = new Map<CopyRecord, FoundBreaker>();
  for (const { row, packed } of journals) {
    const { count, breaker, copyNo } = packed.orders;
    for (let order = 0; order < count; order += 1) {
      const met = breaker[order] ?? 0;
      const copy = met === 0 ? undefined : ctx.registry.copies.get(copyNo[order] ?? 0);
      const state = copy === undefined ? null : copyStateOf(copy.state);
      if (copy !== undefined && state !== null && nextCopyState(state, 'break') !== null) found.set(copy, { limit: met - 1, at: row.createdAt });
    }
  }
  return found;
}

/** A row may stay open for long, because of an order of another copy: a copy that was enabled again behind it is not broken by it once more, whatever is still to be done of that wish. */
async function enabledSince(unit: EngineScopedUnit, found: readonly (readonly [CopyRecord, FoundBreaker])[]): Promise<ReadonlySet<CopyRecord>> {
  const enabled = new Set<CopyRecord>();
  for (const [copy, { at }] of found) if (await unit.commands.begunSince('copy.re_enable', copy.id, at)) enabled.add(copy);
  return enabled;
}
