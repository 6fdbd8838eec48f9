import type { VenueProcess } from '@lockstep/simulation';
import * as hl from '@nktkas/hyperliquid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { account, limit, lower, overHttp, startServer } from './testing/clients';

const [MASTER, AGENT, FRIEND, BUILDER] = [account(21), account(22), account(23), account(24)];
const USDH = 'USDH:0x54e00a5988577cb0b0c9ab0cb6ef7f4b';

const sums = z.object({ credited: z.number(), held: z.number(), fees: z.number(), builderFees: z.number(), funding: z.number() });
const conservation = z.object({ tokens: z.record(z.string(), sums) });

let venue: VenueProcess;
let exchange: hl.ExchangeClient;
let info: hl.InfoClient;

beforeAll(async () => {
  venue = await startServer('--path', 'still');
  const transport = overHttp(venue.httpUrl());
  exchange = new hl.ExchangeClient({ transport, wallet: MASTER });
  info = new hl.InfoClient({ transport });
  await venue.control.setUpAccounts('main', [
    { address: MASTER.address, credits: { '': '50000', xyz: '1000', spot: '500', 'spot:USDH': '700' }, volume: '100000' },
    { address: FRIEND.address, credits: { '': '5000' } },
    { address: BUILDER.address, credits: { '': '100' }, mode: 'unifiedAccount' },
  ]);
}, 60_000);
afterAll(() => venue.stop());

const master = { user: MASTER.address };
const equity = async (user: `0x${string}`, dex = ''): Promise<number> =>
  Number((await info.clearinghouseState({ user, dex })).marginSummary.accountValue);
const balance = async (user: `0x${string}`, coin: string): Promise<number> => {
  const { balances } = await info.spotClearinghouseState({ user });
  return Number(balances.find((row) => row.coin === coin)?.total ?? 0);
};

describe('an independent client', () => {
  it('moves money by every wallet-signed transfer, each with its ledger update', async () => {
    await exchange.usdSend({ destination: FRIEND.address, amount: '100' });
    await exchange.spotSend({ destination: FRIEND.address, token: USDH, amount: '20' });
    await exchange.usdClassTransfer({ amount: '50', toPerp: true });
    await exchange.sendAsset({ destination: MASTER.address, sourceDex: 'spot', destinationDex: 'km', token: USDH, amount: '80' });
    await exchange.withdraw3({ destination: MASTER.address, amount: '10' });
    expect([await equity(MASTER.address), await equity(MASTER.address, 'km')]).toEqual([49_940, 80]);
    expect([await balance(MASTER.address, 'USDH'), await balance(FRIEND.address, 'USDH')]).toEqual([600, 20]);
    const updates = await info.userNonFundingLedgerUpdates({ ...master, startTime: 0 });
    const types = updates.map(({ delta }) => delta.type);
    for (const type of ['internalTransfer', 'spotTransfer', 'accountClassTransfer', 'send', 'withdraw']) expect(types).toContain(type);
    await expect(exchange.withdraw3({ destination: MASTER.address, amount: '1000000' })).rejects.toThrow('Insufficient balance for withdrawal.');
  });

  it('opens a sub-account, funds it, and trades for it by vaultAddress as an agent', async () => {
    const sub = (await exchange.createSubAccount({ name: 'copy' })).response.data;
    await exchange.subAccountTransfer({ subAccountUser: sub, isDeposit: true, usd: 5_000_000_000 });
    await exchange.subAccountSpotTransfer({ subAccountUser: sub, isDeposit: true, token: USDH, amount: '5' });
    await exchange.subAccountModify({ subAccountUser: sub, name: 'copied' });
    await exchange.approveAgent({ agentAddress: AGENT.address, agentName: 'copy' });
    const agent = new hl.ExchangeClient({ transport: overHttp(venue.httpUrl()), wallet: AGENT, defaultVaultAddress: sub });
    const placed = await agent.order({ orders: [limit('Ioc', true, '70000', '0.01')], grouping: 'na' });
    expect(placed.response.data.statuses[0]).toHaveProperty('filled');
    expect((await info.clearinghouseState({ user: sub })).assetPositions).toHaveLength(1);
    expect(await info.userRole({ user: sub })).toEqual({ role: 'subAccount', data: { master: lower(MASTER) } });
    expect(await info.subAccounts(master)).toMatchObject([{ name: 'copied', subAccountUser: sub, master: lower(MASTER) }]);
    expect((await info.subAccounts2(master))?.[0]?.dexToClearinghouseState.map(([dex]) => dex)).toEqual(['', 'xyz', 'flx', 'km', 'hyna']);
    expect(Number((await info.userFees(master)).dailyUserVlm.at(-1)?.userCross)).toBeGreaterThan(600);
  });

  it('leads a vault that another funds', async () => {
    const made = await exchange.createVault({ name: 'Steady', description: 'Buys and holds on.', initialUsd: 1_000_000_000, nonce: Date.now() });
    const vault = made.response.data;
    const friend = new hl.ExchangeClient({ transport: overHttp(venue.httpUrl()), wallet: FRIEND });
    await friend.vaultTransfer({ vaultAddress: vault, isDeposit: true, usd: 3_000_000_000 });
    await exchange.order({ orders: [limit('Ioc', true, '70000', '0.01')], grouping: 'na' }, { vaultAddress: vault });
    await exchange.vaultModify({ vaultAddress: vault, allowDeposits: false, alwaysCloseOnWithdraw: true });
    const details = await info.vaultDetails({ vaultAddress: vault, user: FRIEND.address });
    expect(details).toMatchObject({ name: 'Steady', leader: lower(MASTER), allowDeposits: false, followerState: { user: lower(FRIEND) } });
    expect(Number((await info.userVaultEquities({ user: FRIEND.address }))[0]?.equity)).toBeCloseTo(3_000, -1);
    await expect(friend.vaultTransfer({ vaultAddress: vault, isDeposit: false, usd: 1_000_000 })).rejects.toThrow('lockup');
    await expect(friend.vaultDistribute({ vaultAddress: vault, usd: 1_000_000 })).rejects.toThrow('Only leader can perform this vault action');
    await exchange.vaultDistribute({ vaultAddress: vault, usd: 10_000_000 });
  });

  it('changes its account mode, and back', async () => {
    await exchange.userSetAbstraction({ user: MASTER.address, abstraction: 'unifiedAccount' });
    expect(await info.userAbstraction(master)).toBe('unifiedAccount');
    expect(await balance(MASTER.address, 'USDC')).toBeGreaterThan(40_000);
    expect(await balance(MASTER.address, 'USDH')).toBe(675);
    await expect(exchange.usdClassTransfer({ amount: '1', toPerp: false })).rejects.toThrow('Action disabled when unified account is active');
    await exchange.order({ orders: [limit('Gtc', true, '50000', '0.01')], grouping: 'na' });
    await expect(exchange.agentSetAbstraction({ abstraction: 'i' })).rejects.toThrow('Abstraction transition not allowed');
    await exchange.cancel({ cancels: (await info.openOrders(master)).map(({ oid }) => ({ a: 0, o: oid })) });
    await exchange.agentSetAbstraction({ abstraction: 'i' });
    expect(await equity(MASTER.address)).toBeGreaterThan(40_000);
  });

  it('cannot approve a builder that is not in standard mode, and approves it once it is', async () => {
    const approve = () => exchange.approveBuilderFee({ builder: BUILDER.address, maxFeeRate: '0.02%' });
    await expect(approve()).rejects.toThrow('Builder has insufficient balance to be approved.');
    const builder = new hl.ExchangeClient({ transport: overHttp(venue.httpUrl()), wallet: BUILDER });
    await builder.userSetAbstraction({ user: BUILDER.address, abstraction: 'disabled' });
    await approve();
    await exchange.order({ orders: [limit('Ioc', true, '70000', '0.01')], grouping: 'na', builder: { b: BUILDER.address, f: 20 } });
    expect(Number((await info.referral({ user: BUILDER.address })).builderRewards)).toBeGreaterThan(0.1);
    await builder.claimRewards();
    expect(await balance(BUILDER.address, 'USDC')).toBeGreaterThan(0.1);
  });

  it('reads all about tokens and standing', async () => {
    const [meta, contexts] = await info.spotMetaAndAssetCtxs();
    expect(meta.tokens.map(({ name }) => name)).toContain('USDH');
    expect(contexts).toHaveLength(meta.universe.length);
    expect((await info.allPerpMetas()).map(({ collateralToken }) => collateralToken)).toEqual([0, 0, 268, 360, 235]);
    expect(await info.isVip(master)).toBe(false);
    expect(await info.legalCheck(master)).toMatchObject({ ipAllowed: true });
    expect(await info.preTransferCheck({ user: FRIEND.address, source: MASTER.address })).toMatchObject({ fee: '0.0', userExists: true });
    expect((await info.portfolio(master)).map(([period]) => period)).toHaveLength(8);
    expect(await info.extraAgents(master)).toMatchObject([{ name: 'copy', address: lower(AGENT) }]);
  });

  it('turns an account into one of several keys, which trade and pay together', async () => {
    const [user, first, second, stranger] = [account(31), account(32), account(33), account(34)];
    const credits = { '': '1000' };
    await venue.control.setUpAccounts(
      'main',
      [user, first, second, stranger].map(({ address }) => ({ address, credits })),
    );
    const transport = overHttp(venue.httpUrl());
    const own = new hl.ExchangeClient({ transport, wallet: user });
    await own.convertToMultiSigUser({ signers: { authorizedUsers: [first.address, second.address], threshold: 2 } });
    expect(await info.userToMultiSigSigners({ user: user.address })).toEqual({ authorizedUsers: [lower(first), lower(second)], threshold: 2 });
    await expect(own.noop()).rejects.toThrow(`User or API Wallet ${lower(user)} does not exist.`);
    const together = new hl.ExchangeClient({ transport, signers: [first, second], multiSigUser: user.address });
    const placed = await together.order({ orders: [limit('Ioc', true, '70000', '0.01')], grouping: 'na' });
    expect(placed.response.data.statuses[0]).toHaveProperty('filled');
    await together.usdSend({ destination: stranger.address, amount: '10' });
    expect(await equity(stranger.address)).toBe(1_010);
    expect((await info.clearinghouseState({ user: user.address })).assetPositions).toHaveLength(1);
    for (const signers of [[first], [first, stranger]] as const) {
      const wrong = new hl.ExchangeClient({ transport, signers: [...signers], multiSigUser: user.address });
      await expect(wrong.usdSend({ destination: stranger.address, amount: '10' })).rejects.toThrow('Multi-sig signers are not authorized');
    }
  });

  it('leaves every token conserved', async () => {
    const { tokens } = conservation.parse(await venue.control.conservation('main'));
    for (const { credited, held, fees, builderFees, funding } of Object.values(tokens)) expect(held + fees + builderFees + funding).toBe(credited);
    await expect(venue.control.credit('main', MASTER.address, '1', 'spot', 'NOPE')).rejects.toThrow('token: no NOPE on spot');
    await venue.control.credit('main', MASTER.address, '1', 'spot', 'USDE');
    expect(await balance(MASTER.address, 'USDE')).toBe(1);
  });
});
