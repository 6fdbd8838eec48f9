import { type Price, parsePrice, price, unwrap } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { addressOf, dig, GENESIS_MS, Testbed } from '../builders/testbed';
import type { Json } from './port';
import { conserved } from './testing/conserved';

const DONE = { status: 'ok', response: { type: 'default' } };
const refusal = (response: string) => ({ status: 'err', response });
const px = (text: string): Price => price(unwrap(parsePrice(text), text));
const US500 = 130_000;
const NVDA = 110_002;

const toMode = (abstraction: string, user = addressOf(1)) => ({ type: 'userSetAbstraction', user, abstraction });
const balances = (bed: Testbed, account: number): Json => dig(bed.info('spotClearinghouseState', { user: addressOf(account) }), 'balances');
const state = (bed: Testbed, account: number, dex = ''): Json => bed.info('clearinghouseState', { user: addressOf(account), dex });

/** Account 1 has dollars everywhere and is unified; account 2 makes the market. */
function unified(): Testbed {
  const bed = new Testbed({}, { 1: '1000', 2: '1000000' });
  bed.world.control.setup([
    { address: addressOf(1), credits: { spot: '500', xyz: '300', 'spot:USDH': '200' } },
    { address: addressOf(2), credits: { xyz: '1000000', km: '1000000' } },
  ]);
  bed.block();
  expect(bed.wallet(1, toMode('unifiedAccount'))).toEqual(DONE);
  return bed;
}

function buy(bed: Testbed, account: number, a: number, p: string, s: string): Json {
  bed.order(2, { a, b: false, p, s });
  return bed.order(account, { a, p, s, tif: 'Ioc' });
}

describe('the account mode', () => {
  it('gathers all of a collateral in one spot balance', () => {
    const bed = unified();
    expect(bed.info('userAbstraction', { user: addressOf(1) })).toBe('unifiedAccount');
    expect(balances(bed, 1)).toMatchObject([
      { coin: 'USDC', token: 0, total: '1800.0', hold: '0.0' },
      { coin: 'USDH', token: 360, total: '200.0', hold: '0.0' },
    ]);
    for (const dex of ['', 'xyz']) expect(state(bed, 1, dex)).toMatchObject({ marginSummary: { accountValue: '0.0' }, withdrawable: '0.0' });
    conserved(bed);
  });

  it('carries positions of every dex of that collateral, and holds what they use', () => {
    const bed = unified();
    expect(buy(bed, 1, NVDA, '176.19', '50')).toMatchObject([{ filled: {} }]);
    expect(buy(bed, 1, 0, '66344', '0.1')).toMatchObject([{ filled: {} }]);
    // 8,809.5 at 10x and 6,634.4 at 20x are held; fees of 0.09 % and 0.045 % are gone.
    expect(balances(bed, 1)).toMatchObject([
      { coin: 'USDC', total: '1789.08597', hold: '1212.67' },
      { coin: 'USDH', total: '200.0' },
    ]);
    bed.world.control.movePrice('BTC', px('67344'));
    bed.block();
    expect(dig(balances(bed, 1), 0, 'total')).toBe('1889.08597');
    expect(state(bed, 1)).toMatchObject({ assetPositions: [{ position: { coin: 'BTC', szi: '0.1', unrealizedPnl: '100.0' } }] });
    conserved(bed);
  });

  it('does not carry positions of another collateral', () => {
    const bed = unified();
    expect(buy(bed, 1, US500, '689.1', '4')).toMatchObject([{ filled: {} }]);
    expect(buy(bed, 1, US500, '689.1', '4')).toEqual([{ error: `Insufficient margin to place order. asset=${US500}` }]);
    conserved(bed);
  });

  it('has the same equity as a standard account with the same trades, in another place', () => {
    const bed = new Testbed({}, { 1: '1000', 2: '1000000', 3: '1000' });
    bed.wallet(1, toMode('unifiedAccount'));
    for (const account of [1, 3]) buy(bed, account, 0, '66344', '0.2');
    bed.world.control.movePrice('BTC', px('66000'));
    bed.block();
    const standard = dig(state(bed, 3), 'marginSummary', 'accountValue');
    expect(standard).toBe('925.22904');
    expect(dig(balances(bed, 1), 0, 'total')).toBe(standard);
    expect(dig(balances(bed, 3))).toEqual([]);
    expect(dig(state(bed, 1), 'assetPositions', 0, 'position', 'liquidationPx')).toBe(
      dig(state(bed, 3), 'assetPositions', 0, 'position', 'liquidationPx'),
    );
    conserved(bed);
  });

  it('is liquidated by the equity of the pool, in every dex of it', () => {
    const bed = unified();
    bed.act(addressOf(1), { type: 'updateLeverage', asset: 0, isCross: true, leverage: 40 });
    buy(bed, 1, NVDA, '176.19', '20');
    buy(bed, 1, 0, '66344', '0.8');
    bed.world.control.movePrice('BTC', px('65200'));
    bed.block(2);
    expect(dig(state(bed, 1), 'assetPositions', 0, 'position', 'szi')).toBe('0.8');
    bed.world.control.movePrice('BTC', px('63000'));
    bed.block(2);
    for (const dex of ['', 'xyz']) expect(state(bed, 1, dex)).toMatchObject({ assetPositions: [] });
    const rest = balances(bed, 1);
    expect(Array.isArray(rest) ? rest.filter((row) => Number(dig(row, 'total')) < 0) : null).toEqual([]);
    conserved(bed);
  });

  it('changes only while nothing is open', () => {
    const bed = unified();
    bed.order(1, { p: '60000', s: '0.01' });
    expect(bed.wallet(1, toMode('disabled'))).toEqual(refusal('Abstraction transition not allowed'));
    expect(bed.wallet(1, toMode('portfolioMargin'))).toEqual(DONE);
    const [order] = [bed.info('openOrders', { user: addressOf(1) })].flat();
    bed.act(addressOf(1), { type: 'cancel', cancels: [{ a: 0, o: dig(order ?? null, 'oid') }] });
    buy(bed, 1, 0, '66344', '0.01');
    expect(bed.wallet(1, toMode('disabled'))).toEqual(refusal('Abstraction transition not allowed'));
    bed.order(2, { p: '66344', s: '0.01' });
    bed.order(1, { b: false, p: '66344', s: '0.01', tif: 'Ioc', r: true });
    expect(bed.wallet(1, toMode('disabled'))).toEqual(DONE);
    expect(state(bed, 1)).toMatchObject({ withdrawable: '1799.402904' });
    expect(balances(bed, 1)).toMatchObject([{ coin: 'USDH' }]);
    conserved(bed);
  });

  it('is set by an agent too, by its letter', () => {
    const bed = new Testbed({}, { 1: '1000' });
    bed.world.control.setup([{ address: addressOf(1), credits: {}, agent: { address: addressOf(100), name: '' } }]);
    bed.block();
    for (const [letter, mode] of [
      ['u', 'unifiedAccount'],
      ['p', 'portfolioMargin'],
      ['i', 'disabled'],
    ] as const) {
      expect(bed.act(addressOf(100), { type: 'agentSetAbstraction', abstraction: letter })).toEqual(DONE);
      expect(bed.info('userAbstraction', { user: addressOf(1) })).toBe(mode);
    }
    expect(bed.world.accepts({ type: 'agentSetAbstraction', abstraction: 'x' })).toBe(false);
    expect(bed.wallet(1, toMode('unifiedAccount', addressOf(2)))).toEqual(refusal('Invalid sub-account.'));
  });

  const off = refusal('Action disabled when unified account is active');
  const rows: readonly (readonly [what: string, action: { readonly type: string; readonly [key: string]: Json }, answer: Json])[] = [
    ['usdClassTransfer', { type: 'usdClassTransfer', amount: '1', toPerp: true }, off],
    [
      'sendAsset inside the account',
      { type: 'sendAsset', destination: addressOf(1), sourceDex: '', destinationDex: 'xyz', token: 'USDC', amount: '1', fromSubAccount: '' },
      off,
    ],
    ['usdSend', { type: 'usdSend', destination: addressOf(2), amount: '1800' }, DONE],
    ['withdraw3', { type: 'withdraw3', destination: addressOf(2), amount: '1800' }, DONE],
    [
      'spotSend',
      { type: 'spotSend', destination: addressOf(2), token: 'USDC', amount: '1800.000001' },
      refusal('Insufficient balance for token transfer'),
    ],
  ];
  it.each(rows)('while unified answers %s', (_what, action, answer) => {
    const bed = unified();
    expect(bed.wallet(1, action)).toEqual(answer);
    conserved(bed);
  });

  it('ends what a unified account may do in a day', () => {
    const bed = new Testbed({ settings: { unifiedActionsPerDay: 3, markIntervalMs: 3_600_000 } }, { 1: '1000', 2: '1000' });
    bed.wallet(1, toMode('unifiedAccount'));
    const noop = (account: number) => bed.act(addressOf(account), { type: 'noop' });
    expect([noop(1), noop(1), noop(1), noop(1)].map(({ status }) => status)).toEqual(['ok', 'ok', 'err', 'err']);
    expect([noop(2), noop(2), noop(2), noop(2), noop(2)].map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
    bed.world.advanceTo(GENESIS_MS + 86_400_000);
    expect(noop(1)).toEqual(DONE);
  });
});
