import type { SignedApproval } from '@lockstep/storage';
import { approveAgentRequest } from '@lockstep/venues/hyperliquid';
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
  /** Signs the approval of an agent for the platform to relay, as a wallet signs what the gateway gives it. */
  signApproval(agentAddress: string, name: string, validUntilMs: number): Promise<SignedApproval>;
  /** Makes the account unified. Nothing may be open. */
  unify(): Promise<void>;
}

const keyOf = (number: number): PrivateKeyAccount => privateKeyToAccount(`0x${number.toString(16).padStart(64, '0')}`);

/** Its address, in lower case, before there is a venue. */
export const walletAddress = (number: number): string => keyOf(number).address.toLowerCase();

/** The wallet of a throw-away key; the same number gives the same one. */
export function venueWallet(url: string, number: number): VenueWallet {
  const wallet = keyOf(number);
  const address = walletAddress(number);
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
    signApproval: (agentAddress, name, validUntilMs) => signApproval(wallet, agentAddress, name, validUntilMs),
    unify: async () => {
      await exchange.userSetAbstraction({ user: wallet.address, abstraction: 'unifiedAccount' });
    },
  };
}

const clientOf = (url: string, wallet: PrivateKeyAccount): hl.ExchangeClient =>
  new hl.ExchangeClient({ transport: new hl.HttpTransport({ apiUrl: `${url}/` }), wallet });

async function signApproval(wallet: PrivateKeyAccount, agentAddress: string, agentName: string, validUntilMs: number): Promise<SignedApproval> {
  const nonce = Date.now();
  const request = approveAgentRequest({ network: 'mainnet', nonce, agentAddress, agentName, validUntilMs });
  const { EIP712Domain: _domain, ...types } = request.typedData.types;
  const { primaryType, message, domain } = request.typedData;
  const hex = await wallet.signTypedData({ domain: { ...domain, verifyingContract: `0x${'0'.repeat(40)}` }, types, primaryType, message });
  const signature = { r: hex.slice(0, 66), s: `0x${hex.slice(66, 130)}`, v: Number.parseInt(hex.slice(130), 16) };
  return { action: request.action, nonce, signature };
}
