import {
  type AskTerms,
  askedAfter,
  type InstrumentSheet,
  type IntentTerms,
  NO_LIMIT,
  reasonNumber,
  STATUS,
  type WaveRow,
} from '@lockstep/replication';
import type { EngineContext } from '../context';
import type { CopyRecord } from '../state/registry';
import { type ProposalChange, takeAsked } from './proposal-changes';

const APPROVAL = reasonNumber('approval_needed');

/** What a move told beside its sizes. Price 10^-8. */
export interface MoveFacts {
  readonly incrementPrice: number;
  readonly newOrders: number;
}

/** A plan, or a row of the journal, with its copies. */
interface Decided extends WaveRow {
  readonly decisions: WaveRow['decisions'] & { readonly count: number; readonly copyNo: Float64Array };
}

/**
 * What followers are asked about after the decisions of a move, of copies that decided to wait for an approval or for which one was asked before. Call it in
 * the instrument's lane, when the columns hold what was decided.
 */
export function askFollowers(ctx: EngineContext, sheet: InstrumentSheet, plan: Decided, move: MoveFacts): readonly ProposalChange[] {
  const changes: ProposalChange[] = [];
  const { reason, count, copyNo } = plan.decisions;
  for (let index = 0; index < count; index += 1) {
    if (reason[index] !== APPROVAL && ctx.proposals.isEmpty) continue;
    const copy = ctx.registry.copies.get(copyNo[index] ?? 0);
    if (copy !== undefined) changes.push(...askFollower(ctx, copy, sheet, plan, { index, move, adds: sheet.rows.adds[copy.row] ?? 0 }));
  }
  return changes;
}

/** The same for the decision of one copy; `adds`: leader orders it copied in the episode. */
export function askFollower(
  ctx: EngineContext,
  copy: CopyRecord,
  sheet: InstrumentSheet,
  plan: WaveRow,
  { index, move, adds }: { readonly index: number; readonly move: MoveFacts; readonly adds: number },
): readonly ProposalChange[] {
  const before = ctx.proposals.get(copy.no, sheet.instrument.coin);
  if (before === null && plan.decisions.reason[index] !== APPROVAL) return [];
  const terms: AskTerms = { ...intentTermsOf(copy, sheet, move), closing: false, adds, approveWithinMs: copy.settings.approveWithinMs ?? 0 };
  return takeAsked(ctx, copy, sheet.instrument, askedAfter(before?.asked ?? null, plan, index, terms), plan.plannedAt);
}

/** How the copy's mode and choices turn the leader's change into its own. */
export function intentTermsOf(
  { settings, watched, row }: CopyRecord,
  { lotsPerUnit }: InstrumentSheet,
  { incrementPrice, newOrders }: MoveFacts,
): Omit<IntentTerms, 'closing'> {
  const { mode, direction, follow, catchUpMs } = settings;
  const byAmount = mode.kind !== 'fixed_amount' ? null : { amount: Number(mode.amount), maxAdds: mode.maxAdds ?? NO_LIMIT, newOrders, lotsPerUnit };
  const { copies } = watched.book;
  return {
    incrementPrice,
    catchUpMs,
    beganAt: copies.beganAt[row] ?? 0,
    windingDown: ((copies.status[row] ?? 0) & STATUS.windingDown) !== 0,
    direction: direction === 'inverse' ? -1 : 1,
    keeps: follow === 'increases_only',
    byAmount,
  };
}
