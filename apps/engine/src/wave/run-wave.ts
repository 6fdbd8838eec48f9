import { reasonNumber, TIF_GTC } from '@lockstep/replication';
import type { Bookkeeper } from '../books/bookkeeper';
import type { EngineContext } from '../context';
import { takeOutcomes, withholdingReason } from './apply-outcomes';
import { gateRows } from './gate-orders';
import { intentsOf } from './intents-of';
import { planMove, SUPERSEDED } from './plan-moves';
import type { Journaled, JournalTimes, PlannedWave } from './planned-wave';
import type { RecordedMove } from './recorded-move';
import { SendState, UNSENT, WITHHELD } from './send-state';
import { submitOrders } from './submit';
import { keepUnsure } from './unsure-entries';
import { recordOf } from './wave-record';
import { writeJournal } from './write-journal';

const NOT_SENT = reasonNumber('withheld');

/** What waits for the running wave of an instrument. */
export interface WaitingBehind {
  /** A newer move takes risk off or turns around: entries that have not left must not. */
  opposed(): boolean;
  /** A newer move, which plans all copies anew: one account that waits for its turn must not hold it up. */
  moves(): boolean;
  /** Anything at all: a lost answer must not hold it up. */
  any(): boolean;
}

export const NOTHING_BEHIND: WaitingBehind = { opposed: () => false, moves: () => false, any: () => false };

/**
 * The order of commits of one wave, which is what makes a crash at any moment harmless:
 *  1. inbox: fills and the numbered move (done before a move gets here);
 *  2. journal: every order with its nonce, all tenants, durable before the first byte;
 *  3. the venue;
 *  4. order rows and events per tenant, keyed by (wave, copy, leg, attempt);
 *  5. fills, ledger entries, positions and events per tenant, keyed by the venue's fill;
 *  6. the journal rows are closed.
 * A restart finds open journal rows (2 done, 6 not), settles each of their orders with the venue and does 4 to 6 again; doing any step twice
 * meets its own keys. A move without journal rows (1 done, 2 not) is planned anew: nothing of it was sent.
 */
export async function runMoves(ctx: EngineContext, books: Bookkeeper, moves: readonly RecordedMove[], behind: WaitingBehind): Promise<void> {
  const last = moves.length - 1;
  await ctx.sending.during(async () => {
    const waves = moves.map((move, index) => planMove(ctx, move, index < last));
    await runWaves(ctx, books, waves, moves, behind);
  });
}

/** Journals planned waves together and sends them one after another. `moves[i]` is the move behind wave i, if there is one. */
export async function runWaves(
  ctx: EngineContext,
  books: Bookkeeper,
  waves: readonly PlannedWave[],
  moves: readonly (RecordedMove | null)[],
  behind: WaitingBehind,
  firstPart = 0,
): Promise<void> {
  books.expect(waves);
  await ctx.sending.during(async () => {
    const journaled = await writeJournal(ctx, waves, firstPart);
    for (const [index, wave] of waves.entries()) await sendWave(ctx, books, wave, journaled, moves[index] ?? null, behind);
  });
}

async function sendWave(
  ctx: EngineContext,
  books: Bookkeeper,
  wave: PlannedWave,
  { times, stopsAsOf }: Journaled,
  move: RecordedMove | null,
  behind: WaitingBehind,
): Promise<void> {
  const { orders } = wave.plan;
  const state = new SendState(orders.count);
  if (!wave.superseded) await keepUnsure(ctx, wave, state, stopsAsOf);
  noteHalts(wave, state);
  wave.wayOut.done();
  // A superseded wave gave its lots back when it was planned.
  if (wave.superseded) for (let row = 0; row < orders.count; row += 1) state.withhold(row, SUPERSEDED);
  else if (orders.count > 0) await submit(ctx, wave, state, times, behind);
  if (orders.count > 0) ctx.pass('answered_all');
  if (!wave.superseded) releaseUnsent(ctx, wave, state, times);
  ctx.waves.add(recordOf(wave, state));
  await books.takeWave({ wave, state, times, move, intents: intentsOf(ctx, wave) });
}

/** What halts a copy while its entry is on its way to the book ends that entry too, also where it is lifted before the answer. */
function noteHalts({ plan: { orders }, watched }: PlannedWave, state: SendState): void {
  const { halts } = watched.book.copies;
  for (let row = 0; row < orders.count; row += 1) if (orders.tif[row] === TIF_GTC) state.halts[row] = halts[orders.row[row] ?? 0] ?? 0;
}

async function submit(ctx: EngineContext, wave: PlannedWave, state: SendState, times: JournalTimes, behind: WaitingBehind): Promise<void> {
  const { book, network } = wave.watched;
  for (const refusal of wave.approval.refused) state.withhold(refusal.row, refusal.reason);
  // A limit that was lowered while the journal was written binds what was approved before: a slow database makes that long.
  let first = ctx.stops.current === wave.judgedAt ? wave.approval.approved : null;
  await submitOrders(
    network.venue.orders,
    state,
    {
      approve: (rows) => {
        const before = first;
        first = null;
        if (before !== null && rows.length === state.count) return { approved: before, refused: [] };
        return gateRows(ctx, book, wave.plan, rows);
      },
      stopVersion: () => ctx.stops.current + (behind.opposed() ? 0.5 : 0),
      reasonToWithhold: (row) => withholdingReason(wave, state, row, behind.opposed(), ctx.clock.now()),
      enough: (silentMs) => silentMs >= ctx.limits.answerPatienceMs && behind.any(),
      overdue: (silentMs) => (silentMs >= ctx.limits.answerPatienceMs && behind.moves() ? SUPERSEDED : 0),
      monotonic: () => ctx.clock.monotonic(),
      timers: ctx.timers,
      onOutcomes: (rows) => takeOutcomes(ctx, wave, state, rows, times),
    },
    ctx.pass,
  );
}

/** Lots reserved for orders that never left are given back, so that the next plan sees them missing. */
function releaseUnsent(ctx: EngineContext, wave: PlannedWave, state: SendState, times: JournalTimes): void {
  const rows: number[] = [];
  for (let row = 0; row < state.count; row += 1) {
    if (state.outcome[row] === UNSENT) state.withhold(row, NOT_SENT);
    if (state.outcome[row] === WITHHELD) rows.push(row);
  }
  takeOutcomes(ctx, wave, state, Int32Array.from(rows), times);
}
