import { ACCOUNT_TEXTS } from './account-texts';
import { isKeyless } from './acting';
import type { Exchange } from './exchange';
import type { Address } from './port';
import type { Agent, VenueAccount } from './state';
import { REQUEST_TEXTS } from './texts';

const NAME_MOST = 16;
const SUFFIX = / valid_until (\d{1,16})$/;

/** The account an address may sign for, as owner or as a live agent; null when it may not sign. */
export function signerAccount(ex: Exchange, signer: Address): { readonly owner: VenueAccount; readonly isAgent: boolean } | null {
  const agency = ex.agents.get(signer);
  if (agency !== undefined && agency.agent.validUntil > ex.time) return { owner: agency.owner, isAgent: true };
  const owner = ex.accounts.get(signer);
  return owner === undefined || isKeyless(owner) ? null : { owner, isAgent: false };
}

/**
 * Makes `address` an agent of an account: one unnamed, a few named; the same name (or a new unnamed one) replaces the old.
 * The name may end in ` valid_until <ms>`. Answers the venue's text when refused: an address can be an agent only once, and a while
 * must pass after a replacement.
 */
export function approveAgent(ex: Exchange, owner: VenueAccount, address: Address, fullName: string): string | null {
  const { agentLifeMs, agentLifeMostMs, agentRemovalMs } = ex.settings;
  const suffix = SUFFIX.exec(fullName);
  const name = fullName.replace(SUFFIX, '');
  if (name.length > NAME_MOST) return REQUEST_TEXTS.agentNameTooLong;
  if (ex.usedAgents.has(address) || ex.accounts.has(address)) return REQUEST_TEXTS.agentUsed;
  dropExpired(ex, owner);
  const at = owner.agents.findIndex((agent) => agent.name === name);
  const named = owner.agents.filter((agent) => agent.name !== '').length;
  if (owner.agentRemovalUntil > ex.time) return ACCOUNT_TEXTS.pendingAgentRemoval;
  if (at < 0 && name !== '' && named >= namedMost(ex, owner)) return REQUEST_TEXTS.tooManyAgents;
  const wanted = suffix === null ? ex.time + agentLifeMs : Number(suffix[1]);
  const agent: Agent = { address, name, validUntil: Math.min(wanted, ex.time + agentLifeMostMs) };
  const replaced = at < 0 ? undefined : owner.agents[at];
  if (replaced === undefined) owner.agents.push(agent);
  else {
    forget(ex, replaced);
    owner.agents[at] = agent;
    owner.agentRemovalUntil = ex.time + agentRemovalMs;
  }
  ex.usedAgents.add(address);
  ex.agents.set(address, { owner, agent });
  return null;
}

const namedMost = (ex: Exchange, owner: VenueAccount): number =>
  ex.settings.namedAgentsMost + ex.settings.namedAgentsPerSub * owner.subAccounts.length;

function dropExpired(ex: Exchange, owner: VenueAccount): void {
  for (const agent of owner.agents.filter(({ validUntil }) => validUntil <= ex.time)) {
    forget(ex, agent);
    owner.agents.splice(owner.agents.indexOf(agent), 1);
  }
}

/** The venue may forget the nonces of an agent that signs no more; this one always does. */
function forget(ex: Exchange, { address }: Agent): void {
  ex.agents.delete(address);
  ex.signers.delete(address);
}
