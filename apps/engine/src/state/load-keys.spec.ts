import { makeSealingKeys, opener, sealer, sealingContext, silentLogger } from '@lockstep/platform';
import type { VenueAccountRow } from '@lockstep/storage';
import type { SignerKey } from '@lockstep/venues/port';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import { loadKeys } from './load-keys';
import type { Network } from './networks';
import { type AccountRecord, Registry } from './registry';

const SUB = '0xsub';
const [ONE, OTHER] = ['0xagent1', '0xagent2'];

/** Accounts with sealed keys of their own on one network; what reaches the signing workers, and who signs then. */
async function loaded(accounts: readonly { readonly agent: string; readonly accountType: AccountRecord['accountType'] }[]) {
  const keys = makeSealingKeys();
  const workers: SignerKey[] = [];
  const network = { venue: { orders: { loadSigners: async (given: readonly SignerKey[]) => void workers.push(...given) } } } as unknown as Network;
  const registry = new Registry();
  const ctx = { registry, log: silentLogger } as unknown as EngineContext;
  const made = accounts.map(({ agent, accountType }, index) => {
    const scope = { tenantId: 'ten', environment: 'test' } as AccountRecord['scope'];
    const id = `vac_${index}` as AccountRecord['id'];
    const part = { no: index, id, scope, network, address: SUB, accountType, agentAddress: agent, signs: false };
    const record = registry.addAccount(part as Parameters<Registry['addAccount']>[0]);
    const sealed = sealer(keys.publicKey).seal(new Uint8Array(32).fill(7), sealingContext(scope.tenantId, scope.environment, id));
    return { record, row: { agentAddress: agent, sealedAgentKey: Buffer.from(sealed) } as VenueAccountRow };
  });
  await loadKeys(ctx, opener([keys.privateKey]), made);
  return { workers, signing: made.map(({ record }) => record.signs) };
}

describe('agent keys on their way to the workers', () => {
  it('act for the sub-account or vault they serve; a main account is named by nobody', async () => {
    const { workers, signing } = await loaded([
      { agent: ONE, accountType: 'main' },
      { agent: OTHER, accountType: 'sub_account' },
      { agent: '0xagent3', accountType: 'vault' },
    ]);
    expect(workers.map(({ handle, actingFor }) => [handle, actingFor])).toEqual([
      [0, undefined],
      [1, SUB],
      [2, SUB],
    ]);
    expect(signing).toEqual([true, true, true]);
  });

  it('serve one account alone: with one nonce set two accounts would meet each other', async () => {
    const { workers, signing } = await loaded([
      { agent: ONE, accountType: 'main' },
      { agent: ONE, accountType: 'sub_account' },
    ]);
    expect([workers.length, signing]).toEqual([1, [true, false]]);
  });
});
