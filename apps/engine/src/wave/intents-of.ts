import { EPISODE, type InstrumentSheet, type WavePlan } from '@lockstep/replication';
import type { EngineContext } from '../context';
import { type Intent, intentOf } from '../state/intent';
import type { CopyRecord } from '../state/registry';
import type { PlannedWave } from './planned-wave';

/** A copy's intent after a wave. */
export interface KeptIntent {
  readonly copy: CopyRecord;
  readonly intent: Intent;
}

/** Intents that differ from what is written or on its way there, of all copies the wave decided for. Call it while the instrument's lane is held, after the outcomes. */
export function intentsOf(ctx: EngineContext, wave: PlannedWave): KeptIntent[] {
  const { decisions, coin } = wave.plan;
  const { book } = wave.watched;
  const changed: KeptIntent[] = [];
  for (let index = 0; index < decisions.count; index += 1) {
    const copyNo = decisions.copyNo[index] ?? 0;
    const row = decisions.row[index] ?? 0;
    const copy = ctx.registry.copies.get(copyNo);
    if (copy === undefined || book.copies.copyNo[row] !== copyNo) continue;
    const intent = intentOf(wave.sheet, row);
    if (differs(intent, ctx.booked.newestIntent(copyNo, coin))) changed.push({ copy, intent });
  }
  return changed;
}

/** Copies of whose remnants a plan found that they cannot close alone, which is not written down yet: it is, whatever else the plan does (product §2.5). */
export function newRemnants(ctx: Pick<EngineContext, 'booked'>, { decisions, coin }: WavePlan, sheet: InstrumentSheet): readonly number[] {
  const found: number[] = [];
  for (let index = 0; index < decisions.count; index += 1) {
    const copyNo = decisions.copyNo[index] ?? 0;
    const isDust = ((sheet.rows.episode[decisions.row[index] ?? 0] ?? 0) & EPISODE.dustPending) !== 0;
    if (isDust && (ctx.booked.newestIntent(copyNo, coin).episodeBits & EPISODE.dustPending) === 0) found.push(copyNo);
  }
  return found;
}

/** The number of a wave that changed nothing else is not worth a write. */
export const differs = (a: Intent, b: Intent): boolean =>
  a.targetMicro !== b.targetMicro ||
  a.rho !== b.rho ||
  a.forfeitedMicro !== b.forfeitedMicro ||
  a.adds !== b.adds ||
  a.episodeBits !== b.episodeBits ||
  a.owedPrice !== b.owedPrice ||
  a.owedUntilMs !== b.owedUntilMs ||
  a.attempt !== b.attempt ||
  a.aheadBuy !== b.aheadBuy ||
  a.aheadSell !== b.aheadSell;
