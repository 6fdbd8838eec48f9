import { describe, expect, it } from 'vitest';
import { addressOf, dig, orderAction, Testbed } from '../builders/testbed';
import type { VenueSettings } from './config';
import type { Address, Json } from './port';
import { conserved } from './testing/conserved';

const DONE = { status: 'ok', response: { type: 'default' } };
const refusal = (response: string) => ({ status: 'err', response });
const MASTER = addressOf(1);
const AGENT = addressOf(100);

const create = (bed: Testbed, name = 'one', signer = MASTER) => bed.act(signer, { type: 'createSubAccount', name });

/** A master with traded volume, an agent and one sub-account. */
function family(settings: Partial<VenueSettings> = {}): { readonly bed: Testbed; readonly sub: Address } {
  const bed = new Testbed({ settings }, { 1: '100000', 2: '100000' });
  bed.world.control.setup([{ address: MASTER, credits: { 'spot:USDH': '50' }, volume: '100000', agent: { address: AGENT, name: '' } }]);
  bed.block();
  return { bed, sub: String(dig(create(bed).response, 'data')) };
}

const perps = (bed: Testbed, user: Address): Json => dig(bed.info('clearinghouseState', { user }), 'withdrawable');
const transfer = (sub: Address, usd: number, isDeposit = true) => ({ type: 'subAccountTransfer', subAccountUser: sub, isDeposit, usd });

describe('a sub-account', () => {
  it('is made once enough was traded, under a name of its own', () => {
    const bed = new Testbed({}, { 1: '1000' });
    expect(create(bed)).toEqual(refusal('Cannot create sub-accounts until enough volume traded. Required: $100000. Traded: $0.'));
    bed.world.control.setup([{ address: MASTER, credits: {}, volume: '100000' }]);
    bed.block();
    expect(bed.info('subAccounts', { user: MASTER })).toBeNull();
    const made = create(bed);
    expect(made).toMatchObject({ status: 'ok', response: { type: 'createSubAccount', data: expect.stringMatching(/^0x[0-9a-f]{40}$/) } });
    const address = String(dig(made.response, 'data'));
    expect(bed.info('subAccounts', { user: MASTER })).toMatchObject([
      { name: 'one', subAccountUser: address, master: MASTER, spotState: { balances: [] } },
    ]);
    expect(dig(bed.info('subAccounts2', { user: MASTER }), 0, 'dexToClearinghouseState', 1, 0)).toBe('xyz');
    expect(bed.info('userRole', { user: address })).toEqual({ role: 'subAccount', data: { master: MASTER } });
    expect(create(bed, 'one')).toMatchObject({ status: 'err' });
    expect(bed.act(MASTER, { type: 'subAccountModify', subAccountUser: address, name: 'two' })).toEqual(DONE);
    expect(bed.info('subAccounts', { user: MASTER })).toMatchObject([{ name: 'two' }]);
    expect(bed.act(addressOf(1), { type: 'subAccountModify', subAccountUser: MASTER, name: 'x' })).toEqual(refusal('Invalid sub-account.'));
  });

  it('is one of ten, and of one more for each hundred million traded', () => {
    const { bed } = family({ subAccountsBase: 1 });
    expect(create(bed, 'two')).toEqual(refusal('Too many sub-accounts.'));
    bed.world.control.setup([{ address: MASTER, credits: {}, volume: '100000000' }]);
    bed.block();
    expect(create(bed, 'two')).toMatchObject({ status: 'ok' });
    expect(create(bed, 'three')).toEqual(refusal('Too many sub-accounts.'));
  });

  it("is funded and emptied by its master or the master's agent", () => {
    const { bed, sub } = family();
    expect(bed.act(MASTER, transfer(sub, 5_000_000_000))).toEqual(DONE);
    expect(bed.act(AGENT, transfer(sub, 1_000_000_000, false))).toEqual(DONE);
    expect([perps(bed, MASTER), perps(bed, sub)]).toEqual(['96000.0', '4000.0']);
    const delta = { type: 'subAccountTransfer', usdc: '1000.0', user: sub, destination: MASTER };
    expect(dig(bed.info('userNonFundingLedgerUpdates', { user: sub }), 1, 'delta')).toEqual(delta);
    expect(bed.act(MASTER, transfer(sub, 4_000_000_001, false))).toEqual(refusal('Insufficient balance for withdrawal.'));
    expect(bed.act(addressOf(2), transfer(sub, 1))).toEqual(refusal(`Invalid sub-account transfer from ${addressOf(2)} to ${sub}`));
    const spot = (amount: string, isDeposit: boolean) =>
      bed.act(MASTER, { type: 'subAccountSpotTransfer', subAccountUser: sub, isDeposit, token: 'USDH:0x54e00a5988577cb0b0c9ab0cb6ef7f4b', amount });
    expect(spot('20', true)).toEqual(DONE);
    expect(spot('21', false)).toEqual(refusal('Insufficient balance for token transfer'));
    expect(bed.info('spotClearinghouseState', { user: sub })).toMatchObject({ balances: [{ coin: 'USDH', total: '20.0' }] });
    conserved(bed);
  });

  it('moves between spot and perps by a suffix of the amount', () => {
    const { bed, sub } = family();
    bed.act(MASTER, transfer(sub, 100_000_000));
    expect(bed.wallet(1, { type: 'usdClassTransfer', amount: `40 subaccount:${sub}`, toPerp: false })).toEqual(DONE);
    expect(perps(bed, sub)).toBe('60.0');
    expect(bed.info('spotClearinghouseState', { user: sub })).toMatchObject({ balances: [{ coin: 'USDC', total: '40.0' }] });
  });

  it("trades by vaultAddress, signed by the master or its agent and nobody else, with its volume in the master's tier", () => {
    const { bed, sub } = family();
    bed.act(MASTER, transfer(sub, 50_000_000_000));
    bed.order(2, { b: false, p: '66000', s: '0.3' });
    const buy = orderAction({ p: '66000', s: '0.1', tif: 'Ioc' });
    expect(bed.actFor(MASTER, sub, buy)).toMatchObject({ status: 'ok' });
    expect(bed.actFor(AGENT, sub, buy)).toMatchObject({ status: 'ok' });
    expect(bed.actFor(addressOf(2), sub, buy)).toEqual(refusal(`Vault not registered: ${sub}`));
    expect(bed.act(sub, buy)).toEqual(refusal(`User or API Wallet ${sub} does not exist.`));
    expect(dig(bed.info('clearinghouseState', { user: sub }), 'assetPositions', 0, 'position', 'szi')).toBe('0.2');
    expect(bed.info('clearinghouseState', { user: MASTER })).toMatchObject({ assetPositions: [] });
    const daily = dig(bed.info('userFees', { user: MASTER }), 'dailyUserVlm', 14);
    expect(daily).toMatchObject({ userCross: '13200.0', userAdd: '0.0' });
    expect(bed.info('userRateLimit', { user: sub })).toMatchObject({ nRequestsCap: 23_200 });
    expect(bed.info('userRateLimit', { user: MASTER })).toMatchObject({ nRequestsCap: 110_000 });
    conserved(bed);
  });

  it('pays the builders its master approved, since it has no wallet to approve one', () => {
    const { bed, sub } = family();
    bed.act(MASTER, transfer(sub, 50_000_000_000));
    bed.order(2, { b: false, p: '66000', s: '0.3' });
    const buy = { ...(orderAction({ p: '66000', s: '0.1', tif: 'Ioc' }) as object), builder: { b: addressOf(2), f: 30 } } as Json;
    expect(bed.actFor(MASTER, sub, buy)).toEqual(refusal('Builder fee has not been approved.'));
    expect(bed.wallet(1, { type: 'approveBuilderFee', builder: addressOf(2), maxFeeRate: '0.03%' })).toEqual(DONE);
    expect(bed.actFor(MASTER, sub, buy)).toMatchObject({ status: 'ok' });
    expect(bed.actFor(AGENT, sub, buy)).toMatchObject({ status: 'ok' });
    expect(dig(bed.info('userFills', { user: sub }), 0, 'builderFee')).toBe('1.98');
    conserved(bed);
  });

  it('lets its master have two more named agents', () => {
    const { bed } = family();
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const answers = names.map((agentName, at) => bed.wallet(1, { type: 'approveAgent', agentAddress: addressOf(200 + at), agentName }));
    expect(answers.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'err']);
  });
});
