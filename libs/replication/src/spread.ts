import { mulDivCeil, mulDivFloor } from '@lockstep/kernel';
import { orderPrice } from './decide-orders';
import type { Draft } from './draft';
import type { DepthSide } from './instrument-columns';
import { reasonNumber } from './reasons';
import { MIN_ORDER_VALUE } from './wave-options';
import { copyRank, rankedOrder, waveKey } from './wave-order';

/**
 * Market impact (product §2.8): entries of a wave that is large against the book leave in rounds of slices. What a round leaves behind is no order yet: the copy's
 * target stands, and a repair plans the rest anew when the next round is due. So pauses, breakers, kill switches and the leader's reductions end it like any gap,
 * every slice meets the checks and caps of its own moment, and nothing outlives the catch-up window. Exits are never spread.
 */

const SPREAD = reasonNumber('spread');
const RATE_ONE = 1_000_000_000_000;
const RANKS = 2 ** 32;
/** Usual time between two rounds. */
export const SPREAD_ROUND_MS = 1_000;
/** A round may begin so much later than it is due: repairs look every so often. */
const LOOK_MS = 500;
/** Oldest book that tells how large a wave is: the venue tells deep books every few seconds. */
export const DEPTH_MAX_AGE_MS = 12_000;

/** Cuts the entries of a decided draft to what may leave now. `rankWave` is the wave whose key ranks the orders. Costs nothing where no copy is spread. */
export function spreadEntries(draft: Draft, rankWave: number): void {
  const { book, sheet, options, orderCount } = draft;
  if (!book.hasSpreads || orderCount === 0 || sheet.depth === null || options.now - sheet.depth.at > DEPTH_MAX_AGE_MS) return;
  new SideSpread(draft, rankWave, true, sheet.depth.asks).spread();
  new SideSpread(draft, rankWave, false, sheet.depth.bids).spread();
}

/** The entries of one side of the book. */
class SideSpread {
  private readonly total: number;
  private limit = -1;
  private inside = 0;

  constructor(
    private readonly draft: Draft,
    private readonly rankWave: number,
    private readonly buy: boolean,
    private readonly depth: DepthSide,
  ) {
    let total = 0;
    for (let index = 0; index < draft.count; index += 1) if (this.isMine(index)) total += draft.entryLots[index] ?? 0;
    this.total = total;
  }

  spread(): void {
    const { draft } = this;
    if (this.total === 0) return;
    const slices = new Float64Array(draft.count);
    let budget = 0;
    let jitter = 0;
    for (let index = 0; index < draft.count; index += 1) {
      const slice = this.sliceOf(index);
      slices[index] = slice;
      budget += slice;
      if (slice > 0) jitter = Math.max(jitter, draft.book.copies.spreadJitter[draft.row[index] ?? 0] ?? 0);
    }
    if (budget === 0) return;
    const { spreadNext } = draft.sheet;
    const isDue = draft.options.now >= (this.buy ? spreadNext.buy : spreadNext.sell);
    this.release(slices, isDue ? budget : 0);
    if (!isDue) return;
    const next = draft.options.now + this.roundMs(jitter);
    if (this.buy) spreadNext.buy = next;
    else spreadNext.sell = next;
  }

  private isMine(index: number): boolean {
    return (this.draft.buy[index] === 1) === this.buy && (this.draft.entryLots[index] ?? 0) > 0;
  }

  /** Lots of an entry's slice in this round; 0: it leaves whole. */
  private sliceOf(index: number): number {
    const { draft } = this;
    const { copies } = draft.book;
    const row = draft.row[index] ?? 0;
    const within = copies.spreadWithinMs[row] ?? 0;
    // What closes something on its way, a remnant or the account's net, is not taken apart.
    if (within === 0 || !this.isMine(index) || (draft.exitLots[index] ?? 0) > 0 || (draft.legs[2][index] ?? 0) > 0) return 0;
    if ((draft.position[index] ?? 0) * (this.buy ? 1 : -1) < 0) return 0;
    const left = this.timeLeft(row, within);
    if (left <= this.longestRound(row)) return 0;
    const inside = this.depthInside(draft.entryLimit[index] ?? 0);
    if (this.total <= mulDivFloor(inside, copies.spreadAbove[row] ?? 0, RATE_ONE)) return 0;
    const entry = draft.entryLots[index] ?? 0;
    const share = mulDivFloor(inside, copies.spreadShare[row] ?? 0, RATE_ONE) / this.total;
    return Math.min(entry, Math.ceil(entry * Math.max(share, SPREAD_ROUND_MS / left)));
  }

  /** Until the copy's entry has to be done: its longest spread from the leader's fill on, inside its own window. */
  private timeLeft(row: number, within: number): number {
    const { draft } = this;
    const until = draft.sheet.rows.owedUntil[row] ?? 0;
    const began = until - (draft.book.copies.catchUpMs[row] ?? 0);
    return Math.min(until, began + within) - draft.options.now;
  }

  private longestRound(row: number): number {
    return SPREAD_ROUND_MS + (SPREAD_ROUND_MS * (this.draft.book.copies.spreadJitter[row] ?? 0)) / RATE_ONE + LOOK_MS;
  }

  /** Lots that stand inside a limit, of those that are told. Rows of one wave mostly share it. */
  private depthInside(limit: number): number {
    if (limit === this.limit) return this.inside;
    const { price, lots } = this.depth;
    let sum = 0;
    for (let level = 0; level < price.length; level += 1) {
      const at = price[level] ?? 0;
      if (this.buy ? at <= limit : at >= limit) sum += lots[level] ?? 0;
    }
    this.limit = limit;
    this.inside = sum;
    return sum;
  }

  /** Lets slices go by rank while the budget lasts, the first in any case, and holds the rest. Slices have at least twice the venue's minimum, else the entry goes whole. */
  private release(slices: Float64Array, budget: number): void {
    const { draft } = this;
    const places = rankedOrder(waveKey(draft.options.seed, this.rankWave), draft.copyNo, draft.count);
    let left = budget;
    for (const index of places) {
      const slice = slices[index] ?? 0;
      if (slice === 0) continue;
      const entry = draft.entryLots[index] ?? 0;
      const least = this.leastLots(index);
      const wanted = Math.max(slice, least);
      const lots = entry - wanted < least ? entry : wanted;
      const goes = left === budget ? budget > 0 : lots <= left;
      if (goes) left -= lots;
      cut(draft, index, goes ? lots : 0);
    }
  }

  /** Lots of twice the venue's minimum. */
  private leastLots(index: number): number {
    const { draft } = this;
    return mulDivCeil(2 * MIN_ORDER_VALUE, draft.sheet.lotsPerUnit, orderPrice(draft, draft.entryLimit[index] ?? 0));
  }

  /** Time to the next round: the usual one, longer or shorter by a share drawn from the day's seed and the wave. */
  private roundMs(jitter: number): number {
    const drawn = (2 * copyRank(waveKey(this.draft.options.seed, this.rankWave), 0)) / RANKS - 1;
    return SPREAD_ROUND_MS + Math.floor((SPREAD_ROUND_MS * jitter * drawn) / RATE_ONE);
  }
}

/** Leaves so many lots of an entry; the rest waits for another round. */
function cut(draft: Draft, index: number, lots: number): void {
  const { legs } = draft;
  if (lots === (draft.entryLots[index] ?? 0)) return;
  legs[3][index] = lots;
  draft.entryLots[index] = lots;
  if (lots === 0) draft.orderCount -= 1;
  draft.reason[index] = SPREAD;
}
