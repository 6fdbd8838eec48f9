import { err, ok, type Result } from '@lockstep/kernel';
import type { CommandRow, ScopedUnit, VenueAccountRow } from '@lockstep/storage';
import { type Refusal, refusal } from '../../http/problem-exception';
import { nextAgentName } from './approvals';

/** The agent a wallet is asked to approve. */
export interface OfferedAgent {
  readonly address: string;
  readonly name: string;
}

/** What a renewal is asked for with. */
export interface RenewalTerms {
  /** True: another agent although the present one is approved and not near its end. */
  readonly wanted: boolean;
  /** A key made for this request; it is used only where another agent is needed. */
  readonly fresh: { readonly address: string; readonly sealedAgentKey: Buffer };
  /** The newest command on the account. */
  readonly latest: CommandRow | null;
}

/**
 * The agent to offer: the account's own while it was never approved; null where it stands; otherwise another one with another key, because the venue takes no
 * agent address twice. An account that trades keeps its agent beside it until the venue knows the next one. The caller holds the account's row.
 */
export async function agentToOffer(unit: ScopedUnit, row: VenueAccountRow, terms: RenewalTerms): Promise<Result<OfferedAgent | null, Refusal>> {
  const { id, agentStatus } = row;
  if (agentStatus === 'awaiting_signature' || agentStatus === 'signed') {
    return ok({ address: row.agentAddress, name: row.agentName ?? nextAgentName(id, null) });
  }
  if (agentStatus === 'approved' && !terms.wanted) return ok(null);
  return row.status === 'pending' ? ok(await replaceAgent(unit, row, terms)) : nextAgent(unit, row, terms);
}

/** An account that never traded gets the new agent in the place of the one the venue refused. */
async function replaceAgent(unit: ScopedUnit, { id, agentName }: VenueAccountRow, { fresh }: RenewalTerms): Promise<OfferedAgent> {
  const name = nextAgentName(id, agentName);
  const { address: agentAddress, sealedAgentKey } = fresh;
  await unit.venueAccounts.update({ id }, { agentAddress, agentName: name, sealedAgentKey, agentStatus: 'awaiting_signature', updatedAt: unit.now });
  return { address: agentAddress, name };
}

/** The next agent of an account that trades: the one that stands offered until it is handed in, then another. */
async function nextAgent(unit: ScopedUnit, { id, agentName }: VenueAccountRow, terms: RenewalTerms): Promise<Result<OfferedAgent, Refusal>> {
  const { fresh, latest } = terms;
  const standing = await unit.spareAgents.findOne({ venueAccountId: id, role: 'next' });
  const handedIn = standing !== null && latest?.kind === 'venue_account.activate' && latest.createdAt >= standing.createdAt;
  if (handedIn && latest.status === 'pending') return err(refusal('state_conflict', 'A renewal was signed and is being carried out.'));
  const name = nextAgentName(id, agentName);
  if (standing !== null && !handedIn) return ok({ address: standing.agentAddress, name: standing.agentName ?? name });
  const { address: agentAddress, sealedAgentKey } = fresh;
  await unit.spareAgents.put({ venueAccountId: id, role: 'next', agentAddress, agentName: name, sealedAgentKey, createdAt: unit.now });
  return ok({ address: agentAddress, name });
}
