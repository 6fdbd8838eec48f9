import { mulDivCeil, mulDivFloor } from '@lockstep/kernel';
import { type CopyBook, leaderEquityColumn } from './book';
import { quoteFor } from './book-quote';
import { CAP_COUNT } from './cap-count';
import { capLots } from './caps';
import { asksFirst, CLEAR, instrumentRefusal, standingRefusal } from './checks';
import { FOLLOW, MODE, STATUS } from './copy-columns';
import { EPISODE, type InstrumentSheet, MICRO } from './instrument-columns';
import { forgetAhead } from './mirror-columns';
import { boundedLimit } from './price-bound';
import { CAPS, type ReasonCode, reasonAt } from './reasons';
import { revalue } from './revalue';
import { capShared } from './shared-caps';
import { amountTarget, increasedTarget, kappaOf, lockedRatio } from './target';
import type { WaveOptions } from './wave-options';

// Bound once: a call through the front door of another room costs a getter.
const floorOf = mulDivFloor;
const ceilOf = mulDivCeil;

const RATE_ONE = 1_000_000_000_000;

/** What a copy does not come back from by itself. */
const ENDING = STATUS.breaker | STATUS.closing | STATUS.windingDown | STATUS.handingOver;

/** What taking on a position needs besides the book. */
export interface TakeOnOptions extends Pick<WaveOptions, 'now' | 'markMaxAgeMs' | 'bookMaxAgeMs' | 'leaderEquity' | 'leaderVolatility'> {
  /** The leader's own average entry (10^-8), and how far the mark may lie from it as a share (10^-12); null: anywhere. */
  readonly band: { readonly entryPrice: number; readonly width: number } | null;
}

/** What became of one instrument: the target before and after in micro-lots, and the reason when it did not become what κ asks for. */
export interface TakenOn {
  readonly before: number;
  readonly after: number;
  readonly reason: ReasonCode | null;
  /** What waits for the follower's approval instead: micro-lots above zero, at the price they are asked about at; absent: nothing does. */
  readonly asked?: { readonly buy: boolean; readonly micro: number; readonly price: number };
}

/**
 * Sets a copy's target to what κ asks for the leader's present position, at once and by the follower's own wish (product §2.1 re-basis, §2.2 start `adopt`).
 * Caps cut what is added. Nothing is sent here: what was added is owed at the present price inside the copy's catch-up window, and the next repair sends it;
 * what is less is closed by it. The leader's decision to be in the position is taken as of now, so what kept the copy out of the episode ends. An instrument
 * that may not be entered keeps its target, and says why. Call it while the instrument's lane is held.
 */
export function takeOn(book: CopyBook, sheet: InstrumentSheet, row: number, options: TakeOnOptions): TakenOn {
  revalue(book, options.now, options.markMaxAgeMs);
  const { copies } = book;
  const { rows } = sheet;
  const before = rows.target[row] ?? 0;
  // A follower who takes on what the leader has wants the open that is on its way as well.
  copies.beganAt[row] = 0;
  // A loss limit or a stop may come while instruments are taken on one by one: a target raised behind it would keep open what is being closed.
  if (((copies.status[row] ?? 0) & ENDING) !== 0) return { before, after: before, reason: reasonAt(standingRefusal(copies, row, options.now)) };
  const leader = Math.abs(sheet.leaderLots);
  const side = Math.sign(sheet.leaderLots) * (copies.direction[row] ?? 1);
  if (side === 0) {
    settle(sheet, row, 0);
    return { before, after: 0, reason: null };
  }
  const held = before * side > 0 ? Math.abs(before) : 0;
  const refusal = refusalOf(book, sheet, row, options);
  if (refusal !== null) return { before, after: before, reason: refusal };
  const wanted = wantedOf(book, sheet, row, held, leader, options);
  if (wanted === null)
    return {
      before,
      after: before,
      reason: copies.mode[row] === MODE.riskNormalised && options.leaderVolatility === null ? 'leader_volatility' : 'leader_equity',
    };
  const reference = presentPrice(sheet, side > 0, copies.entryBound[row] ?? 0, options);
  if (wanted > held && asksFirst(copies, row)) return askAbout(sheet, row, before, side, wanted - held, reference);
  const room = wanted > held ? roomFor(book, sheet, row, side > 0, reference, options) : { micro: wanted, cap: null };
  const after = wanted > held ? Math.max(held, Math.min(wanted, room.micro)) : wanted;
  rows.episode[row] = (rows.episode[row] ?? 0) & (EPISODE.exitStuck | EPISODE.dustPending);
  if (copies.mode[row] === MODE.fixedAmount && after > held) rows.adds[row] = Math.max(1, rows.adds[row] ?? 0);
  settle(sheet, row, side * after);
  // What an earlier increase still misses is owed anew as well: a target above the position without a window would never be bought nor given up.
  if (after > 0 && after > (rows.position[row] ?? 0) * side * MICRO) {
    rows.owedPrice[row] = reference;
    rows.owedUntil[row] = options.now + (copies.catchUpMs[row] ?? 0);
  }
  return { before, after: side * after, reason: after < wanted ? room.cap : null };
}

/** The increase is asked about and the target stays; what stands against the leader's side goes. The follower wants to be in the episode all the same. */
function askAbout(sheet: InstrumentSheet, row: number, before: number, side: number, micro: number, price: number): TakenOn {
  const { rows } = sheet;
  if (before * side < 0) settle(sheet, row, 0);
  rows.episode[row] = (rows.episode[row] ?? 0) & ~(EPISODE.awaitingOpen | EPISODE.userClosed);
  return { before, after: rows.target[row] ?? 0, reason: 'approval_needed', asked: { buy: side > 0, micro, price } };
}

/** The best quote of the other side, no farther from the mark than the copy's bound: where the book is thin, it says nothing of what the position is worth. */
function presentPrice(sheet: InstrumentSheet, buy: boolean, bound: number, options: TakeOnOptions): number {
  const { mark } = sheet;
  const quote = quoteFor(sheet, buy, options) || mark;
  return buy ? Math.min(quote, floorOf(mark, RATE_ONE + bound, RATE_ONE)) : Math.max(quote, ceilOf(mark, Math.max(0, RATE_ONE - bound), RATE_ONE));
}

function settle({ rows, leaderLots }: InstrumentSheet, row: number, target: number): void {
  rows.target[row] = target + 0;
  rows.rho[row] = lockedRatio(target, leaderLots);
  forgetAhead(rows, row);
  rows.owedPrice[row] = 0;
  rows.owedUntil[row] = 0;
}

/** What stands against entering the instrument now; what the follower's wish ends does not count. */
function refusalOf(book: CopyBook, sheet: InstrumentSheet, row: number, options: TakeOnOptions): ReasonCode | null {
  const { copies } = book;
  const { rows } = sheet;
  if (copies.follow[row] === FOLLOW.decreasesOnly) return 'follow_filter';
  if (sheet.mark === 0 || options.now - sheet.markAt > options.markMaxAgeMs || copies.marksFresh[row] !== 1) return 'stale_mark';
  const kept = rows.episode[row] ?? 0;
  rows.episode[row] = kept & ~(EPISODE.awaitingOpen | EPISODE.userClosed);
  const refused = instrumentRefusal(copies, rows, row);
  rows.episode[row] = kept;
  if (refused !== CLEAR) return reasonAt(refused);
  const { band } = options;
  if (band === null) return null;
  const width = floorOf(band.entryPrice, band.width, RATE_ONE);
  return Math.abs(sheet.mark - band.entryPrice) <= width ? null : 'out_of_band';
}

/** |target| in micro-lots the copy's mode asks for; null when no ratio exists. A copy of fixed amounts takes the position for one order. */
function wantedOf(book: CopyBook, sheet: InstrumentSheet, row: number, held: number, leader: number, options: TakeOnOptions): number | null {
  const { copies } = book;
  if (copies.mode[row] === MODE.fixedAmount) return held > 0 ? held : amountTarget(0, copies.modeRate[row] ?? 0, 1, sheet.mark, sheet.lotsPerUnit);
  const equity = options.leaderEquity === null ? 0 : leaderEquityColumn(options.leaderEquity);
  if (copies.mode[row] === MODE.proportionalNominal && copies.basisEquity[row] === 0) copies.basisEquity[row] = equity;
  const kappa = kappaOf(copies, row, equity, Number(options.leaderVolatility ?? 0n));
  return kappa < 0 ? null : increasedTarget(0, kappa, 0, leader);
}

/** Micro-lots the caps admit, and the cap that binds. */
function roomFor(
  book: CopyBook,
  sheet: InstrumentSheet,
  row: number,
  buy: boolean,
  reference: number,
  options: Pick<TakeOnOptions, 'now' | 'markMaxAgeMs'>,
): { readonly micro: number; readonly cap: ReasonCode | null } {
  const limit = boundedLimit(reference, book.copies.entryBound[row] ?? 0, buy, sheet.instrument.szDecimals);
  const caps = new Float64Array(CAP_COUNT);
  const price = Math.max(sheet.mark, limit);
  capLots(book, sheet, row, buy, price, caps);
  if (book.hasSharedLimits) capShared(book, sheet, row, price, options, caps);
  let least = 0;
  for (let cap = 1; cap < CAP_COUNT; cap += 1) if ((caps[cap] ?? 0) < (caps[least] ?? 0)) least = cap;
  return { micro: (caps[least] ?? 0) * MICRO, cap: CAPS[least] ?? null };
}
