import { min } from '@lockstep/kernel';
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
    holding.referenceFrom = move.at;
    holding.owedFrom = move.at;
  }
  holding.owedBefore = owed > 0n ? owed : 0n;
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
