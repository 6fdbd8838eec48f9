import { lotSize, parseSize } from '@lockstep/kernel';
import { type InstrumentSheet, MICRO, microToSize, takeApproved } from '@lockstep/replication';
import { type CommandRow, type EngineScopedUnit, type ProposalRow, proposalById } from '@lockstep/storage';
import { forfeitedEvent } from '../books/forfeited-event';
import { applied, type CommandEnd, type CommandParts, refused } from '../commands/command-end';
import { field } from '../commands/payload';
import { keepIntent } from '../commands/take-on-positions';
import type { EngineContext } from '../context';
import { intentOf } from '../state/intent';
import type { CopyRecord } from '../state/registry';
import type { OpenProposal } from './open-proposals';
import { approveOf, endProposal, orTakeBack, writeChanges } from './proposal-changes';
import { proposalEnd } from './proposal-end';

type Parts = Pick<CommandParts, 'books' | 'lanes' | 'repairs'>;

/**
 * Carries out a follower's word on a proposal, once: the raised target and the proposal's new state are one transaction, which names the command, so that one that
 * is made again after a process died finds itself. What is approved is owed from now on at the price it was asked about at, and the repair sends it with every
 * check of that moment, inside the copy's catch-up window and no longer than the proposal lasts.
 */
export async function answerProposal(ctx: EngineContext, parts: Parts, command: CommandRow): Promise<CommandEnd> {
  const copy = ctx.registry.copiesById.get(command.targetId);
  const id = field(command.payload, 'proposal');
  if (copy === undefined || typeof id !== 'string') return refused(copy === undefined ? 'unknown_target' : 'bad_payload');
  const stored = await ctx.storage.scoped(copy.group.scope, (unit) => proposalById(unit, id), { readOnly: true });
  if (stored === null || stored.copyId !== copy.id) return refused('unknown_target');
  if (stored.lastCommandNo !== null && stored.lastCommandNo >= command.no) return applied(resultOf(stored));
  const sheet = copy.watched.book.findSheet(stored.coin);
  if (sheet === undefined) return refused('proposal_over', stored.status);
  let end: CommandEnd = refused('proposal_over', stored.status);
  await parts.lanes.alone(copy.watched, stored.coin, async () => {
    const open = ctx.proposals.get(copy.no, stored.coin);
    if (open === null || open.row.id !== id || copy.watched.book.copies.copyNo[copy.row] !== copy.no) return;
    end = command.kind === 'proposal.decline' ? await decline(ctx, parts, open, command) : await approve(ctx, parts, copy, sheet, open, command);
  });
  // Now instead of at the next look.
  if (end.status === 'applied' && command.kind === 'proposal.approve') void parts.repairs.repair(copy.watched, sheet, 'repair');
  return end;
}

async function decline(ctx: EngineContext, { books }: Parts, open: OpenProposal, { no }: CommandRow): Promise<CommandEnd> {
  const change = endProposal(ctx, open, 'declined', no);
  await orTakeBack(ctx, placeOf(open), () => books.run(open.scope, () => ctx.storage.scoped(open.scope, (unit) => writeChanges(unit, [change]))));
  return applied(resultOf(change.row));
}

async function approve(
  ctx: EngineContext,
  { books }: Parts,
  copy: CopyRecord,
  sheet: InstrumentSheet,
  open: OpenProposal,
  command: CommandRow,
): Promise<CommandEnd> {
  const { copies } = copy.watched.book;
  const now = Math.floor(ctx.clock.now());
  const { asked } = open;
  const over = proposalEnd(ctx, open);
  if (over !== null) return refused('proposal_over', over);
  const micro = approvedMicro(sheet, open, field(command.payload, 'size'));
  if (micro === null) return refused('bad_payload', 'size');
  const before = intentOf(sheet, copy.row);
  const window = Math.max(copies.catchUpMs[copy.row] ?? 0, copies.maxAgeMs[copy.row] ?? 0);
  const approved = { buy: asked.buy, micro, price: asked.price };
  const forfeit = takeApproved(copy.watched.book, sheet, copy.row, approved, { now, until: Math.min(now + window, asked.endsAt) });
  const change = approveOf(ctx, open, sheet.instrument, micro, command.no);
  const write = async (unit: EngineScopedUnit): Promise<void> => {
    if (forfeit !== null) await unit.events.append([forfeitedEvent(ctx, copy, sheet.instrument, forfeit)]);
    await writeChanges(unit, [change]);
  };
  await orTakeBack(ctx, placeOf(open), () => keepIntent(ctx, books, copy, sheet, before, write));
  return applied(resultOf(change.row));
}

/** How much of what is left an approval of a size (10^-8, as text) takes; null: it says no size. */
function approvedMicro({ instrument }: InstrumentSheet, { asked }: OpenProposal, text: unknown): number | null {
  const parsed = typeof text === 'string' ? parseSize(text) : null;
  if (parsed === null || !parsed.ok || parsed.value <= 0n) return null;
  // What is shown of the rest is rounded down.
  if (parsed.value >= microToSize(instrument, asked.micro)) return asked.micro;
  const micro = Number((parsed.value * BigInt(MICRO)) / lotSize(instrument));
  return micro > 0 ? Math.min(micro, asked.micro) : null;
}

/** Where a proposal stands in memory. */
export const placeOf = (open: OpenProposal) => ({ copyNo: Number(open.row.copyNo), coin: open.row.coin, before: open });

/** Sizes 10^-8 as text. */
const resultOf = ({ id, status, approvedSize, leftSize }: Pick<ProposalRow, 'id' | 'status' | 'approvedSize' | 'leftSize'>) => ({
  proposal: id,
  status,
  approvedSize: approvedSize.toString(),
  leftSize: leftSize.toString(),
});
