import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { venueData } from '@lockstep/platform/testing/venue-data';
import { beforeAll, describe, expect, it } from 'vitest';
import { toHex } from './hex';
import { createRecoverer, type Recoverer } from './recoverer';
import { type ActionJson, readSignedRequest, type SignedRequest } from './request';
import { SIGNING_VECTORS, type SigningVector, VECTOR_SIGNER } from './testing/vectors';

function requestOf(vector: SigningVector): SignedRequest {
  const { action, nonce, r, s, v, vaultAddress, expiresAfter } = vector;
  const read = readSignedRequest(JSON.parse(JSON.stringify({ action, nonce, signature: { r, s, v }, vaultAddress, expiresAfter })));
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

/** The same request with one character of one value inside the action changed. */
function tampered(request: SignedRequest): SignedRequest {
  const text = JSON.stringify(request.action);
  const changed = text.includes('"1"') ? text.replace('"1"', '"2"') : text.replace(/(\d)(?!.*\d)/, (digit) => String((Number(digit) + 1) % 10));
  const action: ActionJson = changed === text ? { ...request.action, added: 'x' } : JSON.parse(changed);
  return { ...request, action };
}

describe.each(['native', 'wasm'] as const)('recovery on the %s curve', (curve) => {
  let recoverer: Recoverer;
  beforeAll(async () => {
    recoverer = await createRecoverer(curve);
  });

  it('runs on the curve asked for', () => expect(recoverer.curve).toBe(curve));

  describe.each(SIGNING_VECTORS)('$title (testnet: $testnet, nonce $nonce)', (vector) => {
    it('recovers the signer', () => {
      expect(recoverer.recover(requestOf(vector), vector.testnet)).toEqual({ ok: true, value: VECTOR_SIGNER });
      if (vector.connectionId !== undefined) expect(toHex(recoverer.l1.connectionId(requestOf(vector)))).toBe(vector.connectionId);
    });

    it('recovers the same signer from padded r and s', () => {
      const request = requestOf(vector);
      const pad = (hex: string): string => `0x${hex.slice(2).padStart(64, '0')}`;
      const signature = { ...request.signature, r: pad(request.signature.r), s: pad(request.signature.s) };
      expect(recoverer.recover({ ...request, signature }, vector.testnet)).toEqual({ ok: true, value: VECTOR_SIGNER });
    });

    it('recovers another address on the other network', () => {
      expect(recoverer.recover(requestOf(vector), !vector.testnet)).not.toEqual({ ok: true, value: VECTOR_SIGNER });
    });

    it('recovers another address when the action is changed', () => {
      const signer = recoverer.recover(tampered(requestOf(vector)), vector.testnet);
      expect(signer).not.toEqual({ ok: true, value: VECTOR_SIGNER });
    });
  });

  it.each<[string, Partial<SignedRequest>]>([
    ['the nonce', { nonce: 1 }],
    ['a vault', { vaultAddress: '0x1719884eb866cb12b2287399b15f7db5e7d775ea' }],
    ['an expiry', { expiresAfter: 1 }],
  ])('recovers another address when %s differs from what was signed', (_what, change) => {
    const vector = SIGNING_VECTORS.find((candidate) => candidate.title === 'limit order' && !candidate.testnet);
    if (vector === undefined) throw new Error('vector missing');
    const signer = recoverer.recover({ ...requestOf(vector), ...change }, false);
    expect(signer.ok && signer.value !== VECTOR_SIGNER).toBe(true);
    expect(recoverer.recover(requestOf(vector), true)).not.toEqual({ ok: true, value: VECTOR_SIGNER });
  });

  it.each([
    ['r of zero', { r: '0x0', s: '0x1', v: 27 }],
    ['r of 33 bytes', { r: `0x${'11'.repeat(33)}`, s: '0x1', v: 27 }],
    ['s that is not hex', { r: '0x1', s: 'zz', v: 27 }],
    ['v of 29', { r: '0x1', s: '0x1', v: 29 }],
    ['s beyond the group order', { r: '0x1', s: `0x${'ff'.repeat(32)}`, v: 27 }],
  ])('finds no signer for %s', (_what, signature) => {
    const request = { action: { type: 'noop' }, nonce: 1, signature, vaultAddress: null, expiresAfter: null, claimedSigner: null };
    expect(recoverer.recover(request, false)).toEqual({ ok: false, error: 'unrecoverable' });
  });

  it('names a user-signed action that lacks a field', () => {
    const action = { type: 'usdSend', signatureChainId: '0x1', hyperliquidChain: 'Mainnet', destination: '0x1', amount: '1' };
    const request = { action, nonce: 1, signature: { r: '0x1', s: '0x1', v: 27 }, vaultAddress: null, expiresAfter: null, claimedSigner: null };
    expect(recoverer.recover(request, false)).toEqual({ ok: false, error: 'malformed_action' });
  });
});

interface RecordedVector {
  readonly id: string;
  readonly kind: 'l1Action' | 'phantomAgent' | 'userSigned';
  readonly privateKey: string | null;
  readonly action: ActionJson;
  readonly nonce: number;
  readonly vaultAddress: string | null;
  readonly expiresAfter: number | null;
  readonly isMainnet: boolean;
  readonly connectionId: string;
  readonly primaryType: string;
  readonly message: { readonly [key: string]: string | number };
  readonly expected: { readonly connectionId?: string; readonly signature?: { readonly r: string; readonly s: string; readonly v: number } };
}

/** Addresses of the published keys the recorded vectors were signed with. */
const PUBLISHED: Readonly<Record<string, string>> = {
  '0x0123456789012345678901234567890123456789012345678901234567890123': VECTOR_SIGNER,
  '0xe908f86dbb4d55ac876378565aafeabc187f6690f046459397b17d9b9a19688e': '0xcd49bbac6e85fdeb167eb7ca41a945d2b8758f6f',
  '0x1111111111111111111111111111111111111111111111111111111111111111': '0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a',
};
const ACTION_TYPES: Readonly<Record<string, string>> = {
  'HyperliquidTransaction:UsdSend': 'usdSend',
  'HyperliquidTransaction:Withdraw': 'withdraw3',
  'HyperliquidTransaction:ApproveBuilderFee': 'approveBuilderFee',
  'HyperliquidTransaction:SendToEvmWithData': 'sendToEvmWithData',
};

describe.skipIf(venueData() === null)('recorded vectors (needs VENUE_DATA_DIR)', async () => {
  const recoverer = await createRecoverer();
  const file = join(venueData()?.dir ?? '', 'signing', 'signing-vectors.json');
  const { vectors }: { readonly vectors: readonly RecordedVector[] } =
    venueData() === null ? { vectors: [] } : JSON.parse(readFileSync(file, 'utf8'));

  it('are all 26 there', () => expect(vectors).toHaveLength(26));

  it.each(vectors.map((vector) => [vector.id, vector] as const))('%s', (_id, vector) => {
    const signature = vector.expected.signature;
    if (vector.kind === 'l1Action' && vector.expected.connectionId !== undefined) {
      expect(toHex(recoverer.l1.connectionId(vector))).toBe(vector.expected.connectionId);
    }
    if (signature === undefined) return expect(vector.expected.connectionId).toBeDefined();
    const signer = { ok: true, value: PUBLISHED[vector.privateKey ?? ''] };
    if (vector.kind === 'phantomAgent') {
      const connectionId = Uint8Array.from(Buffer.from(vector.connectionId.slice(2), 'hex'));
      return expect(recoverer.recoverDigest(recoverer.l1.agentDigest(connectionId, !vector.isMainnet), signature)).toEqual(signer);
    }
    const action = vector.kind === 'l1Action' ? vector.action : { ...vector.message, type: ACTION_TYPES[vector.primaryType] ?? '' };
    const { nonce = 0, vaultAddress = null, expiresAfter = null } = vector;
    const request = { action, nonce, signature, vaultAddress, expiresAfter, claimedSigner: null };
    expect(recoverer.recover(request, !vector.isMainnet)).toEqual(signer);
    expect(recoverer.recover(tampered(request), !vector.isMainnet)).not.toEqual(signer);
  });
});
