import type { EpochMs } from '@lockstep/kernel';
import type { AgentStatus } from '@lockstep/storage';
import type { AgentApproval } from '@lockstep/venues/port';

/** Farther than any agent lives: for accounts whose agent has no end. */
export const NO_END: EpochMs = 4_102_444_800_000;

/** How an agent that was approved stands now. */
export type AgentStanding = Extract<AgentStatus, 'approved' | 'expiring' | 'expired' | 'removed'>;

/** Standing by its end alone: `expiring` from `warnMs` before it, so that a wallet has time to approve the next one. `validUntil` 0: no end. */
export function standingByTime(validUntil: EpochMs, now: EpochMs, warnMs: number): AgentStanding {
  if (validUntil === 0) return 'approved';
  if (validUntil <= now) return 'expired';
  return validUntil - now <= warnMs ? 'expiring' : 'approved';
}

/** What the venue's list of agents says of one of them. `unlisted`: it was removed or replaced, or it is unnamed, which no list shows. */
export type Listed = { readonly kind: 'listed'; readonly validUntil: EpochMs } | { readonly kind: 'unlisted' };

export function listedAgent(agents: readonly AgentApproval[], agentAddress: string): Listed {
  const found = agents.find(({ address }) => address.toLowerCase() === agentAddress.toLowerCase());
  return found === undefined ? { kind: 'unlisted' } : { kind: 'listed', validUntil: found.validUntil ?? 0 };
}

/** Until when entries may be sent with an account's agent: never once the venue does not know it, whatever its end was. Exits do not ask. */
export function entriesUntil(account: { readonly agentStatus: AgentStatus; readonly agentValidUntil: EpochMs }): EpochMs {
  if (account.agentStatus === 'removed') return 0;
  return account.agentValidUntil === 0 ? NO_END : account.agentValidUntil;
}
