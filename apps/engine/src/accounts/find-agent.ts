import { type EpochMs } from '@lockstep/kernel';
import { pause } from '@lockstep/platform';
import type { RejectCode, SignerHandle } from '@lockstep/venues/port';
import type { EngineContext } from '../context';
import type { AccountRecord } from '../state/registry';
import { listedAgent } from './agent-standing';

/** Approvals take a block to be seen: what was approved is asked for this often, with this wait between. */
const APPROVAL_READS_MAX = 20;
const APPROVAL_READ_WAIT_MS = 150;

/** Refusals of a proof that say nothing about who signed it. */
const SAYS_NOTHING: ReadonlySet<RejectCode> = new Set([
  'not_sent',
  'ip_rate_limited',
  'address_rate_limited',
  'halted',
  'nonce_duplicate',
  'nonce_too_low',
]);

/** What the venue says of an agent: `found` with its end, null when it has none; `absent`: it does not stand; `unread`: the venue could not be asked. */
export type FoundAgent = { readonly kind: 'found'; readonly validUntil: EpochMs | null } | { readonly kind: 'absent' } | { readonly kind: 'unread' };

/** A named agent stands in the list of the wallet that approved it; an unnamed one does not, and proves itself by an action that does nothing. */
export async function findAgent(ctx: EngineContext, account: AccountRecord, agentAddress: string, signer: SignerHandle): Promise<FoundAgent> {
  let isAbsent = false;
  for (let attempt = 0; attempt < APPROVAL_READS_MAX; attempt += 1) {
    const agents = await account.network.venue.truth.agents(account.wallet);
    const listed = listedAgent(agents.ok ? agents.value : [], agentAddress);
    if (listed.kind === 'listed') return { kind: 'found', validUntil: listed.validUntil === 0 ? null : listed.validUntil };
    const proof = await account.network.venue.orders.noop(signer, ctx.nonces.next(signer, ctx.clock.now()));
    if (proof.kind === 'accepted') return { kind: 'found', validUntil: null };
    isAbsent = proof.kind === 'rejected' && !SAYS_NOTHING.has(proof.code);
    await pause(ctx.timers, APPROVAL_READ_WAIT_MS);
  }
  return { kind: isAbsent ? 'absent' : 'unread' };
}

/** Who receives the markup of an account's orders at the venue, and the fee its wallet approved for that, in tenths of a basis point. */
export interface FoundBuilder {
  readonly address: string | null;
  readonly approvedTenths: number;
}

/** The builder to approve once the venue shows an approval for it; until then the one the account has. Null when the venue does not answer. */
export async function findBuilder(
  ctx: EngineContext,
  account: AccountRecord,
  wanted: string | null,
  justSigned: boolean,
): Promise<FoundBuilder | null> {
  const had = account.builderAddress;
  if (wanted !== null) {
    const approvedTenths = await approvedFee(ctx, account, wanted, justSigned ? APPROVAL_READS_MAX : 1);
    if (approvedTenths === null) return null;
    if (approvedTenths > 0 || had === wanted) return { address: wanted, approvedTenths };
  }
  if (had === null) return { address: null, approvedTenths: 0 };
  const approvedTenths = await approvedFee(ctx, account, had, 1);
  return approvedTenths === null ? null : { address: had, approvedTenths };
}

/** The fee approved for a builder, asked for until there is one, `reads` times at most. Null when the last read failed. */
async function approvedFee(ctx: EngineContext, { network, wallet }: AccountRecord, builder: string, reads: number): Promise<number | null> {
  let read = await network.venue.truth.builderApproval(wallet, builder);
  for (let left = reads - 1; left > 0 && !(read.ok && read.value > 0); left -= 1) {
    await pause(ctx.timers, APPROVAL_READ_WAIT_MS);
    read = await network.venue.truth.builderApproval(wallet, builder);
  }
  return read.ok ? read.value : null;
}
