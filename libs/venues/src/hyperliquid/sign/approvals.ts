import { must } from '@lockstep/kernel';
import type { Address } from '../../port';
import type { Network } from './phantom-agent';

/*
 * What a follower's own wallet signs (facts §5.2). Pure: builds the EIP-712 data for the wallet and the action that is relayed with its signature.
 */

interface Field {
  readonly name: string;
  readonly type: string;
}

/** EIP-712 typed data in the JSON form of `eth_signTypedData_v4`. */
export interface TypedData {
  readonly domain: { readonly name: string; readonly version: string; readonly chainId: number; readonly verifyingContract: Address };
  readonly types: Readonly<Record<string, readonly Field[]>>;
  readonly primaryType: string;
  readonly message: Readonly<Record<string, string | number>>;
}

/** An approval to be signed by a wallet: `typedData` goes to the wallet, `action` and `nonce` come back with its signature to `relay`. */
export interface ApprovalRequest {
  readonly typedData: TypedData;
  readonly action: Readonly<Record<string, string | number>>;
  readonly nonce: number;
}

interface ApprovalBase {
  readonly network: Network;
  /** Milliseconds; must be unused by this wallet and near the venue's time. */
  readonly nonce: number;
  /** The chain the wallet is on, hexadecimal; any chain is accepted. */
  readonly signatureChainId?: string;
}

export interface AgentApprovalTerms extends ApprovalBase {
  readonly agentAddress: Address;
  /** At most 16 characters; empty for the unnamed agent. Approving a name again replaces its agent. */
  readonly agentName: string;
  /** When the approval ends, in ms; absent: the venue's default life. */
  readonly validUntilMs?: number;
}

export interface BuilderFeeTerms extends ApprovalBase {
  readonly builder: Address;
  /** Highest fee consented to, in tenths of a basis point; 0 withdraws consent. At most 100 (0.1 %) on perps. */
  readonly maxFeeTenthsBp: number;
}

const DEFAULT_CHAIN_ID = '0x66eee';
const AGENT_NAME_MAX = 16;
const BUILDER_FEE_MAX_TENTHS_BP = 100;
const ZERO_ADDRESS = '0x0000000000000000000000000000000000000000';
const DOMAIN_FIELDS: readonly Field[] = [
  { name: 'name', type: 'string' },
  { name: 'version', type: 'string' },
  { name: 'chainId', type: 'uint256' },
  { name: 'verifyingContract', type: 'address' },
];

/** The approval of an agent key by the account's own wallet. */
export function approveAgentRequest(terms: AgentApprovalTerms): ApprovalRequest {
  must(terms.agentName.length <= AGENT_NAME_MAX, `an agent name has at most ${AGENT_NAME_MAX} characters`);
  const agentName = terms.validUntilMs === undefined ? terms.agentName : `${terms.agentName} valid_until ${terms.validUntilMs}`;
  return approval(terms, 'approveAgent', 'ApproveAgent', [
    { name: 'agentAddress', type: 'address', value: addressText(terms.agentAddress) },
    { name: 'agentName', type: 'string', value: agentName },
  ]);
}

/** The consent to a builder fee by the account's own wallet. */
export function approveBuilderFeeRequest(terms: BuilderFeeTerms): ApprovalRequest {
  const fee = terms.maxFeeTenthsBp;
  must(
    Number.isInteger(fee) && fee >= 0 && fee <= BUILDER_FEE_MAX_TENTHS_BP,
    `a builder fee is 0 to ${BUILDER_FEE_MAX_TENTHS_BP} tenths of a basis point`,
  );
  return approval(terms, 'approveBuilderFee', 'ApproveBuilderFee', [
    { name: 'maxFeeRate', type: 'string', value: percentText(fee) },
    { name: 'builder', type: 'address', value: addressText(terms.builder) },
  ]);
}

interface FieldValue extends Field {
  readonly value: string;
}

function approval(base: ApprovalBase, type: string, name: string, fields: readonly FieldValue[]): ApprovalRequest {
  const signatureChainId = base.signatureChainId ?? DEFAULT_CHAIN_ID;
  must(Number.isSafeInteger(base.nonce) && base.nonce >= 0, 'a nonce is a whole number of milliseconds');
  const chain: FieldValue = { name: 'hyperliquidChain', type: 'string', value: base.network === 'mainnet' ? 'Mainnet' : 'Testnet' };
  const ordered = [chain, ...fields];
  const message = { ...Object.fromEntries(ordered.map((field) => [field.name, field.value])), nonce: base.nonce };
  const typed = [...ordered.map(({ name: field, type: kind }) => ({ name: field, type: kind })), { name: 'nonce', type: 'uint64' }];
  return {
    typedData: userSignedTypedData(name, signatureChainId, typed, message),
    action: { type, signatureChainId, ...message },
    nonce: base.nonce,
  };
}

/** Typed data of a user-signed action: `name` without its prefix, its fields in type order, and their values. */
export function userSignedTypedData(name: string, signatureChainId: string, fields: readonly Field[], message: TypedData['message']): TypedData {
  must(/^0x[0-9a-f]{1,12}$/i.test(signatureChainId), 'signatureChainId is a hexadecimal chain id');
  const primaryType = `HyperliquidTransaction:${name}`;
  return {
    domain: { name: 'HyperliquidSignTransaction', version: '1', chainId: Number.parseInt(signatureChainId, 16), verifyingContract: ZERO_ADDRESS },
    types: { EIP712Domain: DOMAIN_FIELDS, [primaryType]: fields },
    primaryType,
    message,
  };
}

/** A fee in tenths of a basis point as the venue writes it: 50 is `0.05%`. */
function percentText(tenthsBp: number): string {
  const digits = String(tenthsBp).padStart(4, '0');
  const fraction = digits.slice(-3).replace(/0+$/, '');
  return `${digits.slice(0, -3)}${fraction === '' ? '' : `.${fraction}`}%`;
}

function addressText(address: Address): Address {
  const lower = address.toLowerCase();
  must(/^0x[0-9a-f]{40}$/.test(lower), `${address} is not an address`);
  return lower;
}
