import { signerAccount } from '../agents';
import { formatUsd } from '../decimals';
import { asAddress, asText } from '../json';
import { activationFee } from '../transfers';
import { forUser } from './request';

/* Who an address is and what it approved. */

export const userRole = forUser((ex, user) => {
  const account = ex.accounts.get(user);
  if (account?.leader != null) return { role: 'vault' };
  if (account?.master != null) return { role: 'subAccount', data: { master: account.master.address } };
  if (account?.multiSig != null) return { role: 'user' };
  const found = signerAccount(ex, user);
  if (found === null) return { role: 'missing' };
  return found.isAgent ? { role: 'agent', data: { user: found.owner.address } } : { role: 'user' };
});

export const userAbstraction = forUser((ex, user) => ex.accounts.get(user)?.abstraction ?? 'disabled');

export const extraAgents = forUser((ex, user) =>
  (ex.accounts.get(user)?.agents ?? [])
    .filter((agent) => agent.name !== '' && agent.validUntil > ex.time)
    .map(({ name, address, validUntil }) => ({ name, address, validUntil })),
);

const PPM_PER_TENTH_BP = 10;

export const maxBuilderFee = forUser((ex, user, request) => {
  const builder = asAddress(request.builder);
  return builder === null ? undefined : (ex.accounts.get(user)?.builders.get(builder) ?? 0) / PPM_PER_TENTH_BP;
});

export const approvedBuilders = forUser((ex, user) => [...(ex.accounts.get(user)?.builders.keys() ?? [])]);

/** Null for an account that its own key signs for. */
export const userToMultiSigSigners = forUser((ex, user) => {
  const multiSig = ex.accounts.get(user)?.multiSig ?? null;
  return multiSig === null ? null : { authorizedUsers: multiSig.users, threshold: multiSig.threshold };
});

/** About the address something is to be sent to: the fee of making its account. */
export const preTransferCheck = forUser((ex, user, request) => {
  if (asText(request.source) === null) return undefined;
  const account = ex.accounts.get(user);
  return {
    fee: formatUsd(activationFee(ex, user)),
    isSanctioned: false,
    userExists: account !== undefined,
    userHasSentTx: account?.hasSent ?? false,
  };
});

/** Everybody may trade here. */
export const legalCheck = forUser(() => ({ ipAllowed: true, acceptedTerms: true, userAllowed: true }));
