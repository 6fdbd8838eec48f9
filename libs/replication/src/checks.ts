import { type CopyColumns, STATUS } from './copy-columns';
import { ALLOWED, EPISODE, type InstrumentRows } from './instrument-columns';
import { CLEAR, type ReasonCode, reasonNumber } from './reasons';
import { usableEquity } from './revalue';
import { rightsRefusal } from './rights';

export { CLEAR };

const STATUS_REASONS: readonly (readonly [number, ReasonCode])[] = [
  [STATUS.killSwitch, 'kill_switch'],
  [STATUS.breaker, 'breaker'],
  [STATUS.lossHalt, 'breaker'],
  [STATUS.paused, 'paused'],
  [STATUS.closing, 'closing'],
  [STATUS.handingOver, 'handing_over'],
  [STATUS.windingDown, 'winding_down'],
  [STATUS.limitHalt, 'state_limit'],
  [STATUS.suspended, 'suspended'],
  [STATUS.leaderPaused, 'suspended'],
];
const NOT_ACTIVE = reasonNumber('not_active');
const AGENT = reasonNumber('agent_invalid');
const STALE_TRUTH = reasonNumber('stale_truth');
const UNKNOWN_TRUTH = STATUS.staleTruth | STATUS.leaderUnseen;
const POLICY = reasonNumber('policy');
const FILTER = reasonNumber('instrument_filter');
const AWAITING = reasonNumber('awaiting_open');
const USER_CLOSED = reasonNumber('user_closed');
const BUILDER = reasonNumber('builder_unapproved');
const EQUITY = reasonNumber('equity_exhausted');
const APPROVAL = reasonNumber('approval_needed');

/** First reason among the status bits that refuses new risk, in the order of product §3, else {@link CLEAR}. */
function haltReason(status: number): number {
  for (const [bit, code] of STATUS_REASONS) if ((status & bit) !== 0) return reasonNumber(code);
  return CLEAR;
}

/**
 * First refusals of product §3, with which the increment is given up at once: kill switch to agent validity. Staleness comes next. `agentAt`: when the agent has
 * to be valid still, for what is to be cancelled by it.
 */
export function standingRefusal(copies: CopyColumns, row: number, now: number, agentAt = now): number {
  const status = copies.status[row] ?? 0;
  const stands = (status & ~(UNKNOWN_TRUTH | STATUS.policyBlocked)) === STATUS.active;
  const halted = stands ? CLEAR : haltReason(status);
  if (halted !== CLEAR) return halted;
  const rights = rightsRefusal(copies, row, now);
  if (rights !== CLEAR) return rights;
  if (!stands) return NOT_ACTIVE;
  if ((copies.signer[row] ?? -1) < 0 || (copies.agentValidUntil[row] ?? 0) <= agentAt) return AGENT;
  return CLEAR;
}

/** Refusals that come after staleness in product §3's order: policy, builder approval, instrument filter, what the venue account can trade, episode, equity. */
export function instrumentRefusal(copies: CopyColumns, rows: InstrumentRows, row: number): number {
  if (((copies.status[row] ?? 0) & STATUS.policyBlocked) !== 0) return POLICY;
  if ((rows.allowed[row] ?? 0) === ALLOWED.policy) return POLICY;
  if ((copies.builderRequired[row] ?? 0) === 1 && (copies.builderApproved[row] ?? 0) === 0) return BUILDER;
  if ((rows.allowed[row] ?? 0) === ALLOWED.no) return FILTER;
  const barred = rows.barred[row] ?? 0;
  if (barred !== 0) return barred;
  const episode = rows.episode[row] ?? 0;
  if ((episode & EPISODE.userClosed) !== 0) return USER_CLOSED;
  if ((episode & EPISODE.awaitingOpen) !== 0) return AWAITING;
  return usableEquity(copies, row) <= 0 ? EQUITY : CLEAR;
}

/** Whether what is owed of a row may not leave because nobody approved it. It comes last: only what nothing else stands against is asked about. */
export function approvalRefusal(copies: CopyColumns, rows: InstrumentRows, row: number): number {
  return asksFirst(copies, row) && ((rows.episode[row] ?? 0) & EPISODE.approved) === 0 ? APPROVAL : CLEAR;
}

/** Whether new increases of a copy wait for its follower's approval, whatever was approved before. */
export const asksFirst = (copies: CopyColumns, row: number): boolean => (copies.approveWithinMs[row] ?? 0) > 0;

/** Staleness of the copy's truth, between the two above: position, equity or the leader unknown. Marks and the age of the move are the wave's business. */
export function truthRefusal(copies: CopyColumns, row: number): number {
  return ((copies.status[row] ?? 0) & UNKNOWN_TRUTH) !== 0 ? STALE_TRUTH : CLEAR;
}
