import { type Opener, sealingContext } from '@lockstep/platform';
import type { SpareAgentRow, VenueAccountRow } from '@lockstep/storage';
import type { SignerHandle, SignerKey } from '@lockstep/venues/port';
import type { EngineContext } from '../context';
import type { Network } from './networks';
import type { AccountRecord } from './registry';

/** Bytes of an agent's private key. */
const KEY_BYTES = 32;

/**
 * Opens the sealed agent keys of accounts and moves them into the signing workers, once per network. Accounts whose key cannot be opened do not sign, nor
 * does one whose agent serves another account already.
 */
export async function loadKeys(
  ctx: EngineContext,
  opener: Opener,
  accounts: readonly { readonly record: AccountRecord; readonly row: VenueAccountRow }[],
): Promise<void> {
  const byNetwork = new Map<Network, SignerKey[]>();
  const loaded: AccountRecord[] = [];
  for (const { record, row } of accounts) {
    const holder = ctx.registry.claimAgent(record, record.agentAddress);
    if (holder !== null) {
      ctx.log.error('an agent serves another account already; this one does not sign', { venueAccountId: record.id, holder: holder.id });
      continue;
    }
    const key = openKey(ctx, opener, record, record.signer, row);
    if (key === null) continue;
    const keys = byNetwork.get(record.network) ?? [];
    keys.push(key);
    byNetwork.set(record.network, keys);
    loaded.push(record);
  }
  for (const [network, keys] of byNetwork) await network.venue.orders.loadSigners(keys);
  for (const record of loaded) record.signs = true;
}

/** Moves a spare key of an account into the signing workers, under a handle of its own; null when it cannot be opened or serves another account. */
export async function loadSpareKey(
  ctx: EngineContext,
  opener: Opener,
  record: AccountRecord,
  spare: Pick<SpareAgentRow, 'agentAddress' | 'sealedAgentKey'>,
): Promise<SignerHandle | null> {
  if (ctx.registry.claimAgent(record, spare.agentAddress) !== null) return null;
  const key = openKey(ctx, opener, record, ctx.registry.takeSigner(), spare);
  if (key === null) return null;
  await record.network.venue.orders.loadSigners([key]);
  return key.handle;
}

/** Sub-accounts and vaults have no key of their own: whoever signs names them with every action. */
function openKey(
  ctx: EngineContext,
  opener: Opener,
  record: AccountRecord,
  handle: SignerHandle,
  agent: Pick<SpareAgentRow, 'agentAddress' | 'sealedAgentKey'>,
): SignerKey | null {
  const opened = opener.open(agent.sealedAgentKey, sealingContext(record.scope.tenantId, record.scope.environment, record.id));
  if (!opened.ok || opened.value.length !== KEY_BYTES) {
    ctx.log.error('an agent key could not be opened', { venueAccountId: record.id, why: opened.ok ? 'wrong length' : opened.error });
    return null;
  }
  const acting = record.accountType === 'main' ? {} : { actingFor: record.address };
  return { handle, agentAddress: agent.agentAddress, privateKey: opened.value, wallet: record.wallet, ...acting };
}
