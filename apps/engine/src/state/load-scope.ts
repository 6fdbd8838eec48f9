import { type EpochMs, money, size } from '@lockstep/kernel';
import { effectiveSchedule, type PositionBook } from '@lockstep/ledger';
import { type CopyMarkup, REASONS, reasonNumber, STATUS } from '@lockstep/replication';
import { COPY_STATES, type CopySettings, type CopyState, decodeCopySettings, isClosing } from '@lockstep/roster';
import { type FeeScheduleRow, feeVersionOf, type PositionState, type RunningCopy } from '@lockstep/storage';
import type { KeptPosition } from './copy-ledger';
import type { Intent } from './intent';

/** The markup of a tenant's orders now; null when none is charged or the venue cannot collect it. `builder` indexes the book's builder addresses. */
export function markupNow(
  versions: readonly FeeScheduleRow[],
  at: EpochMs,
  account: { readonly builderAddress: string | null; readonly builderFeeApproved: number },
  builderIndex: (address: string) => number,
): CopyMarkup | null {
  const inForce = effectiveSchedule(versions.map(feeVersionOf), at);
  if (inForce === null || inForce.builderAddress === null || inForce.markupTenthsBp === 0) return null;
  const approved = account.builderAddress === inForce.builderAddress && account.builderFeeApproved >= inForce.markupTenthsBp;
  return {
    builder: builderIndex(inForce.builderAddress),
    fee: inForce.markupTenthsBp,
    flow: inForce.flow,
    approved,
    required: inForce.missingApproval === 'deny_entries',
  };
}

/** The state of a copy as roster names it; null for a text it does not know. */
export const copyStateOf = (text: string): CopyState | null => COPY_STATES.find((state) => state === text) ?? null;

/** The status bits planning reads, from the copy's state and what surrounds it; whether its leader is paused stands at the leader's group. */
export function statusBits(copy: Pick<RunningCopy, 'state' | 'leaderStatus' | 'followerStatus'>): number {
  const state = copyStateOf(copy.state);
  let bits = 0;
  if (state === 'active') bits |= STATUS.active;
  if (state === 'paused') bits |= STATUS.active | STATUS.paused;
  if (state === 'winding_down' || state === 'unwinding') bits |= STATUS.active | STATUS.windingDown;
  if (state === 'handing_over') bits |= STATUS.handingOver;
  if (state === 'breaker_closed') bits |= STATUS.breaker;
  if (state !== null && isClosing(state)) bits |= STATUS.closing;
  if (copy.leaderStatus === 'closed' || copy.followerStatus !== 'active') bits |= STATUS.suspended;
  return bits;
}

/** Settings of a running copy; null when its version row is missing or cannot be read, and then the copy takes no new risk. */
export function settingsOf(copy: RunningCopy): CopySettings | null {
  const decoded = decodeCopySettings(copy.settings);
  return decoded.ok ? decoded.value : null;
}

/** A stored position as the engine keeps it. */
export function keptFrom(state: PositionState): KeptPosition {
  const book: PositionBook = { quantity: size(state.position), cost: money(state.entryValue) };
  return {
    booked: {
      book,
      realised: money(state.realisedPnl),
      fees: money(state.fees),
      funding: money(state.funding),
      episodeNo: state.episodeNo,
    },
    intent: intentFrom(state),
  };
}

function intentFrom(state: PositionState): Intent {
  const reason = REASONS.find(([code]) => code === state.forfeitReason)?.[0];
  return {
    targetMicro: Number(state.targetMicro),
    rho: Number(state.rho),
    forfeitedMicro: Number(state.forfeitedMicro),
    forfeitReason: reason === undefined ? 0 : reasonNumber(reason),
    episodeBits: state.episodeBits,
    owedPrice: Number(state.owedPrice),
    owedUntilMs: state.owedUntilMs,
    lastWave: state.lastWave,
    attempt: state.attempt,
    adds: state.adds,
    aheadBuy: Number(state.aheadBuy),
    aheadSell: Number(state.aheadSell),
  };
}
