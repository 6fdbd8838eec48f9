import type { EpochMs, TenantScope } from '@lockstep/kernel';
import { type AccountResult, type CommandRow, fundingReadTimes, type VenueAccountRow } from '@lockstep/storage';
import type { Venue } from '@lockstep/venues/port';
import type { EngineContext } from '../context';
import { newEvent } from '../new-event';
import { addAccount, markupOf, NO_END } from '../state/load-book';
import { loadKeys } from '../state/load-keys';
import type { Network } from '../state/networks';
import type { AccountRecord } from '../state/registry';
import { applied, type CommandEnd, type CommandParts, refused } from './command-end';
import { approvalsOf } from './payload';

/** Approvals take a block to be seen: the agent is asked for this often, with this wait between. */
const AGENT_READS_MAX = 20;
const AGENT_READ_WAIT_MS = 150;

/** Relays the wallet's approvals, checks at the venue what they gave, loads the key and sets the account active. */
export async function activateAccount(ctx: EngineContext, parts: CommandParts, scope: TenantScope, command: CommandRow): Promise<CommandEnd> {
  const row = await ctx.storage.scoped(scope, (unit) => unit.venueAccounts.findOne({ id: idOf(command) }));
  if (row === null) return refused('unknown_target');
  if (row.status === 'closed' || row.status === 'suspended') return refused('wrong_state', row.status);
  const approvals = approvalsOf(command.payload);
  if (approvals === null) return refused('bad_payload');
  const network = await networkOf(parts, row);
  if (network === null) return refused('network_unknown', row.network);
  for (const approval of approvals) {
    const outcome = await network.venue.orders.relay(approval);
    if (outcome.kind === 'rejected' && outcome.code !== 'nonce_duplicate') return refuseApproval(ctx, parts, scope, row, outcome.text);
    if (outcome.kind === 'unknown') ctx.log.warn('the answer to a wallet approval was lost; the venue is asked', { venueAccountId: row.id });
  }
  const account = await loadAccount(ctx, parts, scope, row, network);
  if (!account.signs) return refused('key_unreadable');
  const agent = await findAgent(ctx, network.venue, row, account);
  if (agent === null) return refused('agent_not_approved');
  const mode = await network.venue.truth.accountMode(row.address);
  const builderFee = row.builderAddress === null ? null : await network.venue.truth.builderApproval(row.address, row.builderAddress);
  const result: AccountResult = {
    agentValidUntil: agent.validUntil,
    builderFeeApprovedTenths: builderFee?.ok === true ? builderFee.value : 0,
    mode: mode.ok ? mode.value : 'standard',
  };
  await takeResult(ctx, scope, row, account, result);
  await writeActive(ctx, parts, scope, row, result);
  return applied(result);
}

const idOf = (command: CommandRow): VenueAccountRow['id'] => command.targetId as VenueAccountRow['id'];

async function networkOf(parts: CommandParts, row: VenueAccountRow): Promise<Network | null> {
  try {
    return await parts.directory.find(row.venue, row.network);
  } catch {
    return null;
  }
}

/** What the venue says of the agent: its end, null when it has none. */
interface FoundAgent {
  readonly validUntil: EpochMs | null;
}

/** A named agent stands in the venue's list; an unnamed one does not, and proves itself by an action that does nothing. */
async function findAgent(ctx: EngineContext, venue: Venue, row: VenueAccountRow, account: AccountRecord): Promise<FoundAgent | null> {
  for (let attempt = 0; attempt < AGENT_READS_MAX; attempt += 1) {
    const agents = await venue.truth.agents(row.address);
    const named = agents.ok ? agents.value.find((agent) => agent.address.toLowerCase() === row.agentAddress.toLowerCase()) : undefined;
    if (named !== undefined) return named;
    const proof = await venue.orders.noop(account.index, ctx.nonces.next(account.index, ctx.clock.now()));
    if (proof.kind === 'accepted') return { validUntil: null };
    await new Promise((resolve) => setTimeout(resolve, AGENT_READ_WAIT_MS));
  }
  return null;
}

/** Loads the account, or brings a loaded one up to date: a renewed agent gets its new key into the workers. */
async function loadAccount(
  ctx: EngineContext,
  parts: CommandParts,
  scope: TenantScope,
  row: VenueAccountRow,
  network: Network,
): Promise<AccountRecord> {
  const record = ctx.registry.accountsByNo.get(Number(row.no)) ?? addAccount(ctx, row, scope, network, await readSoFar(ctx, scope, row));
  record.agentAddress = row.agentAddress;
  record.signs = false;
  await loadKeys(ctx, parts.opener, [{ record, row }]);
  return record;
}

/** Fills count from now on; funding from where it was read to, because an account may have been loaded and unloaded before. */
async function readSoFar(ctx: EngineContext, scope: TenantScope, row: VenueAccountRow) {
  const times = await ctx.storage.scoped(scope, (unit) => fundingReadTimes(unit, Number(row.no)));
  return { fillsReadTo: ctx.clock.now(), fundingReadTo: times.get(Number(row.no)) ?? row.createdAt };
}

/** Puts what the venue said on the account and on the copies that run on it. */
async function takeResult(ctx: EngineContext, scope: TenantScope, row: VenueAccountRow, record: AccountRecord, result: AccountResult): Promise<void> {
  record.agentValidUntil = result.agentValidUntil ?? 0;
  record.builderAddress = row.builderAddress;
  record.builderFeeApproved = result.builderFeeApprovedTenths;
  const schedules = await ctx.storage.scoped(scope, (unit) => unit.feeSchedules.versions());
  for (const copy of ctx.registry.copiesOf(record)) {
    const validUntil: EpochMs = record.agentValidUntil === 0 ? NO_END : record.agentValidUntil;
    copy.watched.book.setSigner(copy.row, record.index, validUntil);
    copy.watched.book.setMarkup(copy.row, markupOf(ctx, scope, schedules, record, copy.watched));
  }
}

async function writeActive(ctx: EngineContext, parts: CommandParts, scope: TenantScope, row: VenueAccountRow, result: AccountResult): Promise<void> {
  await parts.books.run(scope, async () => {
    await ctx.storage.scoped(scope, async (unit) => {
      await unit.venueAccounts.update(
        { id: row.id },
        {
          status: 'active',
          statusReason: null,
          agentStatus: 'approved',
          agentValidUntil: result.agentValidUntil,
          builderFeeApproved: result.builderFeeApprovedTenths,
          mode: result.mode,
          updatedAt: unit.now,
        },
      );
      await unit.events.append([accountEvent(ctx, row, 'active', 'approved', result.builderFeeApprovedTenths, null)]);
    });
  });
}

async function refuseApproval(ctx: EngineContext, parts: CommandParts, scope: TenantScope, row: VenueAccountRow, text: string): Promise<CommandEnd> {
  await parts.books.run(scope, async () => {
    await ctx.storage.scoped(scope, async (unit) => {
      await unit.venueAccounts.update({ id: row.id }, { agentStatus: 'refused', statusReason: text.slice(0, 500), updatedAt: unit.now });
      await unit.events.append([accountEvent(ctx, row, row.status, 'refused', row.builderFeeApproved, text)]);
    });
  });
  return refused('approval_refused', text);
}

const accountEvent = (ctx: EngineContext, row: VenueAccountRow, status: string, agentStatus: string, fee: number, reason: string | null) =>
  newEvent(ctx, 'venue_account.changed', ctx.clock.now(), {
    venue_account_id: row.id,
    follower_id: row.followerId,
    status,
    agent_status: agentStatus,
    builder_fee_approved_tenths_bp: fee,
    reason,
  });
