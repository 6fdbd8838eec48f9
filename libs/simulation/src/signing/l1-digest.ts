import { Encoder } from '@msgpack/msgpack';
import type { Json } from '../exchange/port';
import { paddedBytes, uint64Bytes, uintWord, utf8 } from './hex';
import type { Keccak } from './keccak';

/** What an L1 signature covers, beside the network. */
export interface L1Content {
  readonly action: Json;
  readonly nonce: number;
  readonly vaultAddress: string | null;
  readonly expiresAfter: number | null;
}

export interface L1Hasher {
  /** keccak256(msgpack(action) ‖ nonce ‖ vault marker ‖ expiry): the venue calls it `connectionId`. */
  connectionId(content: L1Content): Uint8Array;
  /** The EIP-712 digest of `Agent{source, connectionId}`: what is signed. */
  agentDigest(connectionId: Uint8Array, testnet: boolean): Uint8Array;
}

const NO_VAULT = Uint8Array.of(0);
const VAULT = Uint8Array.of(1);
const EXPIRES = Uint8Array.of(0);
const NOTHING = new Uint8Array(0);
const DOMAIN_TYPE = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)';
const AGENT_TYPE = 'Agent(string source,bytes32 connectionId)';
/** On both networks: only `source` separates them. */
const CHAIN_ID = 1337n;

export function createL1Hasher(keccak: Keccak): L1Hasher {
  const encoder = new Encoder();
  const prefix = Uint8Array.of(0x19, 0x01);
  const domain = domainSeparator(keccak, 'Exchange', CHAIN_ID);
  const agentType = keccak(utf8(AGENT_TYPE));
  const sources = { mainnet: keccak(utf8('a')), testnet: keccak(utf8('b')) };
  return {
    connectionId: ({ action, nonce, vaultAddress, expiresAfter }) => {
      const vault = vaultAddress === null ? null : paddedBytes(vaultAddress, 20);
      return keccak(
        encoder.encodeSharedRef(action),
        uint64Bytes(nonce),
        vault === null ? NO_VAULT : VAULT,
        vault ?? NOTHING,
        expiresAfter === null ? NOTHING : EXPIRES,
        expiresAfter === null ? NOTHING : uint64Bytes(expiresAfter),
      );
    },
    agentDigest: (connectionId, testnet) => keccak(prefix, domain, keccak(agentType, testnet ? sources.testnet : sources.mainnet, connectionId)),
  };
}

/** The EIP-712 domain separator for the venue's domains: version "1", verifying contract zero. */
export function domainSeparator(keccak: Keccak, name: string, chainId: bigint): Uint8Array {
  return keccak(keccak(utf8(DOMAIN_TYPE)), keccak(utf8(name)), keccak(utf8('1')), uintWord(chainId), uintWord(0n));
}
