import { money, ok, type Result } from '@lockstep/kernel';
import type { Address, AddressRole, BuilderStanding, LeverageSetting, VenueAccounts, VenueReadError } from '../port';
import type { HyperliquidTruth } from './truth';
import { activeAssetDataAnswer, activeAssetDataRequest } from './wire/active-asset-data';
import { clearinghouseStateAnswer, clearinghouseStateRequest } from './wire/clearinghouse-state';
import { userRoleAnswer, userRoleRequest } from './wire/user-role';
import { vaultDetailsAnswer, vaultDetailsRequest } from './wire/vault-details';

type Read<T> = Result<T, VenueReadError>;

/** What the venue says of accounts themselves (facts §9, §14). Nothing is remembered; nothing is asked twice. */
export class HyperliquidAccounts implements VenueAccounts {
  constructor(private readonly truth: HyperliquidTruth) {}

  /** Weight 60, of a vault 80. */
  async role(address: Address): Promise<Read<AddressRole>> {
    const read = await this.truth.read(userRoleRequest(address), userRoleAnswer);
    if (!read.ok) return read;
    const found = read.value;
    switch (found.role) {
      case 'missing':
        return ok({ kind: 'missing' });
      case 'user':
        return ok({ kind: 'main' });
      case 'agent':
        return ok({ kind: 'agent', of: found.data.user });
      case 'subAccount':
        return ok({ kind: 'sub_account', master: found.data.master });
      case 'vault':
        return this.vault(address);
    }
  }

  /** Weight 20. */
  leverage(address: Address, coin: string): Promise<Read<LeverageSetting>> {
    return this.truth.read(activeAssetDataRequest(address, coin), activeAssetDataAnswer);
  }

  /** Weight 22. The perp value of the main dex is what the venue demands of a builder (facts §12). */
  async builderStanding(builder: Address): Promise<Read<BuilderStanding>> {
    const mode = await this.truth.accountMode(builder);
    if (!mode.ok) return mode;
    const state = await this.truth.read(clearinghouseStateRequest(builder, ''), clearinghouseStateAnswer);
    if (!state.ok) return state;
    return ok({ standardMode: mode.value === 'standard', accountValue: money(state.value.marginSummary.accountValue) });
  }

  private async vault(address: Address): Promise<Read<AddressRole>> {
    const read = await this.truth.read(vaultDetailsRequest(address), vaultDetailsAnswer);
    return read.ok ? ok({ kind: 'vault', leader: read.value.leader }) : read;
  }
}
