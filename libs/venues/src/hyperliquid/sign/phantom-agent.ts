import type { Keccak } from './keccak';

/** Which venue network a signature is for. The chain id is the same on both; only the agent's source letter differs (facts §5.1). */
export type Network = 'mainnet' | 'testnet';

const DOMAIN_TYPE = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)';
const AGENT_TYPE = 'Agent(string source,bytes32 connectionId)';
const CHAIN_ID = 1337;

/** Turns a 32-byte connection id into the digest the agent key signs. The returned bytes are fresh. */
export type AgentDigest = (connectionId: Uint8Array) => Uint8Array;

/** Prepares the constant parts of the EIP-712 struct `Agent`, leaving two short hashes per action. */
export function agentDigest(keccak: Keccak, network: Network): AgentDigest {
  const struct = Buffer.alloc(96);
  struct.set(keccak(Buffer.from(AGENT_TYPE)), 0);
  struct.set(keccak(Buffer.from(network === 'mainnet' ? 'a' : 'b')), 32);
  const envelope = Buffer.alloc(66);
  envelope.set([0x19, 0x01], 0);
  envelope.set(domainSeparator(keccak), 2);
  return (connectionId) => {
    struct.set(connectionId, 64);
    envelope.set(keccak(struct), 34);
    return keccak(envelope);
  };
}

function domainSeparator(keccak: Keccak): Uint8Array {
  const words = Buffer.alloc(160);
  words.set(keccak(Buffer.from(DOMAIN_TYPE)), 0);
  words.set(keccak(Buffer.from('Exchange')), 32);
  words.set(keccak(Buffer.from('1')), 64);
  words.writeUInt32BE(CHAIN_ID, 124);
  return keccak(words);
}
