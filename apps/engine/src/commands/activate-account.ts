import type { EpochMs, TenantScope } from '@lockstep/kernel';
import { builderToApprove } from '@lockstep/ledger';
import {
  type AccountResult,
  type CommandRow,
  type FeeScheduleRow,
  feeVersionOf,
  fundingReadTimes,
  type SignedApproval,
  type VenueAccountRow,
} from '@lockstep/storage';
import type { Venue } from '@lockstep/venues/port';
import type { EngineContext } from '../context';
import { newEvent } from '../new-event';
import { addAccount, NO_END } from '../state/load-book';
import { loadKeys } from '../state/load-keys';
import type { Network } from '../state/networks';
import { putMarkup } from '../state/put-markup';
import type { AccountRecord } from '../state/registry';
import { applied, type CommandEnd, type CommandParts, refused } from './command-end';
import { approvalsOf } from './payload';

/** Approvals take a block to be seen: what was approved is asked for this often, with this wait between. */
const APPROVAL_READS_MAX = 20;
const APPROVAL_READ_WAIT_MS = 150;
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, APPROVAL_READ_WAIT_MS));

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
    if (outcome.kind === 'rejected' && outcome.code !== 'nonce_duplicate') return refuseApproval(ctx, parts, scope, row, approval, outcome.text);
    if (outcome.kind === 'unknown') ctx.log.warn('the answer to a wallet approval was lost; the venue is asked', { venueAccountId: row.id });
  }
  const account = await loadAccount(ctx, parts, scope, row, network);
  if (!account.signs) return refused('key_unreadable');
  const agent = await findAgent(ctx, network.venue, row, account);
  if (agent === null) return refused('agent_not_approved');
  // An account that used up its requests elsewhere sends seldom: better known before its first wave. Nothing waits for it.
  void network.venue.egress?.readAccount(account.index, row.address);
  const mode = await network.venue.truth.accountMode(row.address);
  const schedules = await ctx.storage.scoped(scope, (unit) => unit.feeSchedules.versions());
  const wanted = builderToApprove(schedules.map(feeVersionOf), ctx.clock.now());
  const builder = await findBuilder(network.venue, row, wanted, approvals.some(isBuilderFee) ? APPROVAL_READS_MAX : 1);
  if (builder === null) return refused('venue_unreachable', 'the builder fee');
  const result: AccountResult = {
    agentValidUntil: agent.validUntil,
    builderFeeApprovedTenths: builder.approvedTenths,
    mode: mode.ok ? mode.value : 'standard',
  };
  takeResult(ctx, account, builder, result, schedules);
  await writeActive(ctx, parts, scope, row, builder, result);
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
  for (let attempt = 0; attempt < APPROVAL_READS_MAX; attempt += 1) {
    const agents = await venue.truth.agents(row.address);
    const named = agents.ok ? agents.value.find((agent) => agent.address.toLowerCase() === row.agentAddress.toLowerCase()) : undefined;
    if (named !== undefined) return named;
    const proof = await venue.orders.noop(account.index, ctx.nonces.next(account.index, ctx.clock.now()));
    if (proof.kind === 'accepted') return { validUntil: null };
    await pause();
  }
  return null;
}

/** Who receives the markup of an account's orders at the venue, and the fee its owner approved for that, in tenths of a basis point. */
interface FoundBuilder {
  readonly address: string | null;
  readonly approvedTenths: number;
}

/** The builder to approve once the venue shows an approval for it; until then the one the account has. Null when the venue does not answer. */
async function findBuilder(venue: Venue, row: VenueAccountRow, wanted: string | null, reads: number): Promise<FoundBuilder | null> {
  const had = row.builderAddress;
  if (wanted !== null) {
    const approvedTenths = await approvedFee(venue, row.address, wanted, reads);
    if (approvedTenths === null) return null;
    if (approvedTenths > 0 || had === wanted) return { address: wanted, approvedTenths };
  }
  if (had === null) return { address: null, approvedTenths: 0 };
  const approvedTenths = await approvedFee(venue, row.address, had, 1);
  return approvedTenths === null ? null : { address: had, approvedTenths };
}

/** The fee approved for a builder, asked for until there is one, `reads` times at most. Null when the last read failed. */
async function approvedFee(venue: Venue, address: string, builder: string, reads: number): Promise<number | null> {
  let read = await venue.truth.builderApproval(address, builder);
  for (let left = reads - 1; left > 0 && !(read.ok && read.value > 0); left -= 1) {
    await pause();
    read = await venue.truth.builderApproval(address, builder);
  }
  return read.ok ? read.value : null;
}

const isBuilderFee = (approval: SignedApproval): boolean => approval.action.type === 'approveBuilderFee';

/** Loads the account, or brings a loaded one up to date: a renewed agent gets its new key into the workers, one that already signs goes on signing. */
async function loadAccount(
  ctx: EngineContext,
  parts: CommandParts,
  scope: TenantScope,
  row: VenueAccountRow,
  network: Network,
): Promise<AccountRecord> {
  const known = ctx.registry.accountsByNo.get(Number(row.no));
  if (known?.signs === true && known.agentAddress === row.agentAddress) return known;
  const record = known ?? addAccount(ctx, row, scope, network, await readSoFar(ctx, scope, row));
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
function takeResult(
  ctx: EngineContext,
  record: AccountRecord,
  builder: FoundBuilder,
  result: AccountResult,
  schedules: readonly FeeScheduleRow[],
): void {
  record.agentValidUntil = result.agentValidUntil ?? 0;
  record.builderAddress = builder.address;
  record.builderFeeApproved = builder.approvedTenths;
  for (const copy of ctx.registry.copiesOf(record)) {
    const validUntil: EpochMs = record.agentValidUntil === 0 ? NO_END : record.agentValidUntil;
    copy.watched.book.setSigner(copy.row, record.index, validUntil);
    putMarkup(ctx, copy, schedules);
  }
}

async function writeActive(
  ctx: EngineContext,
  parts: CommandParts,
  scope: TenantScope,
  row: VenueAccountRow,
  builder: FoundBuilder,
  result: AccountResult,
): Promise<void> {
  await parts.books.run(scope, async () => {
    await ctx.storage.scoped(scope, async (unit) => {
      await unit.venueAccounts.update(
        { id: row.id },
        {
          status: 'active',
          statusReason: null,
          agentStatus: 'approved',
          agentValidUntil: result.agentValidUntil,
          builderAddress: builder.address,
          builderFeeApproved: builder.approvedTenths,
          mode: result.mode,
          updatedAt: unit.now,
        },
      );
      await unit.events.append([accountEvent(ctx, row, 'active', 'approved', result.builderFeeApprovedTenths, null)]);
    });
  });
}

/** A refused agent is none; a refused builder fee leaves the agent as it is. */
async function refuseApproval(
  ctx: EngineContext,
  parts: CommandParts,
  scope: TenantScope,
  row: VenueAccountRow,
  approval: SignedApproval,
  text: string,
): Promise<CommandEnd> {
  const agentStatus = isBuilderFee(approval) ? row.agentStatus : 'refused';
  await parts.books.run(scope, async () => {
    await ctx.storage.scoped(scope, async (unit) => {
      await unit.venueAccounts.update({ id: row.id }, { agentStatus, statusReason: text.slice(0, 500), updatedAt: unit.now });
      await unit.events.append([accountEvent(ctx, row, row.status, agentStatus, row.builderFeeApproved, text)]);
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
