import { err, ok } from '@lockstep/kernel';
import type { AddressRole } from '@lockstep/venues/port';
import { describe, expect, it } from 'vitest';
import { scriptedVenue } from '../testing/scripted-venue';
import { misfitOf, verifyAccount } from './verify-account';

const [ADDRESS, MASTER, OTHER] = ['0xa', '0xb', '0xc'];
const main = { address: ADDRESS, accountType: 'main', masterAddress: null } as const;
const sub = { address: ADDRESS, accountType: 'sub_account', masterAddress: MASTER } as const;
const vault = { address: ADDRESS, accountType: 'vault', masterAddress: MASTER } as const;

describe('an account as registered and the venue’s word about its address', () => {
  it.each<[string, Parameters<typeof misfitOf>[0], AddressRole, string | null]>([
    ['a main account', main, { kind: 'main' }, null],
    ['its master’s sub-account', sub, { kind: 'sub_account', master: MASTER }, null],
    ['its leader’s vault', vault, { kind: 'vault', leader: MASTER }, null],
    ['never seen', main, { kind: 'missing' }, 'account_missing'],
    ['an agent', main, { kind: 'agent', of: OTHER }, 'account_type_mismatch'],
    ['a sub-account registered as a main one', main, { kind: 'sub_account', master: MASTER }, 'account_type_mismatch'],
    ['a main account registered as a sub-account', sub, { kind: 'main' }, 'account_type_mismatch'],
    ['a vault registered as a sub-account', sub, { kind: 'vault', leader: MASTER }, 'account_type_mismatch'],
    ['another master’s sub-account', sub, { kind: 'sub_account', master: OTHER }, 'master_mismatch'],
    ['another leader’s vault', vault, { kind: 'vault', leader: OTHER }, 'master_mismatch'],
  ])('%s', (_name, registered, role, reason) => {
    expect(misfitOf(registered, role)?.reason ?? null).toBe(reason);
  });

  it('is asked of the venue; without an answer nothing is activated', async () => {
    const venue = scriptedVenue();
    const never = async () => err({ code: 'unreachable' as const, detail: 'x' });
    const saying = (role: AddressRole | null) => ({
      ...venue,
      accounts: { role: role === null ? never : async () => ok(role), leverage: never, builderStanding: never },
    });
    expect((await verifyAccount(saying(null), main))?.reason).toBe('venue_unreachable');
    expect(await verifyAccount(saying({ kind: 'main' }), main)).toBeNull();
  });

  it('of a venue without sub-accounts takes main accounts alone', async () => {
    const venue = scriptedVenue();
    const plain = { ...venue, capabilities: { ...venue.capabilities, actingFor: false } };
    expect((await verifyAccount(plain, sub))?.reason).toBe('account_type_mismatch');
    expect(await verifyAccount(plain, main)).toBeNull();
  });
});
