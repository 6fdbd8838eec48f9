import { createHash, randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { DigestSigner } from './ecdsa';
import { L1Signer, loadSigningTools, type SigningTools } from './l1-signer';
import { type Entropy, PresignaturePool } from './presignatures';

const HALF_ORDER = 0x7fffffff_ffffffff_ffffffff_ffffffff_5d576e73_57a4501d_dfe92f46_681b20a0n;
const SIGNATURES = 20_000;
const entropy: Entropy = (bytes) => Uint8Array.from(randomBytes(bytes));
const never: DigestSigner = {
  sign: () => {
    throw new Error('the pool is not empty');
  },
};
const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const digestOf = (text: string): Uint8Array => createHash('sha256').update(text).digest();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** An entropy source that goes on from the same state: what a copied virtual machine would give. */
function repeating(seed: string): Entropy {
  let turn = 0;
  return (bytes) => {
    turn += 1;
    return createHash('sha512').update(`${seed}${turn}`).digest().subarray(0, bytes);
  };
}

describe.each(['native', 'wasm'] as const)('presignatures on the %s curve', (engine) => {
  let tools: SigningTools;
  let keys: Uint8Array[];
  beforeAll(async () => {
    tools = await loadSigningTools(engine);
    keys = Array.from({ length: 50 }, () => entropy(32));
  });

  const filled = (count: number, fallback: DigestSigner = never, source: Entropy = entropy): PresignaturePool => {
    const pool = new PresignaturePool(tools.curve, source, fallback, count);
    pool.refill(count);
    return pool;
  };
  const sign = (pool: DigestSigner, text: string, key: Uint8Array): { readonly signature: Buffer; readonly recoveryId: number } => {
    const signature = Buffer.alloc(64);
    return { signature, recoveryId: pool.sign(digestOf(text), key, signature) };
  };

  it(`makes signatures that lead to their key, low and each with an r of its own (${SIGNATURES / (engine === 'native' ? 1 : 10)})`, () => {
    const count = SIGNATURES / (engine === 'native' ? 1 : 10);
    const pool = filled(count);
    const seen = new Set<string>();
    const publicKeys = keys.map((key) => hex(tools.curve.publicKey(key)));
    for (let turn = 0; turn < count; turn += 1) {
      const { signature, recoveryId } = sign(pool, `order ${turn}`, keys[turn % keys.length] ?? new Uint8Array(32));
      seen.add(signature.toString('hex', 0, 32));
      if (numberOf(signature.subarray(32)) > HALF_ORDER) expect.fail(`the signature of order ${turn} is not low`);
      if (turn % 10 !== 0) continue;
      expect(hex(tools.curve.recover(digestOf(`order ${turn}`), signature, recoveryId))).toBe(publicKeys[turn % keys.length]);
    }
    expect(seen.size).toBe(count);
    expect(pool.size).toBe(0);
  });

  it('never uses a presignature again, also when signing with it failed', () => {
    const pool = filled(2, tools.curve);
    expect(() => sign(pool, 'an order', new Uint8Array(32))).toThrow('valid private key');
    expect(pool.size).toBe(1);
    sign(pool, 'an order', keys[0] ?? new Uint8Array(32));
    expect(pool.size).toBe(0);
  });

  it('signs by the fallback when it is empty, and says how much room it has', () => {
    const pool = new PresignaturePool(tools.curve, entropy, tools.curve, 3);
    const [key = new Uint8Array(32)] = keys;
    expect(sign(pool, 'an order', key)).toEqual(sign(tools.curve, 'an order', key));
    pool.refill(2);
    expect([pool.size, pool.room]).toEqual([2, 1]);
    pool.refill(100);
    expect([pool.size, pool.room]).toEqual([3, 0]);
    pool.clear();
    expect([pool.size, pool.room]).toEqual([0, 3]);
  });

  it('draws other nonces for the same randomness: two pools, and one pool whose source repeats itself', () => {
    const [key = new Uint8Array(32)] = keys;
    const constant: Entropy = (bytes) => new Uint8Array(bytes).fill(7);
    const pool = filled(20, never, constant);
    const stuck = new Set(Array.from({ length: 20 }, (_, turn) => sign(pool, `order ${turn}`, key).signature.toString('hex', 0, 32)));
    expect(stuck.size, 'the counter keeps nonces apart when the source stands still').toBe(20);
    const rOf = (seed: string): string => sign(filled(1, never, repeating(seed)), 'an order', key).signature.toString('hex', 0, 32);
    expect(rOf('a')).toBe(rOf('a'));
    expect(rOf('a'), 'the secret and the fresh bytes decide the nonce').not.toBe(rOf('b'));
  });

  it('serves the L1 signer: an order signed so leads to the agent', () => {
    const [key = new Uint8Array(32)] = keys;
    const signer = new L1Signer(tools, 'mainnet', filled(1));
    const id = tools.keccak(digestOf('an action'));
    const { r, s, v } = signer.signConnectionId(id, key);
    const signature = Buffer.from(r.slice(2) + s.slice(2), 'hex');
    expect(hex(tools.curve.recover(signer.digest(id), signature, v - 27))).toBe(hex(tools.curve.publicKey(key)));
  });
});
