import { type Money, money } from '@lockstep/kernel';
import { type InstrumentSheet, isHandingOver, isOver, microToSize, reducedAsked, revalue, STATUS, scaleTarget } from '@lockstep/replication';
import { type EngineScopedUnit, savePositionStates, type TakenOnResult } from '@lockstep/storage';
import { positionStateOf } from '../books/position-state-of';
import type { EngineContext } from '../context';
import type { OpenProposal } from '../proposals/open-proposals';
import { type ProposalChange, takeAsked, writeChanges } from '../proposals/proposal-changes';
import { bookedAllocation as allocationInLedger } from '../state/booked-allocation';
import { type Intent, intentOf } from '../state/intent';
import type { CopyRecord } from '../state/registry';
import { takeBackIntent } from '../state/take-back-intent';
import { refreshPrices } from '../wave/plan-moves';
import { aloneInAll } from './alone-in-all';
import type { CommandParts } from './command-end';

/** One target that goes down with the allocation, and what its follower is asked about in the instrument. */
interface Reduced {
  readonly asked: { readonly before: OpenProposal | null; readonly changes: readonly ProposalChange[] };
  readonly sheet: InstrumentSheet;
  readonly before: Intent;
  readonly after: Intent;
}

/** Writes the change of an allocation, with what is to be written besides in the same transaction. */
export type WriteAllocation = (also?: (unit: EngineScopedUnit) => Promise<void>) => Promise<void>;

/**
 * Takes every target of a copy down by the share its equity loses, so that its leverage stays what it was, in the transaction that books the flow: the ledger
 * tells whether it was done, and a command made again after a process died reduces nothing twice. The next repair closes the difference; the price bound of
 * exits and the venue's minimum act as ever. What is being closed or handed over keeps its targets.
 */
export async function reduceProRata(
  ctx: EngineContext,
  parts: Pick<CommandParts, 'lanes'>,
  copy: CopyRecord,
  wanted: Money,
  write: WriteAllocation,
): Promise<TakenOnResult> {
  const met = [...copy.watched.book.allSheets()];
  const reduced: Reduced[] = [];
  let isWhole = true;
  // In all of them, whatever the copy holds now: a move that is planned while this waits asks for what the money of before allows.
  await aloneInAll(
    parts.lanes,
    copy.watched,
    met.map(({ instrument }) => instrument.coin),
    async () => {
      isWhole = [...copy.watched.book.allSheets()].length === met.length;
      if (!isWhole) return;
      const booked = await bookedAllocation(ctx, copy);
      const held = met.filter(({ rows, instrument: { coin } }) => (rows.target[copy.row] ?? 0) !== 0 || ctx.proposals.get(copy.no, coin) !== null);
      reduced.push(...(wanted < booked ? reduceTargets(ctx, copy, held, booked, wanted) : []));
      await writeReduced(ctx, copy, reduced, write);
    },
  );
  // The leader met another instrument meanwhile.
  return isWhole ? { instruments: reduced.map(resultOf) } : reduceProRata(ctx, parts, copy, wanted, write);
}

/** What the ledger says is assigned to a copy. */
export const bookedAllocation = (ctx: EngineContext, copy: CopyRecord): Promise<bigint> =>
  ctx.storage.scoped(copy.group.scope, (unit) => allocationInLedger(unit, copy.id), { readOnly: true });

function reduceTargets(ctx: EngineContext, copy: CopyRecord, held: readonly InstrumentSheet[], booked: bigint, wanted: bigint): Reduced[] {
  const { book } = copy.watched;
  const status = book.copies.status[copy.row] ?? 0;
  if (book.copies.copyNo[copy.row] !== copy.no || isHandingOver(status) || (status & STATUS.closing) !== 0) return [];
  refreshPrices(copy.watched);
  const now = Math.floor(ctx.clock.now());
  revalue(book, now, ctx.limits.markMaxAgeMs);
  const profit = BigInt((book.copies.equity[copy.row] ?? 0) - (book.copies.allocation[copy.row] ?? 0));
  const [before, after] = [booked + profit, wanted + profit];
  return held.map((sheet) => {
    const intent = intentOf(sheet, copy.row);
    scaleTarget(sheet, copy.row, { before: Number(before), after: Number(after) });
    const asked = ctx.proposals.get(copy.no, sheet.instrument.coin);
    const left = asked === null || isOver(asked.asked, now) ? null : reducedAsked(asked.asked, Number(before), Number(after));
    const changes = takeAsked(ctx, copy, sheet.instrument, left, now);
    return { sheet, before: intent, after: intentOf(sheet, copy.row), asked: { before: asked, changes } };
  });
}

async function writeReduced(ctx: EngineContext, copy: CopyRecord, reduced: readonly Reduced[], write: WriteAllocation): Promise<void> {
  const states = () =>
    reduced.map(({ sheet: { instrument }, after }) => positionStateOf(copy.no, instrument, ctx.booked.get(copy.no, instrument.coin).booked, after));
  try {
    await write(async (unit) => {
      await savePositionStates(unit, states());
      await writeChanges(
        unit,
        reduced.flatMap(({ asked }) => asked.changes),
      );
    });
  } catch (failure) {
    // An answer that was lost ends the engine: the next process loads what stands.
    for (const { sheet, before, after, asked } of reduced) {
      takeBackIntent(copy, sheet, after, before);
      if (asked.before !== null) ctx.proposals.put(asked.before);
    }
    throw failure;
  }
  for (const { sheet, after } of reduced) {
    const { coin } = sheet.instrument;
    ctx.booked.set(copy.no, coin, { booked: ctx.booked.get(copy.no, coin).booked, intent: after });
    // The next wave is compared with this, not with the wave before.
    ctx.booked.hand(copy.no, coin, after);
  }
}

const resultOf = ({ sheet: { instrument }, before, after }: Reduced): TakenOnResult['instruments'][number] => ({
  coin: instrument.coin,
  targetBefore: microToSize(instrument, before.targetMicro).toString(),
  target: microToSize(instrument, after.targetMicro).toString(),
  reason: null,
});

/** Money as a command names it. */
export const moneyOfText = (text: unknown): Money | null => (typeof text === 'string' && /^[1-9]\d{0,18}$/.test(text) ? money(BigInt(text)) : null);
