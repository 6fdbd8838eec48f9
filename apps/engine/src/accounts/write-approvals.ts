import { wireTime } from '@lockstep/delivery';
import type { TenantScope } from '@lockstep/kernel';
import type { AgentStatus, FeeScheduleRow, NewEvent, VenueAccountRow } from '@lockstep/storage';
import type { Bookkeeper } from '../books/bookkeeper';
import type { EngineContext } from '../context';
import { newEvent } from '../new-event';
import { putMarkup } from '../state/put-markup';
import type { AccountRecord } from '../state/registry';
import { entriesUntil, triesExits } from './agent-standing';

/** Puts an account's key and how long it may take entries on the copies that run on it. */
export function putSigner(ctx: EngineContext, account: AccountRecord): void {
  const tries = triesExits(account, ctx.clock.now(), ctx.limits.goneExitEveryMs);
  const signer = account.signs && tries ? account.signer : -1;
  for (const copy of ctx.registry.copiesOf(account)) copy.watched.book.setSigner(copy.row, signer, entriesUntil(account));
}

/** Takes how an agent stands into memory at once, so that entries stop. {@link writeAgentStanding} writes it. */
export function takeAgentStanding(ctx: EngineContext, account: AccountRecord, agentStatus: AgentStatus, validUntil: number): void {
  account.agentStatus = agentStatus;
  account.agentValidUntil = validUntil;
  putSigner(ctx, account);
  ctx.stops.changed();
  ctx.log.warn('an agent stands differently', { venueAccountNo: account.no, agentStatus, validUntil });
}

/** Writes how an account's agent stands in memory, with its event. */
export async function writeAgentStanding(ctx: EngineContext, books: Bookkeeper, account: AccountRecord): Promise<void> {
  await write(ctx, books, account, ({ agentStatus, agentValidUntil }) => ({
    agentStatus,
    agentValidUntil: agentValidUntil === 0 ? null : agentValidUntil,
  }));
}

/**
 * Takes the builder fee a wallet approves now: its copies' orders bear the markup, or what a missing approval means, from the next decision on. Throws where the
 * tenant's schedules cannot be read: then the copies go on as before, and it is to be taken again. {@link writeBuilderApproval} writes it.
 */
export async function takeBuilderApproval(ctx: EngineContext, account: AccountRecord, approvedTenths: number): Promise<void> {
  if (account.builderFeeApproved !== approvedTenths) ctx.log.warn('a builder approval changed', { venueAccountNo: account.no, approvedTenths });
  account.builderFeeApproved = approvedTenths;
  const schedules = await newestSchedules(ctx, account.scope);
  for (const copy of ctx.registry.copiesOf(account)) putMarkup(ctx, copy, schedules);
}

/** Writes the builder fee a wallet approves as it stands in memory, with its event. */
export async function writeBuilderApproval(ctx: EngineContext, books: Bookkeeper, account: AccountRecord): Promise<void> {
  await write(ctx, books, account, ({ builderFeeApproved }) => ({ builderFeeApproved }));
}

/** A tenant's fee schedules, none older than its copies go by: what a slow database answers late may have been read before a newer version was taken up. */
async function newestSchedules(ctx: EngineContext, scope: TenantScope): Promise<readonly FeeScheduleRow[]> {
  for (;;) {
    const schedules = await ctx.storage.scoped(scope, (unit) => unit.feeSchedules.versions(), { readOnly: true });
    if (schedules.length >= ctx.feeTerms.count(scope)) return schedules;
  }
}

/** Not over a row whose agent was replaced since: that tells of the new one. */
async function write(
  ctx: EngineContext,
  books: Bookkeeper,
  account: AccountRecord,
  changeOf: (account: AccountRecord) => Partial<Pick<VenueAccountRow, 'agentStatus' | 'agentValidUntil' | 'builderFeeApproved'>>,
): Promise<void> {
  await books.run(account.scope, async () => {
    await ctx.storage.scoped(account.scope, async (unit) => {
      const { id, agentAddress } = account;
      await unit.venueAccounts.update({ id, agentAddress }, { ...changeOf(account), updatedAt: unit.now });
      const row = await unit.venueAccounts.findOne({ id });
      if (row !== null) await unit.events.append([accountEvent(ctx, row, null)]);
    });
  });
}

/** An account as its row stands, told to the tenant; `reason` is for people. */
export const accountEvent = (
  ctx: EngineContext,
  row: Pick<VenueAccountRow, 'id' | 'followerId' | 'status' | 'agentStatus' | 'agentValidUntil' | 'builderFeeApproved'>,
  reason: string | null,
): NewEvent =>
  newEvent(ctx, 'venue_account.changed', ctx.clock.now(), {
    venue_account_id: row.id,
    follower_id: row.followerId,
    status: row.status,
    agent_status: row.agentStatus,
    agent_valid_until: row.agentValidUntil === null ? null : wireTime(row.agentValidUntil),
    builder_fee_approved_tenths_bp: row.builderFeeApproved,
    reason,
  });
