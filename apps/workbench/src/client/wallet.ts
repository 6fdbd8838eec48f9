import { type Hex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { z } from 'zod';

/** A follower's own wallet: signs what the API asks it to, with an implementation that is not ours. */
export interface Wallet {
  readonly address: string;
  readonly privateKey: Hex;
  /** 65 bytes as hex over EIP-712 typed data. */
  sign(typedData: unknown): Promise<string>;
}

const field = z.object({ name: z.string(), type: z.string() });
const typed = z.object({
  domain: z.object({
    name: z.string(),
    version: z.string(),
    chainId: z.union([z.number(), z.string()]).transform(Number),
    verifyingContract: z.string().regex(/^0x[0-9a-fA-F]{40}$/),
  }),
  types: z.record(z.string(), z.array(field)),
  primaryType: z.string(),
  message: z.record(z.string(), z.unknown()),
});

/** A wallet from a key, or a new one. */
export function makeWallet(privateKey: Hex = generatePrivateKey()): Wallet {
  const account = privateKeyToAccount(privateKey);
  return {
    address: account.address.toLowerCase(),
    privateKey,
    sign: async (data) => {
      const { domain, types, primaryType, message } = typed.parse(data);
      const { EIP712Domain: _domain, ...own } = types;
      return account.signTypedData({ domain: { ...domain, verifyingContract: hex(domain.verifyingContract) }, types: own, primaryType, message });
    },
  };
}

const hex = (text: string): Hex => `0x${text.slice(2)}`;
