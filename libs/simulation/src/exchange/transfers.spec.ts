import { describe, expect, it } from 'vitest';
import { addressOf, dig, Testbed } from '../builders/testbed';
import type { Json } from './port';
import { conserved } from './testing/conserved';

const DONE = { status: 'ok', response: { type: 'default' } };
const refusal = (response: string) => ({ status: 'err', response });
const USDC_ID = 'USDC:0x6d1e7cde53ba9467b783cb7c530ce054';
const USDH_ID = 'USDH:0x54e00a5988577cb0b0c9ab0cb6ef7f4b';

/** Account 1 holds dollars on the main dex and on spot, account 2 exists. */
function funded(): Testbed {
  const bed = new Testbed({}, { 1: '1000', 2: '10' });
  for (const [purse, amount] of [
    ['spot', '500'],
    ['spot:USDH', '300'],
    ['km', '40'],
  ] as const)
    bed.world.control.setup([{ address: addressOf(1), credits: { [purse]: amount } }]);
  bed.block();
  return bed;
}

const perps = (bed: Testbed, account: number, dex = ''): Json =>
  dig(bed.info('clearinghouseState', { user: addressOf(account), dex }), 'withdrawable');
function spot(bed: Testbed, account: number, coin = 'USDC'): Json {
  const balances = dig(bed.info('spotClearinghouseState', { user: addressOf(account) }), 'balances');
  const row = Array.isArray(balances) ? balances.find((balance) => dig(balance, 'coin') === coin) : undefined;
  return row === undefined ? '0.0' : dig(row, 'total');
}
const lastDelta = (bed: Testbed, account: number): Json => {
  const updates = bed.info('userNonFundingLedgerUpdates', { user: addressOf(account) });
  return dig(Array.isArray(updates) ? (updates[updates.length - 1] ?? null) : null, 'delta');
};
const send = (words: { readonly [key: string]: Json }) => ({
  type: 'sendAsset',
  destination: addressOf(1),
  sourceDex: '',
  destinationDex: 'spot',
  token: USDC_ID,
  amount: '100',
  fromSubAccount: '',
  ...words,
});

describe('money that moves', () => {
  interface Row {
    readonly what: string;
    readonly action: { readonly type: string; readonly [key: string]: Json };
    readonly answer: Json;
    readonly after?: (bed: Testbed) => Json;
    readonly is?: Json;
    readonly delta?: { readonly [key: string]: Json };
  }
  const rows: readonly Row[] = [
    {
      what: 'usdSend to a known account',
      action: { type: 'usdSend', destination: addressOf(2), amount: '250.5' },
      answer: DONE,
      after: (bed) => [perps(bed, 1), perps(bed, 2)],
      is: ['749.5', '260.5'],
      delta: { type: 'internalTransfer', usdc: '250.5', user: addressOf(1), destination: addressOf(2), fee: '0.0' },
    },
    {
      what: 'usdSend to a new address costs one dollar more',
      action: { type: 'usdSend', destination: addressOf(3), amount: '250.5' },
      answer: DONE,
      after: (bed) => [perps(bed, 1), perps(bed, 3)],
      is: ['748.5', '250.5'],
      delta: { type: 'internalTransfer', usdc: '250.5', user: addressOf(1), destination: addressOf(3), fee: '1.0' },
    },
    {
      what: 'usdSend of more than there is',
      action: { type: 'usdSend', destination: addressOf(2), amount: '1000.000001' },
      answer: refusal('Insufficient balance for withdrawal.'),
    },
    {
      what: 'spotSend of another token',
      action: { type: 'spotSend', destination: addressOf(2), token: USDH_ID, amount: '12.5' },
      answer: DONE,
      after: (bed) => [spot(bed, 1, 'USDH'), spot(bed, 2, 'USDH')],
      is: ['287.5', '12.5'],
      delta: { type: 'spotTransfer', token: 'USDH', amount: '12.5', usdcValue: '12.5', fee: '0.0', feeToken: '' },
    },
    {
      what: 'spotSend of more than there is',
      action: { type: 'spotSend', destination: addressOf(2), token: USDH_ID, amount: '301' },
      answer: refusal('Insufficient balance for token transfer'),
    },
    {
      what: 'spotSend of a token whose id is another',
      action: { type: 'spotSend', destination: addressOf(2), token: 'USDH:0x00000000000000000000000000000000', amount: '1' },
      answer: refusal('Invalid token.'),
    },
    {
      what: 'withdraw3 takes its fee out of the amount',
      action: { type: 'withdraw3', destination: addressOf(1), amount: '100' },
      answer: DONE,
      after: (bed) => perps(bed, 1),
      is: '900.0',
      delta: { type: 'withdraw', usdc: '99.0', fee: '1.0' },
    },
    {
      what: 'withdraw3 of more than there is',
      action: { type: 'withdraw3', destination: addressOf(1), amount: '1001' },
      answer: refusal('Insufficient balance for withdrawal.'),
    },
    {
      what: 'usdClassTransfer to spot',
      action: { type: 'usdClassTransfer', amount: '200', toPerp: false },
      answer: DONE,
      after: (bed) => [perps(bed, 1), spot(bed, 1)],
      is: ['800.0', '700.0'],
      delta: { type: 'accountClassTransfer', usdc: '200.0', toPerp: false },
    },
    {
      what: 'usdClassTransfer of more than there is',
      action: { type: 'usdClassTransfer', amount: '501', toPerp: true },
      answer: refusal('Insufficient balance for withdrawal.'),
    },
    {
      what: 'usdClassTransfer for an account that is no sub-account',
      action: { type: 'usdClassTransfer', amount: `5 subaccount:${addressOf(2)}`, toPerp: true },
      answer: refusal('Invalid sub-account.'),
    },
    {
      what: 'sendAsset to a dex of the same collateral',
      action: send({ destinationDex: 'xyz' }),
      answer: DONE,
      after: (bed) => [perps(bed, 1), perps(bed, 1, 'xyz')],
      is: ['900.0', '100.0'],
      delta: { type: 'send', sourceDex: '', destinationDex: 'xyz', token: 'USDC', amount: '100.0', usdcValue: '100.0', fee: '0.0' },
    },
    {
      what: 'sendAsset of another collateral from spot to its dex',
      action: send({ token: USDH_ID, sourceDex: 'spot', destinationDex: 'km' }),
      answer: DONE,
      after: (bed) => [spot(bed, 1, 'USDH'), perps(bed, 1, 'km')],
      is: ['200.0', '140.0'],
    },
    { what: 'sendAsset to a dex of another collateral', action: send({ destinationDex: 'km' }), answer: refusal('Invalid destination.') },
    { what: 'sendAsset to a dex that is not there', action: send({ destinationDex: 'nope' }), answer: refusal('Invalid destination.') },
    { what: 'sendAsset of a token that is not there', action: send({ token: 'NOPE:0x00' }), answer: refusal('Invalid token.') },
    { what: 'sendAsset of more than there is', action: send({ amount: '1001' }), answer: refusal('Insufficient balance for token transfer') },
    { what: 'sendAsset from a stranger', action: send({ fromSubAccount: addressOf(2) }), answer: refusal('Invalid sub-account.') },
  ];
  for (const { what, action, answer, after, is, delta } of rows)
    it(what, () => {
      const bed = funded();
      expect(bed.wallet(1, action)).toEqual(answer);
      if (after !== undefined) expect(after(bed)).toEqual(is);
      if (delta !== undefined) expect(lastDelta(bed, 1)).toMatchObject(delta);
      conserved(bed);
    });

  it('is told beforehand what a transfer to an address costs', () => {
    const bed = funded();
    const check = (account: number) => bed.info('preTransferCheck', { user: addressOf(account), source: addressOf(1) });
    expect(check(3)).toEqual({ fee: '1.0', isSanctioned: false, userExists: false, userHasSentTx: false });
    expect(check(2)).toEqual({ fee: '0.0', isSanctioned: false, userExists: true, userHasSentTx: false });
    bed.act(addressOf(2), { type: 'noop' });
    expect(check(2)).toMatchObject({ userHasSentTx: true });
  });

  it('is moved by an agent only between accounts of its master', () => {
    const bed = funded();
    bed.world.control.setup([{ address: addressOf(1), credits: {}, agent: { address: addressOf(100), name: '' } }]);
    bed.block();
    const byAgent = (destination: string) =>
      bed.act(addressOf(100), { ...send({ destination, destinationDex: 'xyz' }), type: 'agentSendAsset', nonce: 1 });
    expect(byAgent(addressOf(1))).toEqual(DONE);
    expect(byAgent(addressOf(2))).toEqual(refusal('Invalid destination.'));
    expect(perps(bed, 1, 'xyz')).toBe('100.0');
    conserved(bed);
  });

  it('shows its value and profit over time', () => {
    const bed = funded();
    bed.world.control.setup([{ address: addressOf(1), credits: { 'spot:HYPE': '2' } }]);
    bed.block();
    bed.wallet(1, { type: 'usdSend', destination: addressOf(2), amount: '100' });
    const day = dig(bed.info('portfolio', { user: addressOf(1) }), 0, 1);
    const values = dig(day, 'accountValueHistory');
    expect(dig(Array.isArray(values) ? (values[values.length - 1] ?? null) : null, 1)).toBe('1820.0');
    expect(dig(day, 'pnlHistory', 0, 1)).toBe('0.0');
  });
});
