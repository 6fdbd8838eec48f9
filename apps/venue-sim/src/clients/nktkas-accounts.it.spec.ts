import type { VenueProcess } from '@lockstep/simulation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { account } from '../testing/clients';
import { NETWORKS, type Nktkas, nktkasOf, startNetworks } from './networks';
import { skipUnlessKnown } from './what-is-known';

const OWNER = account(1_401);
const OTHER = account(1_402);
const BUILDER = account(1_403);
const MASTER = account(1_404);
const UNIFIED = account(1_405);
const USER = { user: OWNER.address };
const USDC = 'USDC:0x6d1e7cde53ba9467b783cb7c530ce054';

let venue: VenueProcess;
beforeAll(async () => {
  venue = await startNetworks([
    { address: OWNER.address, credits: { '': '10000', spot: '1000' } },
    { address: BUILDER.address, credits: { '': '1000' } },
    { address: MASTER.address, credits: { '': '10000' }, volume: '200000' },
    { address: UNIFIED.address, credits: { '': '10000' } },
  ]);
});
afterAll(() => venue.stop());

describe.each(NETWORKS)('@nktkas/hyperliquid keeps its accounts on $name', (network) => {
  let owner: Nktkas;
  /** Agents are of one network each: the client never signs for both with one key. */
  const agentOf = (number: number) => account(1_450 + number + (network.isTestnet ? 20 : 0));
  beforeAll(() => {
    owner = nktkasOf(venue, network, OWNER);
  });
  const order = (p = '50000') => ({ a: network.btc, b: true, p, s: '0.01', r: false, t: { limit: { tif: 'Gtc' as const } } });
  const perps = async (user: `0x${string}`, dex = ''): Promise<number> =>
    Number((await owner.info.clearinghouseState({ user, dex })).marginSummary.accountValue);
  const spot = async (user: `0x${string}`): Promise<number> =>
    Number((await owner.info.spotClearinghouseState({ user })).balances.find(({ coin }) => coin === 'USDC')?.total ?? 0);

  it('moves money between its purses, its dexes and to others', async () => {
    const [perpsBefore, spotBefore] = [await perps(OWNER.address), await spot(OWNER.address)];
    await owner.exchange.usdClassTransfer({ amount: '100', toPerp: true });
    expect([await perps(OWNER.address), await spot(OWNER.address)]).toEqual([perpsBefore + 100, spotBefore - 100]);
    const send = { token: USDC, amount: '50', destination: OWNER.address } as const;
    await owner.exchange.sendAsset({ ...send, sourceDex: '', destinationDex: 'xyz' });
    expect(await perps(OWNER.address, 'xyz')).toBe(50);
    await owner.exchange.usdSend({ destination: OTHER.address, amount: '25' });
    expect(await perps(OTHER.address)).toBe(25);
    await expect(owner.exchange.usdSend({ destination: OTHER.address, amount: '10000000' })).rejects.toThrow('Insufficient balance for withdrawal.');
    const types = (await owner.info.userNonFundingLedgerUpdates({ ...USER, startTime: 0 })).map(({ delta }) => delta.type);
    expect(types).toEqual(expect.arrayContaining(['accountClassTransfer', 'send', 'internalTransfer']));
  });

  it('withdraws, and sends spot tokens', async (context) => {
    const { address: destination } = OTHER;
    await skipUnlessKnown(context, venue, network, {
      actions: [
        { type: 'withdraw3', signatureChainId: '0x1', hyperliquidChain: 'Mainnet', destination, amount: '5', time: 1 },
        { type: 'spotSend', signatureChainId: '0x1', hyperliquidChain: 'Mainnet', destination, token: USDC, amount: '5', time: 1 },
      ],
    });
    const before = await perps(OWNER.address);
    await owner.exchange.withdraw3({ destination, amount: '100' });
    expect(await perps(OWNER.address)).toBe(before - 100);
    const spotBefore = await spot(OTHER.address);
    await owner.exchange.spotSend({ destination, token: USDC, amount: '5' });
    expect(await spot(OTHER.address)).toBe(spotBefore + 5);
  });

  it('names an agent that trades for it, and loses it once another takes the name', async () => {
    const [first, second] = [agentOf(1), agentOf(2)];
    await owner.exchange.approveAgent({ agentAddress: first.address, agentName: 'copy' });
    const agent = nktkasOf(venue, network, first);
    const placed = await agent.exchange.order({ orders: [order()], grouping: 'na' });
    expect(placed.response.data.statuses).toMatchObject([{ resting: { oid: expect.any(Number) } }]);
    expect(await owner.info.openOrders(USER)).toHaveLength(1);
    expect(await owner.info.userRole({ user: first.address })).toEqual({ role: 'agent', data: { user: OWNER.address.toLowerCase() } });
    await expect(agent.exchange.usdSend({ destination: OTHER.address, amount: '1' })).rejects.toThrow(/0x[0-9a-f]{40}/);
    await expect(owner.exchange.approveAgent({ agentAddress: first.address, agentName: 'again' })).rejects.toThrow('Extra agent already used.');
    await agent.exchange.cancel({ cancels: (await owner.info.openOrders(USER)).map(({ oid }) => ({ a: network.btc, o: oid })) });

    await venue.control.skip(network.world, 10_000);
    await owner.exchange.approveAgent({ agentAddress: second.address, agentName: 'copy' });
    await expect(agent.exchange.order({ orders: [order()], grouping: 'na' })).rejects.toThrow(
      `User or API Wallet ${first.address.toLowerCase()} does not exist.`,
    );
    expect(await owner.info.extraAgents(USER)).toMatchObject([
      { name: 'copy', address: second.address.toLowerCase(), validUntil: expect.any(Number) },
    ]);
  });

  it('names an agent for a time', async () => {
    const agent = agentOf(3);
    const until = Date.now() + 3_600_000;
    await owner.exchange.approveAgent({ agentAddress: agent.address, agentName: `short valid_until ${until}` });
    expect(await owner.info.extraAgents(USER)).toEqual(
      expect.arrayContaining([{ name: 'short', address: agent.address.toLowerCase(), validUntil: until }]),
    );
    const client = nktkasOf(venue, network, agent);
    await client.exchange.noop();
    await venue.control.skip(network.world, 3_600_001);
    await expect(client.exchange.noop()).rejects.toThrow(`User or API Wallet ${agent.address.toLowerCase()} does not exist.`);
  });

  it('lets a builder charge for its orders, up to what it approved', async () => {
    const builder = { b: BUILDER.address, f: 20 };
    const taking = { ...order('69000'), t: { limit: { tif: 'Ioc' as const } } };
    const trade = () => owner.exchange.order({ orders: [taking], grouping: 'na', builder });
    await expect(trade()).rejects.toThrow('Builder fee has not been approved.');
    await owner.exchange.approveBuilderFee({ builder: BUILDER.address, maxFeeRate: '0.02%' });
    expect(await owner.info.maxBuilderFee({ ...USER, builder: BUILDER.address })).toBe(20);
    expect(await owner.info.approvedBuilders(USER)).toEqual([BUILDER.address.toLowerCase()]);
    await trade();
    const [fill] = await owner.info.userFills(USER);
    expect(Number(fill?.builderFee)).toBeCloseTo(Number(fill?.px) * 0.01 * 0.0002, 4);
    expect(Number(fill?.fee)).toBeGreaterThan(Number(fill?.builderFee));
    await expect(owner.exchange.order({ orders: [taking], grouping: 'na', builder: { ...builder, f: 30 } })).rejects.toThrow('Builder fee');
    await expect(owner.exchange.approveBuilderFee({ builder: OTHER.address, maxFeeRate: '0.02%' })).rejects.toThrow(
      'Builder has insufficient balance to be approved.',
    );
  });

  it('sets a referrer and buys requests', async () => {
    const before = await owner.info.userRateLimit(USER);
    await owner.exchange.reserveRequestWeight({ weight: 100 });
    const after = await owner.info.userRateLimit(USER);
    expect(before.nRequestsUsed - before.nRequestsSurplus - (after.nRequestsUsed - after.nRequestsSurplus)).toBeGreaterThan(90);
    expect(await owner.exchange.noop()).toEqual({ status: 'ok', response: { type: 'default' } });
  });

  it('opens a sub-account, funds it, trades for it and takes the money back', async (context) => {
    await skipUnlessKnown(context, venue, network, {
      actions: [{ type: 'createSubAccount', name: 'desk' }],
      info: [{ type: 'subAccounts', ...USER }],
    });
    const master = nktkasOf(venue, network, MASTER);
    const { response } = await master.exchange.createSubAccount({ name: 'desk' });
    const sub = response.data;
    expect(response).toEqual({ type: 'createSubAccount', data: expect.stringMatching(/^0x[0-9a-f]{40}$/) });
    await master.exchange.subAccountTransfer({ subAccountUser: sub, isDeposit: true, usd: 2_000_000_000 });
    expect(await perps(sub)).toBe(2_000);
    await master.exchange.order({ orders: [order()], grouping: 'na' }, { vaultAddress: sub });
    const [open] = await master.info.openOrders({ user: sub });
    expect(open).toMatchObject({ coin: 'BTC', limitPx: '50000.0' });
    expect(await master.info.openOrders({ user: MASTER.address })).toEqual([]);
    await master.exchange.cancel({ cancels: [{ a: network.btc, o: open?.oid ?? 0 }] }, { vaultAddress: sub });
    await master.exchange.subAccountModify({ subAccountUser: sub, name: 'renamed' });
    expect(await master.info.subAccounts({ user: MASTER.address })).toMatchObject([
      {
        name: 'renamed',
        subAccountUser: sub,
        master: MASTER.address.toLowerCase(),
        clearinghouseState: expect.any(Object),
        spotState: expect.any(Object),
      },
    ]);
    expect(await master.info.userRole({ user: sub })).toEqual({ role: 'subAccount', data: { master: MASTER.address.toLowerCase() } });
    await master.exchange.subAccountTransfer({ subAccountUser: sub, isDeposit: false, usd: 2_000_000_000 });
    expect(await perps(sub)).toBe(0);
    await expect(owner.exchange.order({ orders: [order()], grouping: 'na' }, { vaultAddress: sub })).rejects.toThrow(/./);
    await expect(owner.exchange.createSubAccount({ name: 'poor' })).rejects.toThrow('Cannot create sub-accounts until enough volume traded');
  });

  it('runs a vault', async (context) => {
    const example = { type: 'createVault', name: 'A vault', description: 'Follows nobody at all', initialUsd: 100_000_000, nonce: 1 };
    await skipUnlessKnown(context, venue, network, { actions: [example], info: [{ type: 'vaultDetails', vaultAddress: OTHER.address }] });
    const { response } = await owner.exchange.createVault({
      name: 'A vault',
      description: 'Follows nobody at all',
      initialUsd: 100_000_000,
      nonce: Date.now(),
    });
    const vaultAddress = response.data;
    await owner.exchange.vaultTransfer({ vaultAddress, isDeposit: true, usd: 50_000_000 });
    expect(await perps(vaultAddress)).toBe(150);
    expect(await owner.info.vaultDetails({ vaultAddress })).toMatchObject({ name: 'A vault', leader: OWNER.address.toLowerCase(), vaultAddress });
    expect((await owner.info.userVaultEquities(USER)).map((equity) => equity.vaultAddress)).toContain(vaultAddress);
    await owner.exchange.order({ orders: [{ ...order(), s: '0.001' }], grouping: 'na' }, { vaultAddress });
    expect(await owner.info.openOrders({ user: vaultAddress })).toMatchObject([{ sz: '0.001' }]);
  });

  it('keeps one balance for everything in unified mode', async (context) => {
    const mode = {
      type: 'userSetAbstraction',
      signatureChainId: '0x1',
      hyperliquidChain: 'Mainnet',
      user: USER.user,
      abstraction: 'disabled',
      nonce: 1,
    };
    await skipUnlessKnown(context, venue, network, { actions: [mode, { type: 'agentSetAbstraction', abstraction: 'u' }] });
    const unified = nktkasOf(venue, network, UNIFIED);
    await unified.exchange.userSetAbstraction({ user: UNIFIED.address, abstraction: 'unifiedAccount' });
    expect(await unified.info.userAbstraction({ user: UNIFIED.address })).toBe('unifiedAccount');
    expect(await spot(UNIFIED.address)).toBe(10_000);
    await expect(unified.exchange.usdClassTransfer({ amount: '1', toPerp: true })).rejects.toThrow('Action disabled when unified account is active');
    const placed = await unified.exchange.order({ orders: [order()], grouping: 'na' });
    expect(placed.response.data.statuses).toMatchObject([{ resting: { oid: expect.any(Number) } }]);
  });
});
