import * as hl from '@nktkas/hyperliquid';
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';

/** Micro-dollars, in which the venue counts what it moves by L1 actions. */
const MICRO = 1_000_000;

/** A wallet at the simulated venue: what an owner does with an independent client, signed by the wallet itself. */
export interface VenueWallet {
  readonly address: string;
  readonly exchange: hl.ExchangeClient;
  /** Opens a sub-account and moves whole dollars of the main dex into it; its address. */
  openSubAccount(name: string, dollars: number): Promise<string>;
  /** Opens a vault with whole dollars of the main dex; its address. */
  openVault(name: string, dollars: number): Promise<string>;
  /** Approves an agent, null: the unnamed one; its end stands in the name where there is one. */
  approve(agentAddress: string, name: string | null, validUntilMs?: number): Promise<void>;
  /** Makes the account unified. Nothing may be open. */
  unify(): Promise<void>;
}

/** The wallet of a throw-away key; the same number gives the same one. */
export function venueWallet(url: string, number: number): VenueWallet {
  const wallet = privateKeyToAccount(`0x${number.toString(16).padStart(64, '0')}`);
  const address = wallet.address.toLowerCase();
  const exchange = clientOf(url, wallet);
  return {
    address,
    exchange,
    openSubAccount: async (name, dollars) => {
      const { response } = await exchange.createSubAccount({ name });
      await exchange.subAccountTransfer({ subAccountUser: response.data, isDeposit: true, usd: dollars * MICRO });
      return response.data;
    },
    openVault: async (name, dollars) => {
      const { response } = await exchange.createVault({ name, description: 'Follows a leader', initialUsd: dollars * MICRO, nonce: Date.now() });
      return response.data;
    },
    approve: async (agentAddress, name, validUntilMs) => {
      const agentName = name === null || validUntilMs === undefined ? name : `${name} valid_until ${validUntilMs}`;
      await exchange.approveAgent({ agentAddress: agentAddress as `0x${string}`, agentName });
    },
    unify: async () => {
      await exchange.userSetAbstraction({ user: wallet.address, abstraction: 'unifiedAccount' });
    },
  };
}

const clientOf = (url: string, wallet: PrivateKeyAccount): hl.ExchangeClient =>
  new hl.ExchangeClient({ transport: new hl.HttpTransport({ apiUrl: `${url}/` }), wallet });
