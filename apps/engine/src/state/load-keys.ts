import { type Opener, sealingContext } from '@lockstep/platform';
import type { VenueAccountRow } from '@lockstep/storage';
import type { SignerKey } from '@lockstep/venues/port';
import type { EngineContext } from '../context';
import type { Network } from './networks';
import type { AccountRecord } from './registry';

/** Bytes of an agent's private key. */
const KEY_BYTES = 32;

/** Opens the sealed agent keys of accounts and moves them into the signing workers, once per network. Accounts whose key cannot be opened do not sign. */
export async function loadKeys(
  ctx: EngineContext,
  opener: Opener,
  accounts: readonly { readonly record: AccountRecord; readonly row: VenueAccountRow }[],
): Promise<void> {
  const byNetwork = new Map<Network, SignerKey[]>();
  const loaded: AccountRecord[] = [];
  for (const { record, row } of accounts) {
    const key = openKey(ctx, opener, record, row);
    if (key === null) continue;
    const keys = byNetwork.get(record.network) ?? [];
    keys.push(key);
    byNetwork.set(record.network, keys);
    loaded.push(record);
  }
  for (const [network, keys] of byNetwork) await network.venue.orders.loadSigners(keys);
  for (const record of loaded) record.signs = true;
}

function openKey(ctx: EngineContext, opener: Opener, record: AccountRecord, row: VenueAccountRow): SignerKey | null {
  const opened = opener.open(row.sealedAgentKey, sealingContext(record.scope.tenantId, record.scope.environment, record.id));
  if (!opened.ok || opened.value.length !== KEY_BYTES) {
    ctx.log.error('an agent key could not be opened', { venueAccountId: record.id, why: opened.ok ? 'wrong length' : opened.error });
    return null;
  }
  return { handle: record.index, agentAddress: record.agentAddress, privateKey: opened.value, wallet: record.address };
}
