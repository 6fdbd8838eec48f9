import type { Money, Result } from '@lockstep/kernel';
import type { Address, VenueReadError } from './types';

/** What an address is to the venue. Closed set. */
export type AddressRole =
  /** Never seen: nothing was deposited to it. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'main' }
  | { readonly kind: 'sub_account'; readonly master: Address }
  | { readonly kind: 'vault'; readonly leader: Address }
  | { readonly kind: 'agent'; readonly of: Address };

/** Leverage and margin mode an account has set for an instrument, with or without a position. */
export interface LeverageSetting {
  readonly leverage: number;
  readonly cross: boolean;
}

/** What the venue demands of who receives builder fees (Hyperliquid: standard mode and at least 100 USDC of perp value). */
export interface BuilderStanding {
  readonly standardMode: boolean;
  readonly accountValue: Money;
}

/** Reads about accounts themselves: what an activation verifies and what is looked at again and again. Dear calls; callers budget them. */
export interface VenueAccounts {
  role(address: Address): Promise<Result<AddressRole, VenueReadError>>;
  leverage(address: Address, coin: string): Promise<Result<LeverageSetting, VenueReadError>>;
  builderStanding(builder: Address): Promise<Result<BuilderStanding, VenueReadError>>;
}
