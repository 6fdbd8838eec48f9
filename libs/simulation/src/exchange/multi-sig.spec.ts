import { describe, expect, it } from 'vitest';
import { addressOf, Testbed, wireOrder } from '../builders/testbed';
import type { Address, ExchangeAnswer, Json } from './port';

/* Account 1 belongs to 2, 3 and 4, two of whom must sign. Who signed is told by the recoverer; here it is given. */

const [SHARED, FIRST, SECOND, THIRD, STRANGER] = [1, 2, 3, 4, 5].map(addressOf) as [Address, Address, Address, Address, Address];
const DONE = { status: 'ok', response: { type: 'default' } };
const refusal = (response: string) => ({ status: 'err', response });
const UNSIGNED = refusal('Multi-sig signers are not authorized or fewer than the threshold.');
const NOOP = { type: 'noop' };
const signers = (authorizedUsers: readonly Address[], threshold: number): string => JSON.stringify({ authorizedUsers, threshold });

function shared(): Testbed {
  const bed = new Testbed({ makers: true }, { 1: '10000', 2: '100', 3: '100', 4: '100', 5: '100' });
  expect(bed.wallet(1, { type: 'convertToMultiSigUser', signers: signers([FIRST, SECOND, THIRD], 2) })).toEqual(DONE);
  return bed;
}

interface Wrapped {
  readonly signer?: Address;
  readonly cosigners?: readonly (Address | null)[];
  readonly multiSigUser?: Address;
  readonly outerSigner?: Address;
  readonly nonce?: number;
}

function together(bed: Testbed, action: Json, words: Wrapped = {}): ExchangeAnswer {
  const { signer = FIRST, cosigners = [FIRST, SECOND], multiSigUser = SHARED, outerSigner = signer, nonce = bed.world.now() + 7 } = words;
  const wrapper = { type: 'multiSig', signatureChainId: '0x66eee', signatures: [], payload: { multiSigUser, outerSigner, action } };
  let verdict: ExchangeAnswer | null = null;
  bed.world.submitWith({ signer, action: wrapper, nonce, vaultAddress: null, expiresAfter: null, cosigners }, (answer) => {
    verdict = answer;
  });
  bed.block();
  if (verdict === null) throw new Error('the block was not executed');
  return verdict;
}

describe('a multi-signature account', () => {
  it('trades by enough of its users, and its own key signs nothing', () => {
    const bed = shared();
    const order: Json = { type: 'order', orders: [wireOrder({ p: '66500', s: '0.1', tif: 'Ioc' })], grouping: 'na' };
    expect(together(bed, order)).toMatchObject({ response: { data: { statuses: [{ filled: { totalSz: '0.1' } }] } } });
    expect(bed.info('clearinghouseState', { user: SHARED })).toMatchObject({ assetPositions: [{ position: { szi: '0.1' } }] });
    expect(bed.act(SHARED, NOOP)).toEqual(refusal(`User or API Wallet ${SHARED} does not exist.`));
  });

  it.each<[string, Wrapped, object]>([
    ['two of its users', {}, DONE],
    ['all of them', { cosigners: [FIRST, SECOND, THIRD] }, DONE],
    ['two, sent by the third', { signer: THIRD }, DONE],
    ['one of them', { cosigners: [FIRST] }, UNSIGNED],
    ['nobody', { cosigners: [] }, UNSIGNED],
    ['one of them twice', { cosigners: [FIRST, FIRST] }, UNSIGNED],
    ['two and a stranger', { cosigners: [FIRST, SECOND, STRANGER] }, UNSIGNED],
    ['two and a signature of nobody', { cosigners: [FIRST, SECOND, null] }, UNSIGNED],
    ['an outer signer that the payload does not name', { outerSigner: SECOND }, refusal(`User or API Wallet ${SHARED} does not exist.`)],
    ['the users of an ordinary account', { multiSigUser: STRANGER }, refusal(`User or API Wallet ${STRANGER} does not exist.`)],
    ['a sender nobody knows', { signer: addressOf(99) }, refusal(`User or API Wallet ${addressOf(99)} does not exist.`)],
  ])('is acted for by %s', (_what, words, answer) => {
    expect(together(shared(), NOOP, words)).toEqual(answer);
  });

  it("uses up its sender's nonce and nobody else's", () => {
    const bed = shared();
    const nonce = bed.world.now() + 5;
    expect(together(bed, NOOP, { nonce })).toEqual(DONE);
    expect(together(bed, NOOP, { nonce })).toEqual(refusal(`Invalid nonce: duplicate nonce ${nonce}`));
    expect(together(bed, NOOP, { nonce, signer: SECOND })).toEqual(DONE);
    expect(bed.act(THIRD, NOOP, nonce)).toEqual(DONE);
  });

  it('sends money as its wallet would, with the nonce of the envelope', () => {
    const bed = shared();
    const nonce = bed.world.now() + 5;
    const send = { type: 'usdSend', signatureChainId: '0x66eee', hyperliquidChain: 'Mainnet', destination: STRANGER, amount: '10' };
    expect(together(bed, { ...send, time: nonce + 1 }, { nonce })).toEqual(refusal('Inner nonce does not match outer nonce.'));
    expect(together(bed, { ...send, time: nonce + 2 }, { nonce: nonce + 2 })).toEqual(DONE);
    expect(bed.info('clearinghouseState', { user: STRANGER })).toMatchObject({ withdrawable: '110.0' });
  });

  it('becomes an ordinary one again by its users', () => {
    const bed = shared();
    const nonce = bed.world.now() + 5;
    const back = { type: 'convertToMultiSigUser', signatureChainId: '0x66eee', hyperliquidChain: 'Mainnet', signers: 'null', nonce };
    expect(together(bed, back, { nonce })).toEqual(DONE);
    expect(bed.act(SHARED, NOOP)).toEqual(DONE);
  });

  it('has ten users at most, each with an account and once, and a threshold they can meet', () => {
    const bed = new Testbed({}, { 1: '100', 2: '100', 3: '100' });
    const convert = (text: string): boolean =>
      bed.world.accepts({ type: 'convertToMultiSigUser', signatureChainId: '0x1', hyperliquidChain: 'Mainnet', signers: text, nonce: 1 });
    const many = Array.from({ length: 11 }, (_, index) => addressOf(10 + index));
    expect(convert(signers(many.slice(0, 10), 10))).toBe(true);
    for (const wrong of [signers(many, 2), signers([FIRST, FIRST], 1), signers([FIRST], 2), signers([FIRST], 0), signers([], 1), 'x', '{}'])
      expect(convert(wrong)).toBe(false);
    const unknown = refusal('Invalid multi-sig authorized users.');
    for (const users of [
      [FIRST, addressOf(77)],
      [SHARED, FIRST],
    ])
      expect(bed.wallet(1, { type: 'convertToMultiSigUser', signers: signers(users, 1) })).toEqual(unknown);
    const wrapper = (count: number) => ({
      type: 'multiSig',
      signatures: new Array(count).fill({}),
      payload: { multiSigUser: SHARED, outerSigner: FIRST, action: NOOP },
    });
    expect([bed.world.accepts(wrapper(10)), bed.world.accepts(wrapper(11))]).toEqual([true, false]);
  });
});
