import { wireTime } from '@lockstep/delivery';
import { type EpochMs, formatPrice, formatSize, type Instrument, price, size, type TenantScope } from '@lockstep/kernel';
import { type Asked, isOver, microToSize } from '@lockstep/replication';
import { type EngineScopedUnit, type NewEvent, type NewRow, type ProposalRow, saveProposals } from '@lockstep/storage';
import type { EngineContext } from '../context';
import { newEvent } from '../new-event';
import type { CopyRecord } from '../state/registry';
import type { OpenProposal } from './open-proposals';

/** A proposal as it is to be written, and what is told of it in the same transaction. */
export interface ProposalChange {
  readonly row: NewRow<ProposalRow>;
  readonly event: NewEvent;
}

/** How a proposal came to its end. */
export type ProposalEnd = Exclude<ProposalRow['status'], 'open'>;

type Context = Pick<EngineContext, 'clock' | 'clocks' | 'ids' | 'proposals'>;

/**
 * Takes what a copy's follower is asked about now in the place of what it was, in memory. Returns what is to be written of it, oldest first: where the side
 * turned, or the proposal was over by `decidedAt`, the end of one proposal and the beginning of another. Call it in the instrument's lane.
 */
export function takeAsked(
  ctx: Context,
  copy: CopyRecord,
  instrument: Instrument,
  after: Asked | null,
  decidedAt: EpochMs,
): readonly ProposalChange[] {
  const before = ctx.proposals.get(copy.no, instrument.coin);
  if (before === null) return after === null ? [] : [makeProposal(ctx, copy, instrument, after)];
  if (after === before.asked) return [];
  if (isOver(before.asked, decidedAt)) {
    return [endProposal(ctx, before, 'ended'), ...(after === null ? [] : [makeProposal(ctx, copy, instrument, after)])];
  }
  if (after === null) return [endProposal(ctx, before, 'withdrawn')];
  if (after.buy !== before.asked.buy) return [endProposal(ctx, before, 'withdrawn'), makeProposal(ctx, copy, instrument, after)];
  return [changeProposal(ctx, before, instrument, after)];
}

/** Ends a proposal in memory: nothing of it can be approved any more. */
export function endProposal(ctx: Context, { row }: OpenProposal, status: ProposalEnd, lastCommandNo = row.lastCommandNo): ProposalChange {
  ctx.proposals.drop(Number(row.copyNo), row.coin);
  return told(ctx, 'proposal.ended', { ...row, leftMicro: 0n, leftSize: 0n, status, lastCommandNo, updatedAt: nowOf(ctx) });
}

/** A proposal once some of it was approved, in memory too: open with the rest, or at its end. */
export function approveOf(ctx: Context, open: OpenProposal, instrument: Instrument, micro: number, commandNo: bigint): ProposalChange {
  const { row, asked, scope } = open;
  const approvedMicro = row.approvedMicro + BigInt(micro);
  const approved = { ...row, approvedMicro, approvedSize: sizeOf(instrument, Number(approvedMicro)), lastCommandNo: commandNo };
  if (micro >= asked.micro) return endProposal(ctx, { ...open, row: approved }, 'approved');
  const left = { ...asked, micro: asked.micro - micro };
  const changed = { ...approved, leftMicro: BigInt(left.micro), leftSize: sizeOf(instrument, left.micro), updatedAt: nowOf(ctx) };
  ctx.proposals.put({ scope, row: changed, asked: left });
  return told(ctx, 'proposal.changed', changed);
}

function makeProposal(ctx: Context, copy: CopyRecord, instrument: Instrument, asked: Asked): ProposalChange {
  const now = nowOf(ctx);
  const row: NewRow<ProposalRow> = {
    id: ctx.ids.next('proposal'),
    copyNo: BigInt(copy.no),
    copyId: copy.id,
    leaderId: copy.group.leaderId,
    coin: instrument.coin,
    buy: asked.buy,
    askedMicro: BigInt(asked.micro),
    leftMicro: BigInt(asked.micro),
    approvedMicro: 0n,
    askedSize: sizeOf(instrument, asked.micro),
    leftSize: sizeOf(instrument, asked.micro),
    approvedSize: 0n,
    price: BigInt(asked.price),
    status: 'open',
    lastCommandNo: null,
    createdAt: now,
    endsAt: endOf(ctx, copy.group.scope, asked),
    updatedAt: now,
  };
  ctx.proposals.put({ scope: copy.group.scope, row, asked });
  return told(ctx, 'proposal.made', row);
}

function changeProposal(ctx: Context, { scope, row, asked: before }: OpenProposal, instrument: Instrument, asked: Asked): ProposalChange {
  const askedMicro = row.askedMicro + BigInt(Math.max(0, asked.micro - before.micro));
  const changed: NewRow<ProposalRow> = {
    ...row,
    askedMicro,
    askedSize: sizeOf(instrument, Number(askedMicro)),
    leftMicro: BigInt(asked.micro),
    leftSize: sizeOf(instrument, asked.micro),
    price: BigInt(asked.price),
    endsAt: asked.endsAt === before.endsAt ? row.endsAt : endOf(ctx, scope, asked),
    updatedAt: nowOf(ctx),
  };
  ctx.proposals.put({ scope, row: changed, asked });
  return told(ctx, 'proposal.changed', changed);
}

/** A proposal's end as it is written down: by the tenant's clock. While that stands it ends as much later as it would with it running. */
function endOf(ctx: Context, scope: TenantScope, { endsAt }: Asked): EpochMs {
  const now = nowOf(ctx);
  return Math.floor(ctx.clocks.businessTime(scope, now) + endsAt - now);
}

function told(ctx: Context, type: 'proposal.made' | 'proposal.changed' | 'proposal.ended', row: NewRow<ProposalRow>): ProposalChange {
  const event = newEvent(ctx, type, row.updatedAt, {
    proposal_id: row.id,
    copy_id: row.copyId,
    leader_id: row.leaderId,
    coin: row.coin,
    side: row.buy ? 'buy' : 'sell',
    size: formatSize(size(row.leftSize)),
    approved_size: formatSize(size(row.approvedSize)),
    price: formatPrice(price(row.price)),
    status: row.status,
    ends_at: wireTime(row.endsAt),
  });
  return { row, event };
}

/** Makes a write about what a copy's follower is asked about; where it fails, memory says again what it said before, and the command is made again. */
export async function orTakeBack(
  { proposals }: Pick<EngineContext, 'proposals'>,
  { copyNo, coin, before }: { readonly copyNo: number; readonly coin: string; readonly before: OpenProposal | null },
  write: () => Promise<unknown>,
): Promise<void> {
  try {
    await write();
  } catch (failure) {
    if (before === null) proposals.drop(copyNo, coin);
    else proposals.put(before);
    throw failure;
  }
}

/** Writes changes of proposals and tells them. */
export async function writeChanges(unit: EngineScopedUnit, changes: readonly ProposalChange[]): Promise<void> {
  if (changes.length === 0) return;
  await saveProposals(unit, newestRows(changes));
  await unit.events.append(changes.map(({ event }) => event));
}

/** Of several changes of one proposal the last stands. */
export function newestRows(changes: readonly ProposalChange[]): readonly NewRow<ProposalRow>[] {
  return [...new Map(changes.map(({ row }) => [row.id, row])).values()];
}

const sizeOf = (instrument: Instrument, micro: number): bigint => microToSize(instrument, micro);
const nowOf = (ctx: Pick<EngineContext, 'clock'>): number => Math.floor(ctx.clock.now());
