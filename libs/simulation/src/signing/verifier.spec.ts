import { describe, expect, it } from 'vitest';
import { readSignedRequest } from './request';
import { SIGNING_VECTORS, VECTOR_SIGNER } from './testing/vectors';
import { createVerifier, type SignedText, type Verifier, type VerifierConfig } from './verifier';
import { parseVerifyMode } from './verify-mode';

const OTHER = '0x00000000000000000000000000000000000000aa';

function signedText(vectorIndex: number, extra: Record<string, unknown> = {}, form: SignedText['form'] = 'body'): SignedText {
  const vector = SIGNING_VECTORS[vectorIndex];
  if (vector === undefined) throw new Error('vector missing');
  const { action, nonce, r, s, v, vaultAddress, expiresAfter, testnet } = vector;
  const body = { action, nonce, signature: { r, s, v }, vaultAddress, expiresAfter, ...extra };
  const request = readSignedRequest(JSON.parse(JSON.stringify(body)));
  if (!request.ok) throw new Error(request.error);
  const text = form === 'body' ? JSON.stringify(body) : JSON.stringify({ method: 'post', id: 7, request: { type: 'action', payload: body } });
  return { request: request.value, text, form, testnet };
}

function verifier(change: Partial<VerifierConfig>): Promise<Verifier> {
  const onFailure = (error: Error): never => {
    throw error;
  };
  return createVerifier({ mode: { kind: 'all' }, threads: 0, batchMaxRows: 4, waitingMaxRows: 100, onFailure, ...change });
}

describe('verifier', () => {
  it('answers every request in order of arrival, over several batches and both forms', async () => {
    const subject = await verifier({});
    const order: number[] = [];
    const answers = SIGNING_VECTORS.map((_, index) =>
      subject.signerOf(signedText(index, {}, index % 2 === 0 ? 'body' : 'frame')).then((signer) => {
        order.push(index);
        return signer;
      }),
    );
    expect(await Promise.all(answers)).toEqual(SIGNING_VECTORS.map(() => ({ ok: true, value: VECTOR_SIGNER })));
    expect(order).toEqual(SIGNING_VECTORS.map((_, index) => index));
    expect(subject.stats()).toMatchObject({ recovered: SIGNING_VECTORS.length, trusted: 0, waiting: 0 });
  });

  it('ignores claims in mode all', async () => {
    const subject = await verifier({});
    expect(await subject.signerOf(signedText(0, { signer: OTHER }))).toEqual({ ok: true, value: VECTOR_SIGNER });
    expect(subject.stats()).toMatchObject({ recovered: 1, trusted: 0, refuted: 0 });
  });

  it('takes a claim at its word in mode off, and recovers where nothing is claimed', async () => {
    const subject = await verifier({ mode: { kind: 'off' } });
    expect(await subject.signerOf(signedText(0, { signer: OTHER }))).toEqual({ ok: true, value: OTHER });
    expect(await subject.signerOf(signedText(0))).toEqual({ ok: true, value: VECTOR_SIGNER });
    expect(subject.stats()).toMatchObject({ recovered: 1, trusted: 1 });
  });

  it('changes its mode while it runs', async () => {
    const subject = await verifier({ mode: { kind: 'all' } });
    expect(await subject.signerOf(signedText(0, { signer: OTHER }))).toEqual({ ok: true, value: VECTOR_SIGNER });
    subject.mode = { kind: 'off' };
    expect(await subject.signerOf(signedText(0, { signer: OTHER }))).toEqual({ ok: true, value: OTHER });
    expect(subject.mode).toEqual({ kind: 'off' });
  });

  it('recovers one claim in N in mode sample, and a false one acts as the address it recovers to', async () => {
    const subject = await verifier({ mode: { kind: 'sample', every: 3 } });
    const signers = [];
    for (let turn = 0; turn < 6; turn += 1) signers.push(await subject.signerOf(signedText(0, { signer: OTHER })));
    const expected = [OTHER, OTHER, VECTOR_SIGNER, OTHER, OTHER, VECTOR_SIGNER];
    expect(signers).toEqual(expected.map((value) => ({ ok: true, value })));
    expect(subject.stats()).toMatchObject({ recovered: 2, trusted: 4, refuted: 2 });
  });

  it('refuses as busy above its bound instead of growing', async () => {
    const subject = await verifier({ waitingMaxRows: 2, batchMaxRows: 10 });
    const answers = await Promise.all([0, 1, 4].map((index) => subject.signerOf(signedText(index))));
    expect(answers.map((answer) => (answer.ok ? 'signer' : answer.error))).toEqual(['signer', 'signer', 'busy']);
  });

  it.each([
    ['all', { kind: 'all' }],
    ['off', { kind: 'off' }],
    ['sample:20', { kind: 'sample', every: 20 }],
  ])('reads the mode %s', (text, value) => expect(parseVerifyMode(text)).toEqual({ ok: true, value }));

  it.each(['', 'sample', 'sample:0', 'sample:-1', 'none'])('refuses the mode "%s"', (text) => expect(parseVerifyMode(text).ok).toBe(false));
});
