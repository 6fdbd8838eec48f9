import { max, min, sign } from '@lockstep/kernel';
import type { OrderHanded } from '../observations';
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
  if (sign(move.after) !== sign(move.before)) holding.reference.asksBeyond = false;
  if ((owed < lot || owed <= 0n) && !holding.reference.asksBeyond) {
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

/** Whether an entry that fills whole leaves something of the copy's target that may still be approved: what is asked about keeps its price then. */
export function leavesAsked(state: AuditState, holding: Holding, { coin, buy, size }: OrderHanded): boolean {
  const lot = state.instruments.get(coin)?.lot ?? 0n;
  if (holding.target.side !== (buy ? 1n : -1n)) return false;
  return holding.reference.asksBeyond || holding.target.high - heldOf(holding) - size >= lot;
}

/** What a copy has of its target: what an exit has still to take off stands for none of the increments that came since. */
function copied(holding: Holding, at: number): bigint {
  const { target } = holding;
  const held = heldOf(holding);
  const before = holding.exitLeaves;
  if (before !== null && (held <= before.size || holding.filledWholeAt > before.at)) holding.exitLeaves = null;
  const { exitLeaves } = holding;
  if (held > target.high && (exitLeaves === null || target.high < exitLeaves.size)) holding.exitLeaves = { size: target.high, at };
  return holding.exitLeaves === null ? held : min(held, holding.exitLeaves.size);
}

/** What is held on the side of the target. */
const heldOf = ({ real, target }: Holding): bigint => max(0n, real.position * (target.side > 0n ? 1n : -1n));
