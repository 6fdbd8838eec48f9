import { describe, expect, it } from 'vitest';
import { canonicalAction } from './canonical-action';
import { type ActionJson, readSignedRequest } from './request';
import { SIGNING_VECTORS } from './testing/vectors';

const LIMIT = { limit: { tif: 'Gtc' } };
const order = (change: object = {}) => ({ a: 1, b: true, p: '100', s: '2', r: false, t: LIMIT, ...change });
const batch = (...orders: object[]): ActionJson => JSON.parse(JSON.stringify({ type: 'order', orders, grouping: 'na' }));

describe('an action as the venue writes it', () => {
  it.each<[string, object, object]>([
    [
      'keys in the venue’s order',
      { grouping: 'na', orders: [{ t: LIMIT, s: '2', r: false, p: '100', b: true, a: 1 }], type: 'order' },
      batch(order()),
    ],
    ['no trailing zeros', batch(order({ p: '100.50', s: '2.000' })), batch(order({ p: '100.5' }))],
    ['whole numbers as they are', batch(order({ p: '1000' })), batch(order({ p: '1000' }))],
    [
      'ids with their prefix, in lower case',
      batch(order({ c: '06C60000000000000000000000003F5A' })),
      batch(order({ c: '0x06c60000000000000000000000003f5a' })),
    ],
    ['no key that is unknown', { ...batch(order({ note: 'mine' })), expiresAfter: 1 }, batch(order())],
    ['no option that is off', { ...batch(order({ c: null })), builder: null }, batch(order())],
    ['a fast cancel only when it is one', { type: 'cancel', cancels: [{ o: 7, a: 1 }], f: false }, { type: 'cancel', cancels: [{ a: 1, o: 7 }] }],
    [
      'false where it says something',
      { leverage: 3, isCross: false, asset: 1, type: 'updateLeverage' },
      { type: 'updateLeverage', asset: 1, isCross: false, leverage: 3 },
    ],
    ['no time where the dead-man switch is off', { type: 'scheduleCancel', time: null }, { type: 'scheduleCancel' }],
    [
      'an address in lower case',
      { type: 'vaultDistribute', vaultAddress: `0x${'AB'.repeat(20)}`, usd: 1 },
      { type: 'vaultDistribute', vaultAddress: `0x${'ab'.repeat(20)}`, usd: 1 },
    ],
    [
      'a modification by client id',
      { order: order(), oid: `0x${'AB'.repeat(16)}`, type: 'modify' },
      { type: 'modify', oid: `0x${'ab'.repeat(16)}`, order: order() },
    ],
    [
      'the details of a TWAP with their nulls',
      { type: 'twapOrder', details: { s: '66000.0', t: null }, twap: { t: false, m: 5, r: false, s: '1.0', b: true, a: 0 } },
      { type: 'twapOrder', twap: { a: 0, b: true, s: '1', r: false, m: 5, t: false }, details: { t: null, s: '66000' } },
    ],
    [
      'the price a TWAP waits for',
      { type: 'twapOrder', twap: { a: 0, b: true, s: '1', r: false, m: 5, t: false }, details: { t: { a: true, p: '66000.50' }, s: null } },
      { type: 'twapOrder', twap: { a: 0, b: true, s: '1', r: false, m: 5, t: false }, details: { t: { p: '66000.5', a: true }, s: null } },
    ],
    [
      'what users of an account sign together, inside its wrapper',
      {
        payload: { action: batch(order({ p: '100.0' })), outerSigner: `0x${'CD'.repeat(20)}`, multiSigUser: `0x${'AB'.repeat(20)}` },
        signatures: [{ v: 27, r: '0x1', s: '0x2' }],
        type: 'multiSig',
        signatureChainId: '0x66eee',
      },
      {
        type: 'multiSig',
        signatureChainId: '0x66eee',
        signatures: [{ r: '0x1', s: '0x2', v: 27 }],
        payload: { multiSigUser: `0x${'ab'.repeat(20)}`, outerSigner: `0x${'cd'.repeat(20)}`, action: batch(order()) },
      },
    ],
    [
      'a transfer signed by an agent',
      {
        type: 'agentSendAsset',
        token: 'USDC',
        amount: '1',
        fromSubAccount: '',
        destinationDex: '',
        sourceDex: 'xyz',
        destination: `0x${'AB'.repeat(20)}`,
      },
      {
        type: 'agentSendAsset',
        destination: `0x${'ab'.repeat(20)}`,
        sourceDex: 'xyz',
        destinationDex: '',
        token: 'USDC',
        amount: '1',
        fromSubAccount: '',
      },
    ],
    ['what does not fit as it came', { type: 'order', orders: 'none', grouping: 'na' }, { type: 'order', orders: 'none', grouping: 'na' }],
    ['an action it does not know as it came', { b: 1, type: 'dummy', a: null }, { b: 1, type: 'dummy', a: null }],
  ])('has %s', (_what, given, written) => {
    expect(JSON.stringify(canonicalAction(JSON.parse(JSON.stringify(given))))).toBe(JSON.stringify(written));
  });

  it.each(SIGNING_VECTORS.map((vector) => [vector.title, vector] as const))('is what the venue’s own tools sign: %s', (_title, { action, nonce }) => {
    const read = readSignedRequest({ action, nonce, signature: { r: '0x1', s: '0x1', v: 27 } });
    expect(read.ok && JSON.stringify(read.value.action)).toBe(JSON.stringify(action));
  });
});
