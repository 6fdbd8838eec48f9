import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { venueData } from '@lockstep/platform/testing/venue-data';
import { privateKeyToAccount } from 'viem/accounts';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ACTION_VECTORS, APPROVAL_VECTORS, PHANTOM_AGENT, TEST_ADDRESS, TEST_KEY, USER_SIGNED_VECTORS, VAULT } from '../test_data/signing-vectors';
import { connectionId } from './action-hash';
import { addressOf } from './agent-key';
import { approveAgentRequest, approveBuilderFeeRequest, type TypedData, userSignedTypedData } from './approvals';
import { L1Signer, loadSigningTools, type SigningTools } from './l1-signer';

const key = Buffer.from(TEST_KEY, 'hex');
const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`;

async function signTypedData(privateKey: string, data: TypedData): Promise<{ r: string; s: string; v: number }> {
  const { EIP712Domain: _domain, ...types } = data.types;
  const signature = await privateKeyToAccount(`0x${privateKey}`).signTypedData({
    domain: { ...data.domain, verifyingContract: '0x0000000000000000000000000000000000000000' },
    types,
    primaryType: data.primaryType,
    message: data.message,
  });
  return { r: signature.slice(0, 66), s: `0x${signature.slice(66, 130)}`, v: Number.parseInt(signature.slice(130), 16) };
}

describe.each(['native', 'wasm'] as const)('L1 signatures with the %s curve', (engine) => {
  let tools: SigningTools;
  beforeAll(async () => {
    tools = await loadSigningTools(engine);
  });

  it('uses the engine it was asked for', () => {
    expect(tools.curve.engine).toBe(engine);
    expect(addressOf(tools.keccak, tools.curve.publicKey(key))).toBe(TEST_ADDRESS);
  });

  it.each(ACTION_VECTORS.map((vector) => [`${vector.name} on ${vector.network}`, vector] as const))('%s', (_name, vector) => {
    const signer = new L1Signer(tools, vector.network);
    const id = connectionId(tools.keccak, vector.action, vector.nonce, vector.vault, vector.expiresAfter);
    if (vector.hash !== undefined) expect(hex(id)).toBe(vector.hash);
    expect(signer.signAction(vector.action, vector.nonce, key, vector.vault, vector.expiresAfter)).toEqual({ r: vector.r, s: vector.s, v: vector.v });
  });

  it('hashes the phantom agent example', () => {
    expect(hex(connectionId(tools.keccak, PHANTOM_AGENT.action, PHANTOM_AGENT.nonce, null, 0))).toBe(PHANTOM_AGENT.connectionId);
  });

  it('gives another signature when one byte of the action changes', () => {
    const signer = new L1Signer(tools, 'mainnet');
    const base = signer.signAction({ type: 'noop' }, 1700000000000, key, null, 0);
    expect(signer.signAction({ type: 'noop' }, 1700000000001, key, null, 0).r).not.toBe(base.r);
    expect(signer.signAction({ type: 'noop' }, 1700000000000, key, VAULT, 0).r).not.toBe(base.r);
    expect(signer.signAction({ type: 'noop' }, 1700000000000, key, null, 1).r).not.toBe(base.r);
    expect(new L1Signer(tools, 'testnet').signAction({ type: 'noop' }, 1700000000000, key, null, 0).r).not.toBe(base.r);
  });
});

describe('typed data for a wallet', () => {
  const agent = { agentAddress: VAULT, agentName: 'copytrade', validUntilMs: 1715552000000, nonce: 1700000000000 };

  it.each([
    [APPROVAL_VECTORS[0], approveAgentRequest({ ...agent, network: 'mainnet' })],
    [APPROVAL_VECTORS[1], approveAgentRequest({ ...agent, network: 'testnet', signatureChainId: '0xa4b1' })],
    [APPROVAL_VECTORS[2], approveBuilderFeeRequest({ network: 'mainnet', builder: VAULT, maxFeeTenthsBp: 50, nonce: 1700000000000 })],
  ])('$name is signed as the venue expects', async ({ r, s, v }, request) => {
    expect(await signTypedData(TEST_KEY, request.typedData)).toEqual({ r, s, v });
    expect(request.action).toMatchObject({ ...request.typedData.message, signatureChainId: expect.any(String) });
  });

  it.each(USER_SIGNED_VECTORS)('$name of the general builder', async ({ name, r, s, v }) => {
    const fields = ['hyperliquidChain', 'destination', 'amount'].map((field) => ({ name: field, type: 'string' }));
    const message = { hyperliquidChain: 'Testnet', destination: '0x5e9ee1089755c3435139848e47e6635505d5a13a', amount: '1', time: 1687816341423 };
    const data = userSignedTypedData(name, '0x66eee', [...fields, { name: 'time', type: 'uint64' }], message);
    expect(await signTypedData(TEST_KEY, data)).toEqual({ r, s, v });
  });

  it.each([
    [0, '0%'],
    [1, '0.001%'],
    [10, '0.01%'],
    [50, '0.05%'],
    [100, '0.1%'],
  ])('%i tenths of a basis point are written %s', (maxFeeTenthsBp, text) => {
    expect(approveBuilderFeeRequest({ network: 'mainnet', builder: VAULT, maxFeeTenthsBp, nonce: 1 }).action.maxFeeRate).toBe(text);
  });

  it('refuses a fee above the cap of perps and a name above 16 characters', () => {
    expect(() => approveBuilderFeeRequest({ network: 'mainnet', builder: VAULT, maxFeeTenthsBp: 101, nonce: 1 })).toThrow('0 to 100');
    expect(() => approveAgentRequest({ ...agent, network: 'mainnet', agentName: 'a'.repeat(17) })).toThrow('16 characters');
  });
});

const recorded = z.object({
  vectors: z.array(
    z.object({
      id: z.string(),
      kind: z.enum(['l1Action', 'phantomAgent', 'userSigned']),
      privateKey: z.string().nullable(),
      action: z.record(z.string(), z.unknown()).optional(),
      connectionId: z.string().optional(),
      primaryType: z.string().optional(),
      types: z.array(z.object({ name: z.string(), type: z.string() })).optional(),
      message: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
      nonce: z.number().nullish(),
      vaultAddress: z.string().nullish(),
      expiresAfter: z.number().nullish(),
      isMainnet: z.boolean(),
      expected: z.object({ connectionId: z.string().optional(), signature: z.object({ r: z.string(), s: z.string(), v: z.number() }).optional() }),
    }),
  ),
});

describe.skipIf(venueData() === null)('recorded signing vectors (needs VENUE_DATA_DIR)', () => {
  it('all 26 come out', async () => {
    const { vectors } = recorded.parse(JSON.parse(readFileSync(join(venueData()?.dir ?? '', 'signing/signing-vectors.json'), 'utf8')));
    const tools = await loadSigningTools();
    for (const vector of vectors) {
      const signer = new L1Signer(tools, vector.isMainnet ? 'mainnet' : 'testnet');
      const secret = (vector.privateKey ?? `0x${TEST_KEY}`).slice(2);
      const bytes = Buffer.from(secret, 'hex');
      if (vector.kind === 'userSigned') {
        const name = (vector.primaryType ?? '').replace('HyperliquidTransaction:', '');
        const message = vector.message ?? {};
        const data = userSignedTypedData(name, String(message.signatureChainId), vector.types ?? [], message);
        expect(await signTypedData(secret, data), vector.id).toEqual(vector.expected.signature);
        continue;
      }
      const id =
        vector.kind === 'phantomAgent'
          ? Buffer.from((vector.connectionId ?? '').slice(2), 'hex')
          : connectionId(tools.keccak, vector.action ?? {}, vector.nonce ?? 0, vector.vaultAddress ?? null, vector.expiresAfter ?? 0);
      if (vector.expected.connectionId !== undefined) expect(hex(id), vector.id).toBe(vector.expected.connectionId);
      if (vector.expected.signature !== undefined) expect(signer.signConnectionId(id, bytes), vector.id).toEqual(vector.expected.signature);
    }
    expect(vectors).toHaveLength(26);
  });
});
