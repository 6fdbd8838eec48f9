import { sign } from '@lockstep/kernel';
import { blame, type JudgedOrder, sizeText } from './judged-order';
import { mayBreak } from './unwinding';

/** A turn of the leader is decided on within that, however late its process is. */
const DECIDED_MS = 30_000;

/**
 * Product §2.2, `increases_only`: where its leader reduces, a copy whose follower closes by himself trades nothing. Judged is the first exit a copy has in a coin,
 * because one that failed is tried again, whatever the leader does.
 */
export function checkKept(judged: JudgedOrder): void {
  const { order, state, copy, holding } = judged;
  const { keptFrom } = holding;
  if (order.cause !== 'move' || copy.state !== 'active' || keptFrom === null || order.decidedAt < keptFrom.at) return;
  if (holding.exitDecidedAt > Number.NEGATIVE_INFINITY || holding.lowered || keptFrom.at - holding.turnedAt <= DECIDED_MS) return;
  const possible = [...judged.terms, copy.terms, ...(copy.earlier === null ? [] : [copy.earlier])];
  if (possible.some(({ settings }) => settings.follow !== 'increases_only' || settings.stateLimits !== undefined)) return;
  if (sign(holding.real.position) !== keptFrom.side || copy.losses.breach !== null || copy.stopFilledAt !== null || mayBreak(judged)) return;
  // It follows its leader's exits, or is closed, from the wish on: exits leave before the state is written.
  const ends = (['wind_down', 'stop'] as const).some((cause) => state.halts.since({ kind: 'copy', copyId: copy.copy.copyId }, cause) !== null);
  // A re-basis leaves what its mode asks for by then, and its exits leave before it is told as done.
  if (copy.ownShare || ends || copy.mayRebase) return;
  blame(judged, 'exit_without_cause', `its follower closes by himself, and of ${sizeText(holding.real.position)} nothing was to be closed before`);
}
