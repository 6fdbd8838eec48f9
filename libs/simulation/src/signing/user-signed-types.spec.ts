import { signUserSignedAction } from '@nktkas/hyperliquid/signing';
import { privateKeyToAccount } from 'viem/accounts';
import { beforeAll, describe, expect, it } from 'vitest';
import { createRecoverer, type Recoverer } from './recoverer';
import { readSignedRequest } from './request';
import { USER_SIGNED_TYPES } from './user-signed-types';

/** A throw-away key that holds nothing. */
const WALLET = privateKeyToAccount(`0x${'5'.repeat(64)}`);
const NONCE = 1_700_000_000_000;

const VALUES: Readonly<Record<string, string | boolean | number>> = {
  string: 'text',
  address: '0x1719884eb866cb12b2287399b15f7db5e7d775ea',
  bool: true,
  uint64: 7,
  uint32: 9,
  bytes: '0x1234',
};

describe('every action a main wallet signs', () => {
  let recoverer: Recoverer;
  beforeAll(async () => {
    recoverer = await createRecoverer();
  });

  describe.each([...USER_SIGNED_TYPES])('%s, signed by an independent client', (type, { name, fields }) => {
    const testnet = name.length % 2 === 0;
    const action = {
      type,
      signatureChainId: '0x66eee' as const,
      ...Object.fromEntries(fields.map(([field, kind]) => [field, VALUES[kind] ?? ''])),
      hyperliquidChain: testnet ? 'Testnet' : 'Mainnet',
      ...(fields.some(([field]) => field === 'time') ? { time: NONCE } : { nonce: NONCE }),
    };
    const counter = fields.some(([field]) => field === 'time') ? 'time' : 'nonce';
    const types = { [`HyperliquidTransaction:${name}`]: fields.map(([field, kind]) => ({ name: field, type: kind })) };

    it('recovers its signer, and another address when a field is changed', async () => {
      const signature = await signUserSignedAction({ wallet: WALLET, action, types });
      const read = (changed: object) => readSignedRequest(JSON.parse(JSON.stringify({ action: { ...action, ...changed }, nonce: NONCE, signature })));
      const whole = read({});
      const other = read({ [counter]: NONCE + 1 });
      if (!whole.ok || !other.ok) throw new Error('the body is well formed');
      expect(recoverer.recover(whole.value, testnet)).toEqual({ ok: true, value: WALLET.address.toLowerCase() });
      expect(recoverer.recover(other.value, testnet)).not.toEqual({ ok: true, value: WALLET.address.toLowerCase() });
    });
  });
});
