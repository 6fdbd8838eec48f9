import type { EpochMs } from '@lockstep/kernel';
import {
  ALLOWED,
  applyFill,
  applyOutcome,
  approvalRefusal,
  CLEAR,
  clientOrderIdText,
  isHandingOver,
  noteUnfilled,
  type OutcomeKind,
  type RefusalKind,
  reasonNumber,
  rightsRefusal,
  STATUS,
  TIF_GTC,
} from '@lockstep/replication';
import { orderIdOf } from '@lockstep/storage';
import { OUTCOME, outcomeClass, REJECT_CODES, type RejectCode } from '@lockstep/venues/port';
import { trueUp } from '../books/true-up';
import type { EngineContext } from '../context';
import type { RestTerms } from '../state/open-orders';
import type { JournalTimes, PlannedWave } from './planned-wave';
import { type SendState, UNSENT, WITHHELD } from './send-state';

/** Refusals that say more than "this order, never"; every other one is lasting. */
const REFUSALS: ReadonlyMap<RejectCode, RefusalKind> = new Map<RejectCode, RefusalKind>([
  ['ioc_no_match', 'no_match'],
  ['no_liquidity', 'no_match'],
  ['expired', 'passing'],
  ['nonce_too_low', 'passing'],
  ['address_rate_limited', 'passing'],
  ['ip_rate_limited', 'passing'],
  ['post_only_period', 'passing'],
  ['halted', 'passing'],
  ['not_sent', 'passing'],
]);
const WITHHELD_BITS: readonly (readonly [number, number])[] = [
  [STATUS.killSwitch, reasonNumber('kill_switch')],
  [STATUS.breaker, reasonNumber('breaker')],
  [STATUS.lossHalt, reasonNumber('breaker')],
  [STATUS.paused, reasonNumber('paused')],
  [STATUS.closing, reasonNumber('closing')],
  [STATUS.windingDown, reasonNumber('winding_down')],
  [STATUS.limitHalt, reasonNumber('state_limit')],
  [STATUS.policyBlocked, reasonNumber('policy')],
  [STATUS.suspended, reasonNumber('suspended')],
  [STATUS.staleTruth | STATUS.leaderUnseen, reasonNumber('stale_truth')],
  [STATUS.leaderPaused, reasonNumber('suspended')],
];
const NOT_ACTIVE = reasonNumber('not_active');
const FILTER = reasonNumber('instrument_filter');
const POLICY = reasonNumber('policy');
const SUPERSEDED = reasonNumber('superseded');
const HANDING_OVER = reasonNumber('handing_over');
const AGENT_INVALID = reasonNumber('agent_invalid');
const STALE_MOVE = reasonNumber('stale_move');
const APPROVAL = reasonNumber('approval_needed');

/**
 * Why a row must not leave any more at `now`, read from the live columns; 0: it may. Exits leave whatever stops risk, but for those of a copy that is handed over. An entry whose age ended while it was
 * written down does not leave on the venue's promise to refuse it: not every venue has an expiry.
 */
export function withholdingReason(wave: PlannedWave, state: SendState, row: number, opposed: boolean, now: EpochMs): number {
  if (state.outcome[row] !== UNSENT) return state.withheldReason[row] || SUPERSEDED;
  const { orders } = wave.plan;
  if ((orders.signer[row] ?? -1) < 0) return AGENT_INVALID;
  const { copies } = wave.watched.book;
  const bookRow = orders.row[row] ?? 0;
  if (copies.copyNo[bookRow] === orders.copyNo[row] && isHandingOver(copies.status[bookRow] ?? 0)) return HANDING_OVER;
  if (orders.exit[row] === 1) return 0;
  if (opposed) return SUPERSEDED;
  const expiresAfter = orders.expiresAfter[row] ?? 0;
  if (expiresAfter > 0 && now > expiresAfter) return STALE_MOVE;
  if (copies.copyNo[bookRow] !== orders.copyNo[row]) return NOT_ACTIVE;
  const status = copies.status[bookRow] ?? 0;
  for (const [bit, reason] of WITHHELD_BITS) if ((status & bit) !== 0) return reason;
  const rights = rightsRefusal(copies, bookRow, now);
  if (rights !== CLEAR) return rights;
  if ((status & STATUS.active) === 0) return NOT_ACTIVE;
  // The follower may have to be asked since.
  if (approvalRefusal(copies, wave.sheet.rows, bookRow) !== CLEAR) return APPROVAL;
  // A filter may have been narrowed since the plan; the other limits are judged by the gate again.
  const allowed = wave.sheet.rows.allowed[bookRow] ?? ALLOWED.no;
  return allowed === ALLOWED.yes ? 0 : allowed === ALLOWED.policy ? POLICY : FILTER;
}

/** Takes first outcomes into the planning columns and opens what is not fully accounted for. */
export function takeOutcomes(ctx: EngineContext, wave: PlannedWave, state: SendState, rows: Int32Array, times: JournalTimes): void {
  for (const row of rows) takeOutcome(ctx, wave, state, row, times);
}

function takeOutcome(ctx: EngineContext, wave: PlannedWave, state: SendState, row: number, times: JournalTimes): void {
  const { book } = wave.watched;
  const code = REJECT_CODES[state.rejectCode[row] ?? 0] ?? 'other';
  const kind = isOverfilled(ctx, wave, state, row) || isOpenEnded(wave, state, row) ? 'unknown' : kindOf(state.outcome[row] ?? UNSENT, code);
  const filled = kind === 'filled' ? (state.filledLots[row] ?? 0) : 0;
  if (kind === 'rejected') ctx.doubts.take(ctx.registry.copies.get(wave.plan.orders.copyNo[row] ?? 0), code);
  applyOutcome(book, wave.plan, row, kind, filled, REFUSALS.get(code) ?? 'lasting');
  if (kind !== 'unknown') noteLapsed(ctx, wave, row, filled, times);
  if (filled > 0) leadByAnswer(wave, state, row, filled);
  if (kind === 'unknown' && !stands(wave, state, row)) {
    state.outcome[row] = OUTCOME.unknown;
    state.filledLots[row] = 0;
    state.averagePrice[row] = 0;
  }
  if (filled > 0 || kind === 'unknown') open(ctx, wave, state, row, times, kind === 'unknown' ? null : filled);
  else trueUpBeside(ctx, wave, row);
}

/** What an entry left unfilled of an approval that is over by now. */
function noteLapsed(ctx: EngineContext, { plan: { orders }, sheet }: PlannedWave, row: number, filled: number, times: JournalTimes): void {
  const copy = ctx.registry.copies.get(orders.copyNo[row] ?? 0);
  const decidedAt = copy === undefined ? undefined : times.get(copy.group.index);
  if (copy === undefined || decidedAt === undefined || orders.exit[row] === 1) return;
  noteUnfilled(copy.watched.book, sheet, copy.row, (orders.lots[row] ?? 0) - filled, decidedAt);
}

/** An order that ended without a fill may be the last thing that kept what is booked of one beside it, whose answer was lost, out of the columns. */
function trueUpBeside(ctx: EngineContext, wave: PlannedWave, row: number): void {
  const copy = ctx.registry.copies.get(wave.plan.orders.copyNo[row] ?? 0);
  if (copy === undefined) return;
  for (const order of ctx.openOrders.ofAccount(copy.account.index)) {
    if (order.copy !== copy || order.sheet !== wave.sheet) continue;
    trueUp(ctx, copy, wave.sheet.instrument.coin);
    return;
  }
}

/** An answer that more filled than was ordered cannot be believed, nor may it end the engine for everybody: the venue is asked. */
function isOverfilled(ctx: EngineContext, wave: PlannedWave, state: SendState, row: number): boolean {
  const [filled, lots] = [state.filledLots[row] ?? 0, wave.plan.orders.lots[row] ?? 0];
  if (state.outcome[row] !== OUTCOME.filled || filled <= lots) return false;
  ctx.log.error('the venue says that more filled than was ordered', {
    wave: wave.journalNo,
    copyNo: wave.plan.orders.copyNo[row] ?? 0,
    filled,
    lots,
  });
  return true;
}

/** A standing order that filled in part: the rest may stand, and the venue is asked. */
function isOpenEnded({ plan: { orders } }: PlannedWave, state: SendState, row: number): boolean {
  return orders.tif[row] === TIF_GTC && state.outcome[row] === OUTCOME.filled && (state.filledLots[row] ?? 0) < (orders.lots[row] ?? 0);
}

/** Whether the venue says that an order stands which may. */
const stands = ({ plan: { orders } }: PlannedWave, state: SendState, row: number): boolean =>
  orders.tif[row] === TIF_GTC && state.outcome[row] === OUTCOME.resting;

function kindOf(outcome: number, code: RejectCode): OutcomeKind {
  switch (outcome) {
    case OUTCOME.filled:
      return 'filled';
    case OUTCOME.rejected:
      return outcomeClass(outcome, code) === 'unknown' ? 'unknown' : 'rejected';
    case WITHHELD:
      return 'withheld';
    default:
      return 'unknown';
  }
}

/**
 * The venue's answer already says how much filled and at which average: the planning columns take it at once, so that the next wave is planned on
 * the real position. Fees are not known yet; the venue's own fills correct money when they are booked.
 */
function leadByAnswer(wave: PlannedWave, state: SendState, row: number, filled: number): void {
  const { orders } = wave.plan;
  const bookRow = orders.row[row] ?? 0;
  if (wave.watched.book.copies.copyNo[bookRow] !== orders.copyNo[row]) return;
  const average = Math.round(state.averagePrice[row] ?? 0);
  const price = average > 0 ? average : (orders.price[row] ?? 0);
  const fill = { buy: orders.buy[row] === 1, lots: filled, price, fee: 0 };
  applyFill(wave.watched.book, wave.sheet, bookRow, fill, orders.exit[row] === 1 ? 'exit' : 'entry');
}

function open(ctx: EngineContext, wave: PlannedWave, state: SendState, row: number, times: JournalTimes, filledLots: number | null): void {
  const { orders } = wave.plan;
  const copyNo = orders.copyNo[row] ?? 0;
  const copy = ctx.registry.copies.get(copyNo);
  if (copy === undefined) return;
  copy.account.touched += 1;
  const clientOrderId = clientOrderIdText(orders.clientOrderId, row * 16);
  ctx.openOrders.add({
    clientOrderId,
    orderId: orderIdOf({
      moveId: BigInt(orders.wave[row] ?? 0),
      copyNo: BigInt(copyNo),
      instance: ctx.instance,
      leg: orders.leg[row] ?? 0,
      attempt: orders.attempt[row] ?? 0,
    }),
    createdAt: times.get(copy.group.index) ?? 0,
    leftBy: ctx.clock.monotonic(),
    givenUp: state.givenUp[row] === 1,
    copy,
    sheet: wave.sheet,
    buy: orders.buy[row] === 1,
    lots: orders.lots[row] ?? 0,
    price: orders.price[row] ?? 0,
    nonce: orders.nonce[row] ?? 0,
    signers: [orders.signer[row] ?? copy.account.signer],
    expiresAfter: orders.expiresAfter[row] ?? 0,
    exit: orders.exit[row] === 1,
    wave: wave.open,
    filledLots,
    bookedLots: 0,
    ledBooked: 0,
    askAt: 0,
    ...(orders.tif[row] === TIF_GTC && { rest: restTerms(wave, state, row) }),
  });
  // Booked before its answer came: no later booking will correct what the answer's rounded average led, or tell what a lost answer would have.
  if (filledLots === null || ctx.openOrders.find(clientOrderId) === undefined) trueUp(ctx, copy, wave.sheet.instrument.coin);
}

/** No other move of the instrument was planned since the order was, because one wave of it is on its way at a time; its copy may have been halted. */
const restTerms = ({ plan: { orders }, sheet }: PlannedWave, { halts }: SendState, row: number): RestTerms => ({
  until: sheet.rows.owedUntil[orders.row[row] ?? 0] ?? 0,
  leaderReductions: sheet.leaderReductions,
  halts: halts[row] ?? 0,
});
