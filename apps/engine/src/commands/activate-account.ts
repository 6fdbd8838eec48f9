import type { TenantScope } from '@lockstep/kernel';
import { builderToApprove } from '@lockstep/ledger';
import {
  type AccountResult,
  type CommandRow,
  type FeeScheduleRow,
  feeVersionOf,
  fundingReadTimes,
  type SignedApproval,
  type SpareAgentRow,
  type VenueAccountRow,
} from '@lockstep/storage';
import type { Address, RejectCode, SignerHandle, Venue } from '@lockstep/venues/port';
import { standingByTime } from '../accounts/agent-standing';
import { type FoundBuilder, findAgent, findBuilder } from '../accounts/find-agent';
import { needsSigner } from '../accounts/needed-signer';
import { verifyAccount } from '../accounts/verify-account';
import { accountEvent, putSigner } from '../accounts/write-approvals';
import type { EngineContext } from '../context';
import { addAccount } from '../state/load-book';
import { loadKeys, loadSpareKey } from '../state/load-keys';
import type { Network } from '../state/networks';
import { putMarkup } from '../state/put-markup';
import type { AccountRecord } from '../state/registry';
import { applied, type CommandEnd, type CommandParts, refused } from './command-end';
import { approvalsOf } from './payload';

/** A command on an account, and which try of this process it is. */
export interface ActivationTry {
  readonly command: CommandRow;
  readonly attempt: number;
  readonly isLast: boolean;
}

/** What became of a try to activate an account. `mayPass`: what refused it may pass by itself. */
export interface ActivationEnd {
  readonly end: CommandEnd;
  readonly mayPass: boolean;
}

/** Refusals of an agent's approval with which the approval may stand already: the venue is asked before it is given up. */
const MAY_STAND: ReadonlySet<RejectCode> = new Set(['agent_removal_pending', 'agent_used']);

const definite = (end: CommandEnd): ActivationEnd => ({ end, mayPass: false });
const passing = (end: CommandEnd): ActivationEnd => ({ end, mayPass: true });

/**
 * Checks with the venue what the account is, relays the wallet's approvals, checks what they gave, loads the key and sets the account active. Of an account
 * that trades already, a renewed agent takes over once the venue knows it: until then the old one signs, and both have their own nonces.
 * What an approval is refused for does not count where the agent stands all the same. `attempt` counts from 1; of the last one a refusal is told of the account.
 */
export async function activateAccount(
  ctx: EngineContext,
  parts: CommandParts,
  scope: TenantScope,
  { command, attempt, isLast }: ActivationTry,
): Promise<ActivationEnd> {
  const { row, next } = await readAccount(ctx, scope, command);
  if (row === null) return definite(refused('unknown_target'));
  if (row.status === 'closed' || row.status === 'suspended') return definite(refused('wrong_state', row.status));
  const approvals = approvalsOf(command.payload);
  if (approvals === null) return definite(refused('bad_payload'));
  const network = await networkOf(parts, row);
  if (network === null) return definite(refused('network_unknown', row.network));
  const signed = approvedAgent(approvals);
  const renewal = next !== null && signed === next.agentAddress ? next : null;
  if (signed !== null && renewal === null && signed !== row.agentAddress) return definite(refused('approval_outdated'));
  const relay = approvals.length === 0 ? network.venue : await approverOf(parts, network);
  if (relay === null) return definite(refused('approval_refused', 'this venue takes no approvals: the wallet gives them at the exchange'));
  if (row.status === 'pending') {
    const misfit = await verifyAccount(network.venue, row);
    if (misfit?.reason === 'venue_unreachable') return passing(refused(misfit.reason, misfit.detail));
    if (misfit !== null) return definite(await refuseAccount(ctx, parts, scope, row, misfit.reason, misfit.detail));
  }
  const relayed = await relayAll(ctx, relay, row, approvals);
  if (relayed.refusal !== null && !relayed.mayStand)
    return definite(await refuseApproval(ctx, parts, scope, row, relayed.refusal.approval, relayed.refusal.text));
  const account = await loadAccount(ctx, parts, scope, row, network);
  if (!account.signs && renewal === null) return definite(refuseKey(ctx, account));
  const done = await finish(ctx, parts, scope, { row, account, renewal, builderSigned: approvals.some(isBuilderFee) });
  if (done.end.status === 'applied' || done.end.reason !== 'agent_not_approved') return done;
  // The agent does not stand: what its approval was refused for is the reason, and a lost answer or a removal under way may still end well.
  const mayPass = done.mayPass || relayed.lost || relayed.refusal?.code === 'agent_removal_pending';
  // A venue uses up the nonce of an approval it refuses: what was tried before must be signed anew.
  if (relayed.repeated !== null && attempt > 1 && !mayPass)
    return definite(await refuseApproval(ctx, parts, scope, row, relayed.repeated, 'the approval was refused before: it must be signed again'));
  if (relayed.refusal === null) return { ...done, mayPass };
  const { approval, text } = relayed.refusal;
  const end = isLast || !mayPass ? await refuseApproval(ctx, parts, scope, row, approval, text) : refused('approval_refused', text);
  return { end, mayPass };
}

/** What the venue said to a wallet's approvals. */
interface Relayed {
  readonly refusal: { readonly approval: SignedApproval; readonly code: RejectCode; readonly text: string } | null;
  /** With this refusal the agent may stand all the same. */
  readonly mayStand: boolean;
  /** The answer to one of them was lost. */
  readonly lost: boolean;
  /** An agent's approval that the venue says it met before. */
  readonly repeated: SignedApproval | null;
}

/** Relays approvals in their order up to the first that is refused for good; a repeated one was taken before. */
async function relayAll(ctx: EngineContext, relay: Venue, row: VenueAccountRow, approvals: readonly SignedApproval[]): Promise<Relayed> {
  let found: Relayed = { refusal: null, mayStand: true, lost: false, repeated: null };
  for (const approval of approvals) {
    const outcome = await relay.orders.relay(approval);
    if (outcome.kind === 'unknown') {
      ctx.log.warn('the answer to a wallet approval was lost; the venue is asked', { venueAccountId: row.id });
      found = { ...found, lost: true };
    }
    if (outcome.kind !== 'rejected') continue;
    if (outcome.code === 'nonce_duplicate') {
      if (!isBuilderFee(approval)) found = { ...found, repeated: approval };
      continue;
    }
    const { code, text } = outcome;
    const mayStand = !isBuilderFee(approval) && MAY_STAND.has(code);
    found = { ...found, refusal: { approval, code, text }, mayStand };
    if (!mayStand) return found;
  }
  return found;
}

interface Finishing {
  readonly row: VenueAccountRow;
  readonly account: AccountRecord;
  /** The agent that takes over, where one was approved. */
  readonly renewal: SpareAgentRow | null;
  readonly builderSigned: boolean;
}

async function finish(ctx: EngineContext, parts: CommandParts, scope: TenantScope, finishing: Finishing): Promise<ActivationEnd> {
  const { row, account, renewal } = finishing;
  // Whose key is loaded may have been replaced in the row since: by another agent before an activation ended well, or by a renewal whose write was taken for failed.
  const next = renewal ?? (account.agentAddress === row.agentAddress ? null : row);
  const signer = next === null ? account.signer : await loadSpareKey(ctx, parts.opener, account, next);
  if (signer === null) return definite(refused('key_unreadable'));
  let taken = next === null;
  try {
    const said = await askVenue(ctx, scope, { ...finishing, agentAddress: next?.agentAddress ?? account.agentAddress, signer });
    if (said.kind === 'refused') return said.refused;
    const { agent, mode, builder, schedules } = said;
    const result: AccountResult = {
      agentValidUntil: agent,
      builderFeeApprovedTenths: builder.approvedTenths,
      mode,
      builderWarning: builder.address === null ? null : await parts.approvals.builderWarning(account.network, builder.address),
    };
    // Written first: a process that dies in between finds the key that signs from then on, and the former one beside it.
    await writeActive(ctx, parts, scope, finishing, builder, result);
    taken = true;
    if (next !== null) await takeOver(ctx, account, next.agentAddress, signer);
    takeResult(ctx, account, builder, result, schedules);
    return definite(applied(result));
  } finally {
    // Tried again it is loaded anew, under another handle.
    if (!taken) await account.network.venue.orders.dropSigners([signer]);
  }
}

interface Asking extends Finishing {
  readonly agentAddress: string;
  readonly signer: SignerHandle;
}

/** All the venue has to say before an account may trade: its agent, its mode and the builder fee. */
async function askVenue(ctx: EngineContext, scope: TenantScope, { account, row, agentAddress, signer, builderSigned }: Asking) {
  const refuse = (end: ActivationEnd) => ({ kind: 'refused', refused: end }) as const;
  const agent = await findAgent(ctx, account, agentAddress, signer);
  if (agent.kind !== 'found') return refuse({ end: refused('agent_not_approved'), mayPass: agent.kind === 'unread' });
  // An account that used up its requests elsewhere sends seldom: better known before its first wave. Nothing waits for it.
  void account.network.venue.egress?.readAccount(signer, row.address);
  const mode = await account.network.venue.truth.accountMode(row.address);
  if (!mode.ok) return refuse(passing(refused('venue_unreachable', 'the account mode')));
  const schedules = await ctx.storage.scoped(scope, (unit) => unit.feeSchedules.versions());
  const wanted = builderToApprove(schedules.map(feeVersionOf), ctx.clocks.businessTime(scope, ctx.clock.now()));
  const builder = await findBuilder(ctx, account, account.network.venue.capabilities.builderFee ? wanted : null, builderSigned);
  if (builder === null) return refuse(passing(refused('venue_unreachable', 'the builder fee')));
  return { kind: 'said', agent: agent.validUntil, mode: mode.value, builder, schedules } as const;
}

async function readAccount(ctx: EngineContext, scope: TenantScope, command: CommandRow) {
  const id = command.targetId as VenueAccountRow['id'];
  return ctx.storage.scoped(scope, async (unit) => ({
    row: await unit.venueAccounts.findOne({ id }),
    next: await unit.spareAgents.findOne({ venueAccountId: id, role: 'next' }),
  }));
}

async function networkOf(parts: CommandParts, row: VenueAccountRow): Promise<Network | null> {
  try {
    return await parts.directory.find(row.venue, row.network);
  } catch {
    return null;
  }
}

/** The agent the wallet approved with this command; null when it approved none. */
function approvedAgent(approvals: readonly SignedApproval[]): string | null {
  const approval = approvals.find(({ action }) => action.type === 'approveAgent');
  return typeof approval?.action.agentAddress === 'string' ? approval.action.agentAddress.toLowerCase() : null;
}

/** Who takes a wallet's approvals: the venue, or the exchange under it; null where there is neither. */
async function approverOf({ directory }: CommandParts, { venue, approvalsThrough }: Network): Promise<Venue | null> {
  if (venue.capabilities.approvals) return venue;
  if (approvalsThrough === null) return null;
  return (await directory.find(approvalsThrough.venue, approvalsThrough.network))?.venue ?? null;
}

const isBuilderFee = (approval: SignedApproval): boolean => approval.action.type === 'approveBuilderFee';

/** Loads the account; one that is loaded goes on signing as it does. */
async function loadAccount(
  ctx: EngineContext,
  parts: CommandParts,
  scope: TenantScope,
  row: VenueAccountRow,
  network: Network,
): Promise<AccountRecord> {
  const known = ctx.registry.accountsByNo.get(Number(row.no));
  if (known?.signs === true) return known;
  const record = known ?? addAccount(ctx, row, scope, network, await readSoFar(ctx, scope, network, row));
  record.agentAddress = row.agentAddress;
  await loadKeys(ctx, parts.opener, [{ record, row }]);
  return record;
}

/** Why an account does not sign. */
function refuseKey(ctx: EngineContext, account: AccountRecord): CommandEnd {
  const holder = ctx.registry.claimAgent(account, account.agentAddress);
  return holder === null ? refused('key_unreadable') : refused('agent_in_use', 'one agent serves one account: it has one set of nonces');
}

/** Fills count from now on; funding from where it was read to, because an account may have been loaded and unloaded before. */
async function readSoFar(ctx: EngineContext, scope: TenantScope, network: Network, row: VenueAccountRow) {
  const times = await ctx.storage.scoped(scope, (unit) => fundingReadTimes(unit, Number(row.no)));
  const now = ctx.clocks.venueTime(network, ctx.clock.now());
  return { fillsReadTo: now, fundingReadTo: times.get(Number(row.no)) ?? Math.min(row.createdAt, now), changedInsideAt: 0 };
}

/** From the next order on the new agent signs. What the old one signed is still on its way; its key stays until the next renewal. */
export async function takeOver(ctx: EngineContext, account: AccountRecord, agentAddress: Address, signer: SignerHandle): Promise<void> {
  const outdated = account.formerSigner;
  account.formerSigner = account.signer;
  account.signer = signer;
  account.agentAddress = agentAddress;
  account.signs = true;
  ctx.standingStops.signedAnew(account);
  ctx.openOrders.signedAnew(account);
  if (outdated === null) return;
  // What it signed and is still unknown can be voided by it alone.
  if (!needsSigner(ctx, account, outdated)) await account.network.venue.orders.dropSigners([outdated]);
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
  record.agentStatus = standingByTime(record.agentValidUntil, ctx.clock.now(), ctx.limits.agentExpiringMs);
  record.builderAddress = builder.address;
  record.builderFeeApproved = builder.approvedTenths;
  putSigner(ctx, record);
  for (const copy of ctx.registry.copiesOf(record)) putMarkup(ctx, copy, schedules);
}

async function writeActive(
  ctx: EngineContext,
  parts: CommandParts,
  scope: TenantScope,
  { row, renewal }: Finishing,
  builder: FoundBuilder,
  result: AccountResult,
): Promise<void> {
  const { agentValidUntil, mode } = result;
  const agentStatus = standingByTime(agentValidUntil ?? 0, ctx.clock.now(), ctx.limits.agentExpiringMs);
  const agent = renewal === null ? {} : agentFieldsOf(renewal);
  const change = { status: 'active', statusReason: null, agentStatus, agentValidUntil, ...agent } as const;
  const fees = { builderAddress: builder.address, builderFeeApproved: builder.approvedTenths };
  await parts.books.run(scope, async () => {
    await ctx.storage.scoped(scope, async (unit) => {
      await unit.venueAccounts.update({ id: row.id }, { ...change, ...fees, mode, updatedAt: unit.now });
      if (renewal !== null) {
        await unit.spareAgents.drop(row.id, 'next');
        await unit.spareAgents.put({ venueAccountId: row.id, role: 'former', ...agentFieldsOf(row), createdAt: unit.now });
      }
      await unit.events.append([accountEvent(ctx, { ...row, ...change, ...fees }, null)]);
    });
  });
}

const agentFieldsOf = ({ agentAddress, agentName, sealedAgentKey }: Pick<VenueAccountRow, 'agentAddress' | 'agentName' | 'sealedAgentKey'>) => ({
  agentAddress,
  agentName,
  sealedAgentKey,
});

/** A refused agent is none, unless the account has one that signs; a refused builder fee leaves the agent as it is. */
async function refuseApproval(
  ctx: EngineContext,
  parts: CommandParts,
  scope: TenantScope,
  row: VenueAccountRow,
  approval: SignedApproval,
  text: string,
): Promise<CommandEnd> {
  const agentStatus = isBuilderFee(approval) || row.status === 'active' ? row.agentStatus : 'refused';
  await writeReason(ctx, parts, scope, { ...row, agentStatus }, text);
  return refused('approval_refused', text);
}

/** The account stays pending with the reason: it may be put right at the venue, or registered anew as what it is. */
async function refuseAccount(
  ctx: EngineContext,
  parts: CommandParts,
  scope: TenantScope,
  row: VenueAccountRow,
  reason: Parameters<typeof refused>[0],
  detail: string,
): Promise<CommandEnd> {
  if (reason !== 'venue_unreachable') await writeReason(ctx, parts, scope, row, detail);
  return refused(reason, detail);
}

async function writeReason(ctx: EngineContext, parts: CommandParts, scope: TenantScope, row: VenueAccountRow, text: string): Promise<void> {
  const { agentStatus } = row;
  await parts.books.run(scope, async () => {
    await ctx.storage.scoped(scope, async (unit) => {
      await unit.venueAccounts.update({ id: row.id }, { agentStatus, statusReason: text.slice(0, 500), updatedAt: unit.now });
      await unit.events.append([accountEvent(ctx, row, text)]);
    });
  });
}
