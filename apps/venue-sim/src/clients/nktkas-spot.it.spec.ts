import type { VenueProcess } from '@lockstep/simulation';
import { type OrderParameters, SubscriptionClient } from '@nktkas/hyperliquid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { account } from '../testing/clients';
import { NETWORKS, type Nktkas, nktkasOf, nktkasSocket, startNetworks } from '../testing/networks';

/* Spot as a client lives it: buying the collateral of a builder dex is the first step of every account that trades there. */

const TRADER = account(1_601);
const USER = { user: TRADER.address };
const USDH = 10_230;
const USDH_TOKEN = 'USDH:0x54e00a5988577cb0b0c9ab0cb6ef7f4b';
const CLOID = '0xd1000000000000000000000000000001';

type Order = OrderParameters['orders'][number];

let venue: VenueProcess;
beforeAll(async () => {
  venue = await startNetworks([{ address: TRADER.address, credits: { '': '1000', spot: '5000' } }]);
});
afterAll(() => venue.stop());

describe.each(NETWORKS)('@nktkas/hyperliquid on spot, $name', (network) => {
  let client: Nktkas;
  beforeAll(() => {
    client = nktkasOf(venue, network, TRADER);
  });

  const order = (b: boolean, p: string, s: string, rest: Partial<Order> = {}): Order => ({
    a: USDH,
    b,
    p,
    s,
    r: false,
    t: { limit: { tif: 'Gtc' } },
    ...rest,
  });
  const place = async (...orders: Order[]) => (await client.exchange.order({ orders, grouping: 'na' })).response.data.statuses;
  const balance = async (coin: string): Promise<[total: number, hold: number]> => {
    const row = (await client.info.spotClearinghouseState(USER)).balances.find((each) => each.coin === coin);
    return [Number(row?.total ?? 0), Number(row?.hold ?? 0)];
  };

  it('finds the pair, its book and its mid', async () => {
    const { universe, tokens } = await client.info.spotMeta();
    const token = tokens.find(({ name }) => name === 'USDH');
    expect(universe.find(({ tokens: [base] }) => base === token?.index)).toMatchObject({ name: '@230', index: 230 });
    const book = await client.info.l2Book({ coin: '@230' });
    expect(Number(book?.levels[0][0]?.px)).toBeLessThan(Number(book?.levels[1][0]?.px));
    expect(Number((await client.info.allMids())['@230'])).toBeCloseTo(1, 2);
  });

  it('rests, holds the dollars, and cancels by client id', async () => {
    const [before] = await balance('USDC');
    await place(order(true, '0.9', '100', { c: CLOID }));
    expect(await balance('USDC')).toEqual([before, 90]);
    expect(await client.info.openOrders(USER)).toMatchObject([{ coin: '@230', limitPx: '0.9', sz: '100.0', cloid: CLOID }]);
    await client.exchange.cancelByCloid({ cancels: [{ asset: USDH, cloid: CLOID }] });
    expect(await balance('USDC')).toEqual([before, 0]);
  });

  it('buys at the market, is told over the socket, and moves the collateral into its dex to trade there', async () => {
    const transport = nktkasSocket(venue, network);
    const told: unknown[] = [];
    const streams = new SubscriptionClient({ transport });
    await streams.userFills(USER, (event) => told.push(...event.fills));
    const [status] = await place(order(true, '1.01', '300', { t: { limit: { tif: 'Ioc' } } }));
    expect(status).toMatchObject({ filled: { totalSz: '300.0' } });
    const [fill] = await client.info.userFills(USER);
    expect(fill).toMatchObject({ coin: '@230', dir: 'Buy', side: 'B', feeToken: 'USDH', crossed: true });
    await expect.poll(() => told.length).toBeGreaterThan(0);
    await transport.close();
    const [bought] = await balance('USDH');
    // The taker's fee of a pair of dollars: a fifth of 0.07 %, in what was bought.
    expect(bought).toBeCloseTo(300 * (1 - 0.00014), 5);
    await client.exchange.sendAsset({
      destination: TRADER.address,
      sourceDex: 'spot',
      destinationDex: 'km',
      token: USDH_TOKEN,
      amount: '250',
      fromSubAccount: '',
    });
    const { marginSummary } = await client.info.clearinghouseState({ ...USER, dex: 'km' });
    expect(marginSummary.accountValue).toBe('250.0');
  });

  it('sells back, and is told why an order is refused', async () => {
    const [held] = await balance('USDH');
    const [status] = await place(order(false, '0.99', String(Math.floor(held)), { t: { limit: { tif: 'Ioc' } } }));
    expect(status).toMatchObject({ filled: {} });
    await expect(place(order(false, '0.99', '100000'))).rejects.toThrow(`Insufficient spot balance asset=${USDH}`);
    await expect(place(order(true, '1', '5'))).rejects.toThrow(`Order must have minimum value of 10 USDC. asset=${USDH}`);
  });
});
