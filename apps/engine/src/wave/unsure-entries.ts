import { reasonNumber } from '@lockstep/replication';
import type { EngineContext } from '../context';
import { freshStops, isFresh } from '../unheard-stops';
import type { PlannedWave } from './planned-wave';
import type { SendState } from './send-state';

const NOT_SENT = reasonNumber('withheld');

/**
 * Keeps back entries of a wave that is about to leave where it is not known what stops their tenants now: its commit took long, or the wave before it, and what was
 * read then could not be read again. They are planned anew; exits leave. `stopsAsOf` is brought up to date for the waves behind it.
 */
export async function keepUnsure(ctx: EngineContext, { plan }: PlannedWave, state: SendState, stopsAsOf: Map<number, number>): Promise<void> {
  const { orders, decisions } = plan;
  const scopeOf = (row: number): number => decisions.scope[orders.decision[row] ?? 0] ?? 0;
  const isUnsure = (scope: number): boolean => !isFresh(ctx, stopsAsOf.get(scope) ?? Number.NEGATIVE_INFINITY);
  const unsure = new Set<number>();
  for (let row = 0; row < orders.count; row += 1) if (orders.exit[row] !== 1 && isUnsure(scopeOf(row))) unsure.add(scopeOf(row));
  if (unsure.size === 0) return;
  await Promise.all([...unsure].map((scope) => readAgain(ctx, scope, stopsAsOf)));
  for (let row = 0; row < orders.count; row += 1) if (orders.exit[row] !== 1 && isUnsure(scopeOf(row))) state.withhold(row, NOT_SENT);
}

async function readAgain(ctx: EngineContext, index: number, stopsAsOf: Map<number, number>): Promise<void> {
  const { scope } = ctx.registry.groupAt(index);
  stopsAsOf.set(index, await freshStops(ctx, scope, stopsAsOf.get(index) ?? Number.NEGATIVE_INFINITY));
}
