import { abs, type EpochMs, max, min, UNIT } from '@lockstep/kernel';
import { ALL_KEPT, type CopyTrack } from '../book/copies';
import type { Holding } from '../book/holding';
import type { AuditState } from '../book/state';
import { blame, type JudgedOrder, sizeText } from './judged-order';

/** Slices are worth twice the venue's minimum at least, no more often than that, and no more than so many. */
const EVERY_MS = 5_000;
const SLICES_MOST = 200;

/** Product §2.11, `unwind_by`: past its deadline a copy is being closed. */
export function checkDeadline(state: AuditState, at: EpochMs, { copy: { copyId }, unwindBy }: CopyTrack): void {
  if (unwindBy === null || at - unwindBy <= state.options.comparisonMs) return;
  state.report('stop_not_flat', at, copyId, null, `in the calm copy ${copyId} is unwinding, ${at - unwindBy} ms after its deadline`);
}

/**
 * In the calm no more is left than what slices spread evenly since the last start, or the last trouble, have left of what there was and of what entries that were
 * on their way filled since: an engine plans with both.
 */
export function checkSlices(state: AuditState, at: EpochMs, copy: CopyTrack, holding: Holding, mark: bigint): void {
  const { unwindBy } = copy;
  const begun = copy.unwinding.get(holding.coin);
  if (unwindBy === null || begun === undefined || holding.foreign || copy.ownShare || state.unsigned.has(copy.copy.account)) return;
  const from = Math.max(begun.from, state.lastStartAt, state.quietSince);
  if (!Number.isFinite(from) || at >= unwindBy || from >= unwindBy) return;
  const held = abs(begun.held) + begun.entered;
  const slice = largestSlice(state, holding.coin, held, mark, unwindBy - from);
  if (slice === null) return;
  const line = (held * whole(unwindBy - at)) / whole(unwindBy - from);
  // One is due, one may be on its way.
  const most = line + 2n * slice;
  if (abs(holding.real.position) <= most) return;
  const { copyId } = copy.copy;
  const text = `${sizeText(abs(holding.real.position))} of ${sizeText(held)} ${holding.coin} is left ${unwindBy - at} ms before the deadline, at most ${sizeText(most)} should be`;
  state.report('unwind_wrong', at, copyId, null, `in the calm copy ${copyId} is being unwound, and ${text}`);
}

/** Nothing but slices of what the leader's reductions leave is closed before the deadline where no limit is met. */
export function checkPace(judged: JudgedOrder): void {
  const { order, state, copy, holding } = judged;
  const { unwindBy } = copy;
  const begun = copy.unwinding.get(order.coin);
  if (copy.state !== 'unwinding' || unwindBy === null || begun === undefined || order.decidedAt >= unwindBy - state.options.clockSlackMs) return;
  if (holding.foreign || copy.ownShare || copy.losses.breach !== null || copy.limits.passed.size > 0 || copy.stopFilledAt !== null) return;
  if (copy.terms.settings.stateLimits !== undefined || mayBreak(judged)) return;
  // To be closed all the same: its exits leave before that is written.
  if (state.halts.since({ kind: 'copy', copyId: copy.copy.copyId }, 'stop') !== null) return;
  // What the leader reduced about then may be closed still.
  if (begun.reducedAt > begun.from - state.options.comparisonMs || copy.stateAt !== begun.from) return;
  const held = (abs(begun.held) * begun.kept) / ALL_KEPT;
  const mark = state.lastMarks.get(order.coin) ?? 0n;
  const slice = largestSlice(state, order.coin, held, mark, unwindBy - begun.from);
  if (slice === null) return;
  const line = (held * whole(unwindBy - order.decidedAt)) / whole(unwindBy - begun.from);
  const least = line - 2n * slice;
  const left = abs(holding.real.position) - order.size;
  if (left >= least) return;
  blame(
    judged,
    'unwind_wrong',
    `leaves ${sizeText(max(left, 0n))} of ${sizeText(begun.held)} ${unwindBy - order.decidedAt} ms before the deadline, at least ${sizeText(least)} should be`,
  );
}

/** A loss limit may be met: everything is closed then, before that is written. */
export function mayBreak({ copy, at, state }: JudgedOrder): boolean {
  const least = copy.equityRange(at)?.low ?? null;
  return least !== null && copy.losses.mayBeMet(least, copy.terms.losses, copy.terms.money, state.options.lossMargin);
}

/** A slice at its largest: of as few as a position may come to whose price fell by half meanwhile; null: there need not be more than the one at the deadline. */
function largestSlice(state: AuditState, coin: string, held: bigint, mark: bigint, lastsMs: number): bigint | null {
  const instrument = state.instruments.get(coin);
  if (instrument === undefined) return null;
  const byWorth = (held * mark) / (UNIT * instrument.minNotional * 4n);
  const slices = min(byWorth, min(whole(lastsMs / EVERY_MS), BigInt(SLICES_MOST)));
  return slices < 3n ? null : held / slices + instrument.lot;
}

const whole = (ms: number): bigint => BigInt(Math.max(1, Math.floor(ms)));

/** At its deadline a copy was sliced: where several slices were due since the last start or trouble, one left at least. */
export function checkSliced(state: AuditState, copyId: string, at: EpochMs): void {
  const copy = state.copies.get(copyId);
  const by = copy?.unwindBy ?? null;
  if (copy === undefined || copy.state !== 'unwinding' || by === null || at < by || copy.ownShare || state.unsigned.has(copy.copy.account)) return;
  for (const [coin, begun] of copy.unwinding) {
    const holding = copy.holding(coin);
    const from = Math.max(begun.from, state.lastStartAt, state.quietSince);
    const mark = state.lastMarks.get(coin) ?? 0n;
    if (holding.foreign || holding.exitDecidedAt > begun.from || !Number.isFinite(from) || at <= from) continue;
    const held = min(abs(begun.held), abs(holding.real.position));
    if (largestSlice(state, coin, held, mark, by - from) === null) continue;
    const text = `in ${coin} nothing of ${sizeText(begun.held)} left in ${by - from} ms before its deadline`;
    state.report('unwind_wrong', at, copyId, null, `copy ${copyId} was being unwound, and ${text}`);
  }
}
