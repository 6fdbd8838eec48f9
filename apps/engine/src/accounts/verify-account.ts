import type { AccountType, CommandRefusal } from '@lockstep/storage';
import type { AddressRole, Venue } from '@lockstep/venues/port';

/** Why the venue's word does not fit what was registered. */
export interface AccountMisfit {
  readonly reason: Extract<CommandRefusal, 'account_missing' | 'account_type_mismatch' | 'master_mismatch' | 'venue_unreachable'>;
  readonly detail: string;
}

interface Registered {
  readonly address: string;
  readonly accountType: AccountType;
  readonly masterAddress: string | null;
}

/** Compares an account as registered with what the venue says its address is; null when they agree. */
export function misfitOf({ accountType, masterAddress }: Registered, role: AddressRole): AccountMisfit | null {
  if (role.kind === 'missing') return { reason: 'account_missing', detail: 'the venue does not know the address: deposit to it first' };
  if (role.kind === 'agent') return { reason: 'account_type_mismatch', detail: `the address is an agent of ${role.of}` };
  if (role.kind !== accountType) return { reason: 'account_type_mismatch', detail: `the venue says ${role.kind}, registered is ${accountType}` };
  if (role.kind === 'main') return null;
  const owner = role.kind === 'sub_account' ? role.master : role.leader;
  return owner === masterAddress ? null : { reason: 'master_mismatch', detail: `the venue names ${owner}` };
}

/** Asks the venue what an account's address is. A venue that has no kinds of accounts takes main ones alone. */
export async function verifyAccount(venue: Venue, account: Registered): Promise<AccountMisfit | null> {
  if (account.accountType !== 'main' && !venue.capabilities.actingFor) {
    return { reason: 'account_type_mismatch', detail: 'the venue has main accounts alone' };
  }
  if (venue.accounts === undefined) return null;
  const role = await venue.accounts.role(account.address);
  return role.ok ? misfitOf(account, role.value) : { reason: 'venue_unreachable', detail: `${role.error.code}: ${role.error.detail}` };
}
