import { min, sign } from '@lockstep/kernel';
import type { CopyTrack } from './copies';
import type { Holding } from './holding';
import type { LeaderMove } from './leaders';
import type { AuditState } from './state';

/** From when on the leader's prices are those of increments not copied yet, as a move of his comes. */
export function noteReference(state: AuditState, copy: CopyTrack, move: LeaderMove): void {
  const holding = copy.holding(move.coin);
  const lot = state.instruments.get(move.coin)?.lot ?? 0n;
  // What is on its way may come back without a fill, and is tried again at its own reference.
  const owed = holding.target.high - copied(holding, move.at);
  if (owed < lot || owed <= 0n) {
    const from = keptBackFrom(state, copy, holding, move);
    holding.reference.from = from;
    holding.reference.owedFrom = from;
  }
  holding.reference.owedBefore = owed > 0n ? owed : 0n;
}

/**
 * From when on increments may be owed that came while nothing might be entered: one that was decided on before a halt was known, or after it ended, is owed
 * until its own window ends, and its order goes at its price once new risk may be taken again.
 */
function keptBackFrom(state: AuditState, copy: CopyTrack, holding: Holding, move: LeaderMove): number {
  const { maxAgeMs, catchUpMs } = copy.terms.settings;
  const oldest = move.at - maxAgeMs - catchUpMs - state.options.owedSlackMs;
  const goesOn = sign(move.before) === sign(move.after);
  return goesOn && holding.target.blockedSince(oldest) > 0n ? Math.max(holding.reference.from, oldest) : move.at;
}

/** What a copy has of its target: what an exit has still to take off stands for none of the increments that came since. */
function copied(holding: Holding, at: number): bigint {
  const { target } = holding;
  const signed = holding.real.position * (target.side > 0n ? 1n : -1n);
  const held = signed > 0n ? signed : 0n;
  const before = holding.exitLeaves;
  if (before !== null && (held <= before.size || holding.filledWholeAt > before.at)) holding.exitLeaves = null;
  const { exitLeaves } = holding;
  if (held > target.high && (exitLeaves === null || target.high < exitLeaves.size)) holding.exitLeaves = { size: target.high, at };
  return holding.exitLeaves === null ? held : min(held, holding.exitLeaves.size);
}
