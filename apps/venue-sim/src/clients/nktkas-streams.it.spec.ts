import type { VenueProcess } from '@lockstep/simulation';
import { type ISubscription, SubscriptionClient, type WebSocketTransport } from '@nktkas/hyperliquid';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { account } from '../testing/clients';
import { NETWORKS, type Nktkas, nktkasOf, nktkasSocket, startNetworks } from './networks';
import { skipUnlessKnown } from './what-is-known';

const TRADER = account(1_301);
const OTHER = account(1_302);
const USER = { user: TRADER.address };
const user = TRADER.address.toLowerCase();
const DECIMAL = expect.stringMatching(/^-?\d+(\.\d+)?$/);
const holding = (...items: readonly unknown[]): unknown => expect.arrayContaining([...items]);
const like = (shape: Readonly<Record<string, unknown>>): unknown => expect.objectContaining(shape);

type Hear = (event: unknown) => void;
/** A stream: its type, the parameters sent, the client's method, and an event that must come once the trader has traded. */
type Stream = readonly [string, Readonly<Record<string, unknown>>, (client: SubscriptionClient, hear: Hear) => Promise<ISubscription>, unknown];

const MARKET_STREAMS: readonly Stream[] = [
  ['allMids', {}, (client, hear) => client.allMids(hear), like({ mids: like({ BTC: DECIMAL }) })],
  [
    'l2Book',
    { coin: 'BTC' },
    (client, hear) => client.l2Book({ coin: 'BTC' }, hear),
    like({ coin: 'BTC', levels: [expect.any(Array), expect.any(Array)] }),
  ],
  [
    'bbo',
    { coin: 'BTC' },
    (client, hear) => client.bbo({ coin: 'BTC' }, hear),
    like({ coin: 'BTC', bbo: [like({ px: DECIMAL }), like({ px: DECIMAL })] }),
  ],
  ['trades', { coin: 'BTC' }, (client, hear) => client.trades({ coin: 'BTC' }, hear), holding(like({ coin: 'BTC', users: holding(user) }))],
  [
    'activeAssetCtx',
    { coin: 'BTC' },
    (client, hear) => client.activeAssetCtx({ coin: 'BTC' }, hear),
    like({ coin: 'BTC', ctx: like({ markPx: DECIMAL }) }),
  ],
  ['assetCtxs', {}, (client, hear) => client.assetCtxs(hear), like({ ctxs: holding(like({ oraclePx: DECIMAL })) })],
  ['allDexsAssetCtxs', {}, (client, hear) => client.allDexsAssetCtxs(hear), like({ ctxs: holding(['xyz', expect.any(Array)]) })],
  [
    'candle',
    { coin: 'BTC', interval: '1m' },
    (client, hear) => client.candle({ coin: 'BTC', interval: '1m' }, hear),
    like({ s: 'BTC', i: '1m', c: DECIMAL }),
  ],
];

const FILL = like({ coin: 'BTC', sz: '0.01', dir: expect.stringMatching(/^(Open|Close) Long$/), fee: DECIMAL, feeToken: 'USDC' });
const USER_STREAMS: readonly Stream[] = [
  ['userFills', USER, (client, hear) => client.userFills(USER, hear), like({ user, fills: holding(FILL) })],
  ['userEvents', USER, (client, hear) => client.userEvents(USER, hear), like({ fills: holding(FILL) })],
  [
    'orderUpdates',
    USER,
    (client, hear) => client.orderUpdates(USER, hear),
    holding(like({ status: 'filled', order: like({ coin: 'BTC', origSz: '0.01' }) })),
  ],
  [
    'openOrders',
    { ...USER, dex: '' },
    (client, hear) => client.openOrders(USER, hear),
    like({ user, dex: '', orders: holding(like({ limitPx: '50000.0' })) }),
  ],
  [
    'clearinghouseState',
    { ...USER, dex: '' },
    (client, hear) => client.clearinghouseState(USER, hear),
    like({ user, dex: '', clearinghouseState: like({ assetPositions: holding(like({ position: like({ coin: 'BTC', szi: '0.01' }) })) }) }),
  ],
  [
    'allDexsClearinghouseState',
    USER,
    (client, hear) => client.allDexsClearinghouseState(USER, hear),
    like({ user, clearinghouseStates: holding(['', like({ assetPositions: holding(like({ position: like({ szi: '0.01' }) })) })]) }),
  ],
  ['userFundings', USER, (client, hear) => client.userFundings(USER, hear), like({ user, fundings: holding(like({ coin: 'BTC', usdc: DECIMAL })) })],
  [
    'userNonFundingLedgerUpdates',
    USER,
    (client, hear) => client.userNonFundingLedgerUpdates(USER, hear),
    like({ user, nonFundingLedgerUpdates: holding(like({ delta: like({ type: 'internalTransfer' }) })) }),
  ],
  [
    'userHistoricalOrders',
    USER,
    (client, hear) => client.userHistoricalOrders(USER, hear),
    like({ user, orderHistory: holding(like({ status: 'filled', order: like({ coin: 'BTC' }) })) }),
  ],
  [
    'activeAssetData',
    { ...USER, coin: 'BTC' },
    (client, hear) => client.activeAssetData({ ...USER, coin: 'BTC' }, hear),
    like({ coin: 'BTC', leverage: expect.any(Object) }),
  ],
  ['spotState', USER, (client, hear) => client.spotState(USER, hear), like({ user, spotState: like({ balances: expect.any(Array) }) })],
  ['twapStates', { ...USER, dex: '' }, (client, hear) => client.twapStates(USER, hear), like({ user, states: expect.any(Array) })],
  [
    'userTwapSliceFills',
    USER,
    (client, hear) => client.userTwapSliceFills(USER, hear),
    like({ user, twapSliceFills: expect.any(Array), isSnapshot: true }),
  ],
  ['userTwapHistory', USER, (client, hear) => client.userTwapHistory(USER, hear), like({ user, history: expect.any(Array), isSnapshot: true })],
  [
    'webData2',
    USER,
    (client, hear) => client.webData2(USER, hear),
    like({ user, clearinghouseState: expect.any(Object), openOrders: expect.any(Array), meta: expect.any(Object), serverTime: expect.any(Number) }),
  ],
  ['webData3', USER, (client, hear) => client.webData3(USER, hear), like({ userState: like({ user }), perpDexStates: expect.any(Array) })],
];

let venue: VenueProcess;
beforeAll(async () => {
  venue = await startNetworks([{ address: TRADER.address, credits: { '': '100000', spot: '50' } }]);
});
afterAll(() => venue.stop());

describe.each(NETWORKS)('@nktkas/hyperliquid listens to $name', (network) => {
  let client: Nktkas;
  let transport: WebSocketTransport;
  beforeAll(() => {
    client = nktkasOf(venue, network, TRADER);
    transport = nktkasSocket(venue, network);
  });
  afterAll(() => transport.close());

  const limit = (b: boolean, p: string, r: boolean, tif: 'Ioc' | 'Gtc') => ({ a: network.btc, b, p, s: '0.01', r, t: { limit: { tif } } });
  /** One of everything that a stream may tell of: a resting order, a position opened, funding, a transfer, the position closed. */
  const live = async (): Promise<void> => {
    const { exchange } = client;
    const placed = await exchange.order({ orders: [limit(true, '50000', false, 'Gtc')], grouping: 'na' });
    await exchange.order({ orders: [limit(true, '69000', false, 'Ioc')], grouping: 'na' });
    await venue.control.chargeFunding(network.world);
    await exchange.usdSend({ destination: OTHER.address, amount: '1' });
    await exchange.order({ orders: [limit(false, '63000', true, 'Ioc')], grouping: 'na' });
    const [status] = placed.response.data.statuses;
    if (typeof status === 'object' && 'resting' in status) await exchange.cancel({ cancels: [{ a: network.btc, o: status.resting.oid }] });
  };

  it.for([...MARKET_STREAMS, ...USER_STREAMS])('%s', async ([type, parameters, open, expected], context) => {
    await skipUnlessKnown(context, venue, network, { streams: [{ type, ...parameters }] });
    const heard: unknown[] = [];
    const subscription = await open(new SubscriptionClient({ transport }), (event) => heard.push(event));
    await live();
    await vi.waitFor(() => expect(heard).toContainEqual(expected), { timeout: 60_000 });
    await subscription.unsubscribe();
  });

  it('notification', async (context) => {
    await skipUnlessKnown(context, venue, network, { streams: [{ type: 'notification', ...USER }] });
    const subscription = await new SubscriptionClient({ transport }).notification(USER, () => {});
    await subscription.unsubscribe();
    expect(subscription.failureSignal.aborted).toBe(false);
  });

  it('is refused a stream of a coin that is not there', async () => {
    await expect(new SubscriptionClient({ transport }).bbo({ coin: 'NOPE' }, () => {})).rejects.toThrow(
      'Invalid subscription {"type":"bbo","coin":"NOPE"}',
    );
  });

  it('takes up its streams again by itself after it was cut off', async () => {
    const heard: { readonly isSnapshot?: boolean | undefined }[] = [];
    const subscription = await new SubscriptionClient({ transport }).userFills(USER, (event) => heard.push(event));
    await vi.waitFor(() => expect(heard.filter(({ isSnapshot }) => isSnapshot)).toHaveLength(1));
    await venue.control.disconnect(network.world);
    await vi.waitFor(() => expect(heard.filter(({ isSnapshot }) => isSnapshot)).toHaveLength(2), { timeout: 60_000 });
    await live();
    await vi.waitFor(() => expect(heard.some(({ isSnapshot }) => isSnapshot !== true)).toBe(true));
    await subscription.unsubscribe();
  });

  it('hears nothing of another user', async () => {
    const heard: unknown[] = [];
    const client_ = new SubscriptionClient({ transport });
    const subscription = await client_.userFills({ user: OTHER.address }, (event) => heard.push(event));
    const mine: unknown[] = [];
    const own = await client_.userFills(USER, (event) => mine.push(event));
    await live();
    await vi.waitFor(() => expect(mine).toContainEqual(like({ user, fills: holding(FILL) })));
    expect(heard).toEqual([{ isSnapshot: true, user: OTHER.address.toLowerCase(), fills: [] }]);
    await subscription.unsubscribe();
    await own.unsubscribe();
  });
});
