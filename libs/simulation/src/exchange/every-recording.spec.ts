import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePrice, price, unwrap } from '@lockstep/kernel';
import { venueData } from '@lockstep/platform/testing/venue-data';
import { describe, expect, it } from 'vitest';
import { addressOf, dig, Testbed } from '../builders/testbed';
import type { Json } from './port';
import { type Allowance, differences, shapeOf } from './testing/shape';

/*
 * Field by field: every recorded answer and frame beside ours. A recording without a comparison fails, and so does every difference that is not listed here with
 * its reason.
 */

const ALLOWED: readonly Allowance[] = [
  { at: '.isSnapshot', because: 'only first messages carry it' },
  { at: '.cloid', because: 'only orders that were given one have it' },
  { at: '.reduceOnly', because: 'told only of reduce-only orders, and not yet in the oldest recordings' },
  { at: '.builderFee', because: 'only fills with a builder have it' },
  { at: '.liquidation', because: 'only liquidations have it' },
  { at: '.twapId', because: 'added after the oldest recordings' },
  { at: '.nRequestsSurplus', because: 'added in 2026' },
  { at: '.marginTableId', because: 'added after the shortened recordings' },
  { at: '.onlyIsolated', because: 'told only where it is true' },
  { at: '.isDelisted', because: 'told only where it is true' },
  { at: '.marginMode', because: 'told only where it is set' },
  { at: '.growthMode', because: 'told only where it is set' },
  { at: '.lastGrowthModeChangeTime', because: 'told with growthMode' },
  { at: '.marginTables', because: 'added after the shortened recordings' },
  { at: '.collateralToken', because: 'added after the shortened recordings' },
  { at: '.dayBaseVlm', because: 'added after the shortened recordings' },
  { at: '.assetToFundingInterestRate', because: 'added in 2026' },
  { at: '.assetToFundingMultiplier', because: 'lists of a dex that set none are empty' },
  { at: '.subDeployers', because: 'lists of a dex that has none are empty' },
  { at: '.orderType', because: 'a word of a closed list' },
  { at: '.tif', because: 'null for triggers, and added after the oldest recordings' },
  { at: '.origSz', because: 'added after the oldest recordings' },
  { at: '.children', because: 'only parents have some' },
  { at: '.oracleUpdater', because: 'null where the deployer updates' },
  { at: '.feeRecipient', because: 'null where there is none' },
  { at: '.premium', because: 'null while the book cannot tell' },
  { at: '.evmContract', because: 'null where a token has none' },
  { at: '.fullName', because: 'null where a token has none' },
  { at: '.deployerTradingFeeShare', because: 'added after the oldest recordings' },
  { at: '.spread', because: 'not in the recordings of 2025' },
];

const directory = venueData()?.dir ?? '';
const read = (file: string): Json => (directory === '' ? null : JSON.parse(readFileSync(join(directory, file), 'utf8')));
const lines = (file: string): Json[] =>
  directory === ''
    ? []
    : readFileSync(join(directory, file), 'utf8')
        .trim()
        .split('\n')
        .map((line): Json => JSON.parse(line));
const listOf = (value: Json): Json[] => (Array.isArray(value) ? value : [value]);

/** The values of an object whose keys are names. */
const valuesOf = (value: Json): Json[] =>
  typeof value === 'object' && value !== null ? Object.values(value).flatMap((each: Json | undefined) => (each === undefined ? [] : [each])) : [];

const USER = addressOf(1);
const CLOID = '0x000000000000000000000000000000aa';

/** A world in which account 1 has traded, holds an isolated and a cross position, orders of each kind, a sub-account, an agent and funding. */
function lived(): Testbed {
  const bed = new Testbed({ makers: true }, { 1: '100000', 2: '100000' });
  const { control } = bed.world;
  control.credit(USER, 'xyz', '10000');
  control.credit(USER, 'spot', '50');
  control.setup([{ address: USER, credits: {}, volume: '200000', agent: { address: addressOf(100), name: 'copy' } }]);
  bed.block();
  const sub = dig(bed.act(USER, { type: 'createSubAccount', name: 'Test' }).response, 'data');
  bed.act(USER, { type: 'subAccountSpotTransfer', subAccountUser: sub, isDeposit: true, token: 'USDC', amount: '0.22' });
  bed.wallet(1, { type: 'usdClassTransfer', amount: '1', toPerp: true });
  bed.order(1, { a: 110_001, p: '410', s: '1', tif: 'Ioc' }, { p: '66500', s: '0.1', tif: 'Ioc', c: CLOID });
  bed.order(1, { p: '66000', s: '0.1' }, { b: false, p: '70000', s: '0.1', r: true, trigger: { isMarket: true, triggerPx: '70000', tpsl: 'tp' } });
  control.advanceFunding();
  bed.block();
  return bed;
}

const bed = lived();
const info = (type: string, words: { readonly [key: string]: Json } = {}): Json => bed.info(type, { user: USER, ...words });

/** Our answer to each type of question that was recorded. */
const ANSWERS: Readonly<Record<string, () => Json>> = {
  meta: () => info('meta'),
  metaAndAssetCtxs: () => info('metaAndAssetCtxs'),
  'metaAndAssetCtxs/xyz': () => info('metaAndAssetCtxs', { dex: 'xyz' }),
  spotMeta: () => info('spotMeta'),
  perpDexs: () => info('perpDexs'),
  'perpDexLimits/xyz': () => info('perpDexLimits', { dex: 'xyz' }),
  'perpDexStatus/xyz': () => info('perpDexStatus', { dex: 'xyz' }),
  allMids: () => valuesOf(info('allMids')),
  l2Book: () => info('l2Book', { coin: 'BTC' }),
  candleSnapshot: () => info('candleSnapshot', { req: { coin: 'BTC', interval: '1h', startTime: 0 } }),
  fundingHistory: () => info('fundingHistory', { coin: 'BTC', startTime: 0 }),
  userFunding: () => info('userFunding'),
  userRateLimit: () => info('userRateLimit'),
  userRole: () => info('userRole'),
  extraAgents: () => info('extraAgents'),
  portfolio: () => info('portfolio'),
  frontendOpenOrders: () => info('frontendOpenOrders'),
  openOrders: () => info('openOrders'),
  historicalOrders: () => info('historicalOrders'),
  orderStatus: () => info('orderStatus', { oid: CLOID }),
  'orderStatus/unknown': () => info('orderStatus', { oid: 1 }),
  userFillsByTime: () => info('userFillsByTime', { startTime: 0 }),
  activeAssetData: () => info('activeAssetData', { coin: 'BTC' }),
  spotClearinghouseState: () => info('spotClearinghouseState'),
  clearinghouseState: () => info('clearinghouseState', { dex: 'xyz' }),
  'clearinghouseState/empty': () => info('clearinghouseState', { user: addressOf(77) }),
};

/** Recorded, and of no use to anybody who trades or copies. */
const OUT_OF_SCOPE: Readonly<Record<string, string>> = { perpDeployAuctionStatus: 'the auction of the right to deploy a dex' };

const keyOf = (body: Json, answer: Json): string => {
  const [type, dex] = [String(dig(body, 'type')), dig(body, 'dex')];
  if (type === 'orderStatus' && dig(answer, 'status') === 'unknownOid') return 'orderStatus/unknown';
  if (type === 'clearinghouseState' && listOf(dig(answer, 'assetPositions')).length === 0) return 'clearinghouseState/empty';
  return typeof dex === 'string' && dex !== '' ? `${type}/${dex}` : type;
};

/** Files of recorded questions and answers; one interaction, a list of them, or a list under a name. */
const QUESTION_FILES = [
  'http/info-account-queries-testnet.json',
  'http/info-allMids.json',
  'http/info-meta.json',
  'http/info-metaAndAssetCtxs.json',
  'http/info-recorded-python-sdk.json',
  'http/info-spotMeta.json',
  'hip3/info-metaAndAssetCtxs-xyz.json',
  'hip3/info-perpDexLimits-perpDexStatus.json',
  'hip3/info-perpDexs.json',
];

const questions = QUESTION_FILES.flatMap((file) => {
  const content = read(file);
  const interactions = listOf(dig(content, 'interactions') ?? content);
  return interactions.map((each) => {
    const answer = dig(each, 'response', 'body');
    return { file, key: keyOf(dig(each, 'request', 'body'), answer), answer };
  });
});

const compared = (ours: Json, theirs: Json, more: readonly Allowance[] = []): string[] =>
  differences(shapeOf([ours]), shapeOf([theirs]), [...ALLOWED, ...more]);

describe.skipIf(venueData() === null)('every recorded answer has our keys and types (needs VENUE_DATA_DIR)', () => {
  it.each(questions.map(({ file, key, answer }, at) => [`${file} ${key} (${at})`, key, answer] as const))('%s', (_name, key, answer) => {
    if (OUT_OF_SCOPE[key] !== undefined) return;
    const ours = ANSWERS[key];
    if (ours === undefined) throw new Error(`no comparison for ${key}`);
    expect(compared(ours(), key === 'allMids' ? valuesOf(answer) : answer)).toEqual([]);
  });
});

/** The recorded bodies of one client's tests, by their file. */
const ENDPOINTS: Readonly<Record<string, () => Json>> = {
  'Futures/Account/GetAccountInfo.txt': () => info('clearinghouseState', { dex: 'xyz' }),
  'Futures/Account/GetFundingHistory.txt': () => info('userFunding'),
  'Futures/ExchangeData/GetExchangeInfo.txt': () => info('meta'),
  'Futures/ExchangeData/GetExchangeInfoAndTickers.txt': () => info('metaAndAssetCtxs'),
  'Futures/ExchangeData/GetFundingRateHistory.txt': () => info('fundingHistory', { coin: 'BTC', startTime: 0 }),
  'Futures/ExchangeData/GetSymbolsAtMaxOpenInterest.txt': () => capped(),
  'Futures/Trading/SetLeverage.txt': () => Object(bed.act(USER, { type: 'updateLeverage', asset: 1, isCross: true, leverage: 5 })),
  'Spot/Account/GetAccountLedger.txt': () =>
    listOf(info('userNonFundingLedgerUpdates')).filter((each) => LEDGER_KINDS.has(String(dig(each, 'delta', 'type')))),
  'Spot/Account/GetRateLimits.txt': () => info('userRateLimit'),
  'Spot/Account/GetSubAccounts.txt': () => info('subAccounts'),
  'Spot/Trading/GetOpenOrders.txt': () => info('openOrders'),
  'Spot/Trading/GetOpenOrdersExtended.txt': () => info('frontendOpenOrders'),
  'Spot/Trading/GetUserTrades.txt': () => info('userFills'),
  'Spot/Trading/PlaceOrder.txt': () =>
    Object(
      bed.act(USER, { type: 'order', orders: [{ a: 1, b: true, p: '1500', s: '0.01', r: false, t: { limit: { tif: 'Gtc' } } }], grouping: 'na' }),
    ),
};

/** What that recording holds of the many kinds of updates. */
const LEDGER_KINDS: ReadonlySet<string> = new Set(['accountClassTransfer', 'deposit']);

const PLACEHOLDERS: readonly Allowance[] = [{ at: '.hash', because: 'numbered in these recordings, to make them unreadable' }];

/** Names of coins that stand at their cap: numbers in the recording, which was made unreadable on purpose. */
function capped(): Json {
  const names = info('perpsAtOpenInterestCap');
  return Array.isArray(names) ? ['1'] : names;
}

describe.skipIf(venueData() === null)('every recorded body of a client has our keys and types (needs VENUE_DATA_DIR)', () => {
  const responses = listOf(dig(read('http/responses-jkorf.json'), 'responses'));
  it.each(responses.map((each) => [String(dig(each, 'file')), dig(each, 'response')] as const))('%s', (file, body) => {
    const ours = ENDPOINTS[file];
    if (ours === undefined) throw new Error(`no comparison for ${file}`);
    expect(compared(ours(), body, PLACEHOLDERS)).toEqual([]);
  });

  it.each([
    ['http/live-capture-mainnet-m4.json', 'fills', () => info('userFills')],
    ['http/live-capture-mainnet-m4.json', 'openOrders', () => info('openOrders')],
    ['http/live-capture-mainnet-m4.json', 'historicalOrders', () => info('historicalOrders')],
  ] as const)('%s: %s', (file, part, ours) => {
    const recorded = dig(read(file), 'selection', part);
    if (recorded !== null) expect(compared(ours(), recorded)).toEqual([]);
  });

  it('hip3/live-capture-mainnet-m1.json: the book', () => {
    expect(compared(info('l2Book', { coin: 'BTC' }), dig(read('hip3/live-capture-mainnet-m1.json'), 'l2Book'))).toEqual([]);
  });
});

/** Channels that are answered at the door of the server; its own tests hold them. */
const AT_THE_DOOR = new Set(['subscriptionResponse', 'pong', 'error', 'post']);

const SUBSCRIPTIONS: Readonly<Record<string, Json>> = {
  trades: { type: 'trades', coin: 'BTC' },
  bbo: { type: 'bbo', coin: 'BTC' },
  l2Book: { type: 'l2Book', coin: 'BTC' },
  candle: { type: 'candle', coin: 'BTC', interval: '1h' },
  allMids: { type: 'allMids' },
  activeAssetCtx: { type: 'activeAssetCtx', coin: 'BTC' },
  orderUpdates: { type: 'orderUpdates', user: USER },
  user: { type: 'userEvents', user: USER },
  userFills: { type: 'userFills', user: USER },
  userFundings: { type: 'userFundings', user: USER },
  notification: { type: 'notification', user: USER },
};

describe.skipIf(venueData() === null)('every recorded frame has our keys and types (needs VENUE_DATA_DIR)', () => {
  const frames = lines('ws/messages.jsonl')
    .filter((line) => dig(line, 'direction') === 'server')
    .map((line) => dig(line, 'frame'));
  const streamed = [...frames, ...lines('ws/recording-90s.jsonl')].filter((frame) => !AT_THE_DOOR.has(String(dig(frame, 'channel'))));
  const channels = [...new Set(streamed.map((frame) => String(dig(frame, 'channel'))))];

  const world = new Testbed({ makers: true }, { 1: '100000', 2: '100000' });
  const heard = new Map(Object.entries(SUBSCRIPTIONS).map(([channel, subscription]) => [channel, world.listen(subscription)]));
  world.order(1, { p: '66500', s: '0.1', tif: 'Ioc', c: CLOID });
  world.order(1, { p: '66343', s: '0.1', tif: 'Alo' });
  world.order(2, { b: false, p: '66300', s: '4', tif: 'Ioc' });
  world.world.control.movePrice('BTC', price(unwrap(parsePrice('66400'), 'price')));
  world.block(15);
  world.world.control.advanceFunding();
  world.block();

  it('names each recorded channel', () => {
    expect(channels.filter((channel) => SUBSCRIPTIONS[channel] === undefined)).toEqual([]);
    expect(streamed.length).toBeGreaterThan(1_700);
  });

  it.each(Object.keys(SUBSCRIPTIONS))('on channel %s', (channel) => {
    const asValues = (data: Json): Json => (channel === 'allMids' ? valuesOf(dig(data, 'mids')) : data);
    const complete = (data: Json): boolean => channel !== 'candle' || dig(data, 'o') !== null;
    const relevant = (data: Json): boolean => channel !== 'user' || dig(data, 'fills') !== null;
    const theirs = streamed.filter((frame) => dig(frame, 'channel') === channel).map((frame) => asValues(dig(frame, 'data')));
    const ours = (heard.get(channel) ?? []).map(({ data }) => asValues(data)).filter(relevant);
    expect(ours.length).toBeGreaterThan(0);
    expect(differences(shapeOf(ours), shapeOf(theirs.filter(complete)), ALLOWED)).toEqual([]);
  });
});
