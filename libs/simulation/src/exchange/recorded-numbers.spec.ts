import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePrice, parseSize, price, size, unwrap } from '@lockstep/kernel';
import { venueData } from '@lockstep/platform/testing/venue-data';
import { describe, expect, it } from 'vitest';
import { addressOf, dig, Testbed } from '../builders/testbed';
import { formatRate, formatUnits, parseUnits, RATE_DECIMALS } from './decimals';
import { eightHourRate } from './funding';
import { midPremiumOf, premiumOf } from './marks';
import type { Json } from './port';
import { type AssetSpec, defaultUniverse, type Universe } from './universe';

/*
 * Every recorded account, fill, context and funding point whose answer holds all inputs of a formula, reckoned again to the last digit
 * the venue prints: by the simulator where a world can be put into the recorded state, else by the formula. What lacks an input is
 * named at the end with the input it lacks. No recorded account holds a cross position.
 */

const file = (name: string): string => readFileSync(join(venueData()?.dir ?? '', name), 'utf8');
const read = (name: string): Json => JSON.parse(file(name));
const list = (value: Json): Json[] => (Array.isArray(value) ? value : []);
const text = (value: Json): string => (typeof value === 'string' ? value : '');
const px = (value: string) => price(unwrap(parsePrice(value), value));
const sz = (value: string) => size(unwrap(parseSize(value), value));
const USER = addressOf(1);

/** The default dexes with one more coin on the named one. */
function withCoin(dexName: string, spec: AssetSpec): Universe {
  return { dexes: defaultUniverse.dexes.map((dex) => (dex.name === dexName ? { ...dex, assets: [...dex.assets, spec] } : dex)) };
}
const hype = (startPx: string): AssetSpec => ({ coin: 'HYPE', szDecimals: 2, maxLeverage: 10, marginTableId: 10, startPx });
const HYPE = defaultUniverse.dexes[0]?.assets.length ?? 0;

const jkorf = (name: string): Json =>
  dig(list(dig(read('http/responses-jkorf.json'), 'responses')).find((each) => text(dig(each, 'file')).endsWith(name)) ?? null, 'response');
const testnet = (type: string, skip = 0): Json =>
  dig(
    list(read('http/info-account-queries-testnet.json')).filter((each) => dig(each, 'request', 'body', 'type') === type)[skip] ?? null,
    'response',
    'body',
  );
const pythonSdk = (type: string): Json =>
  dig(
    list(dig(read('http/info-recorded-python-sdk.json'), 'interactions')).find((each) => dig(each, 'request', 'body', 'type') === type) ?? null,
    'response',
    'body',
  );
const frames = (): Json[] =>
  file('ws/messages.jsonl')
    .trim()
    .split('\n')
    .map((line): Json => dig(JSON.parse(line), 'frame'));
const roqFills = (): Json[] => list(dig(frames().find((frame) => dig(frame, 'channel') === 'userFills') ?? null, 'data', 'fills'));

/** The answer without what time alone decides: its own time and funding of days before the recording. */
function timeless(state: Json): Json {
  const known = JSON.stringify(state, (key, value: Json) => (key === 'time' || key === 'allTime' ? undefined : value));
  return JSON.parse(known);
}

describe.skipIf(venueData() === null)('accounts put into the simulator answer as recorded (needs VENUE_DATA_DIR)', () => {
  it('isolated HYPE position, mainnet 2025-08-06 (responses-jkorf GetAccountInfo): margin, rawUsd with its fee, entry, PnL, return, liquidation price', () => {
    const bed = new Testbed({ universe: withCoin('', hype('37.826')) }, { 1: '83.347684' });
    bed.act(USER, { type: 'updateLeverage', asset: HYPE, isCross: false, leverage: 10 });
    bed.world.control.forceTradeWith({ address: USER, coin: 'HYPE', side: 'buy', price: px('37.829'), size: sz('2') }, () => undefined);
    bed.block();
    expect(timeless(bed.info('clearinghouseState', { user: USER }))).toEqual(timeless(jkorf('GetAccountInfo.txt')));
  });

  it('sub-account without positions, mainnet 2024-12-12 (responses-jkorf GetSubAccounts)', () => {
    const bed = new Testbed({}, { 1: '29.78001' });
    expect(timeless(bed.info('clearinghouseState', { user: USER }))).toEqual(timeless(dig(jkorf('GetSubAccounts.txt'), 0, 'clearinghouseState')));
  });

  it('empty account, mainnet 2025-12-13 (info-account-queries-testnet clearinghouseState)', () => {
    expect(timeless(new Testbed().info('clearinghouseState', { user: USER }))).toEqual(timeless(testnet('clearinghouseState')));
  });

  it('what may be traded in HYPE at 10x, testnet (info-account-queries-testnet activeAssetData)', () => {
    const recorded = testnet('activeAssetData');
    const bed = new Testbed({ universe: withCoin('', hype(text(dig(recorded, 'markPx')))) }, { 1: text(dig(recorded, 'availableToTrade', 0)) });
    expect(bed.info('activeAssetData', { user: USER, coin: 'HYPE' })).toEqual({ ...Object(recorded), user: USER });
  });
});

interface Recording {
  readonly name: string;
  readonly fills: () => readonly Json[];
  readonly rates: { readonly takerPpm: number; readonly makerPpm: number };
}

const SILVER: AssetSpec = { coin: 'xyz:SILVER', szDecimals: 2, maxLeverage: 20, marginTableId: 20, growthMode: true, startPx: '80' };
const ofCoin = (coin: string) => roqFills().filter((fill) => dig(fill, 'coin') === coin);
const DISCOUNTED = { takerPpm: 432, makerPpm: 144 };
const RECORDINGS: readonly Recording[] = [
  {
    name: 'ETH opened and closed at market, testnet 2025-08-22, base rate 0.045 %',
    fills: () => list(testnet('userFillsByTime')),
    rates: { takerPpm: 450, makerPpm: 150 },
  },
  {
    name: 'BTC built of two maker fills and closed by a taker, mainnet 2026-01/02, base rates less the 4 % referral discount',
    fills: () => ofCoin('BTC'),
    rates: DISCOUNTED,
  },
  {
    name: 'xyz:SILVER with its liquidation, mainnet 2026-01/02, growth mode and deployer scale 1, same discount',
    fills: () => ofCoin('xyz:SILVER'),
    rates: DISCOUNTED,
  },
];
describe.skipIf(venueData() === null)('request caps follow from the recorded volumes (needs VENUE_DATA_DIR)', () => {
  const rows: readonly (readonly [string, () => Json])[] = [
    ['a small account, mainnet (responses-jkorf GetRateLimits)', () => jkorf('GetRateLimits.txt')],
    ['a market maker of 170 billion dollars, mainnet 2025-08-22 (python SDK)', () => pythonSdk('userRateLimit')],
  ];
  for (const [name, recorded] of rows)
    it(name, () => {
      const bed = new Testbed({}, { 1: '1' });
      const [whole = '', fraction = ''] = text(dig(recorded(), 'cumVlm')).split('.');
      bed.world.control.setup([{ address: USER, credits: {}, volume: `${whole}.${fraction.slice(0, 6)}` }]);
      bed.block();
      expect(dig(bed.info('userRateLimit', { user: USER }), 'nRequestsCap')).toBe(dig(recorded(), 'nRequestsCap'));
    });
});

const KEYS = ['coin', 'px', 'sz', 'side', 'startPosition', 'dir', 'closedPnl', 'crossed', 'fee', 'feeToken'] as const;
const shown = (fill: Json): Json => Object.fromEntries(KEYS.map((key) => [key, dig(fill, key)]));

/** Trades one recorded fill of account 1 against account 2, on the recorded side of the book. */
function trade(bed: Testbed, a: number, fill: Json): void {
  const order = { a, p: text(dig(fill, 'px')).replace(/\.0$/, ''), s: text(dig(fill, 'sz')) };
  const b = dig(fill, 'side') === 'B';
  const [maker, taker] = dig(fill, 'crossed') === true ? [2, 1] : [1, 2];
  bed.world.control.movePrice(text(dig(fill, 'coin')), px(text(dig(fill, 'px'))));
  bed.order(maker, { ...order, b: maker === 1 ? b : !b });
  bed.order(taker, { ...order, b: taker === 1 ? b : !b, tif: 'Ioc' });
}

describe.skipIf(venueData() === null)('recorded fills traded again have the recorded fee, profit and direction (needs VENUE_DATA_DIR)', () => {
  for (const { name, fills, rates } of RECORDINGS)
    it(name, () => {
      const bed = new Testbed({ universe: withCoin('xyz', SILVER), settings: rates }, { 1: '10000', 2: '10000' });
      for (const account of [1, 2]) bed.world.control.credit(addressOf(account), 'xyz', '10000');
      const ids = new Map<Json, number>([
        ['BTC', 0],
        ['ETH', 1],
        ['xyz:SILVER', 110_004],
      ]);
      const recorded = fills();
      for (const fill of recorded) trade(bed, ids.get(dig(fill, 'coin')) ?? -1, fill);
      expect(recorded.length).toBeGreaterThan(1);
      expect(list(bed.info('userFillsByTime', { user: USER, startTime: 0 })).map(shown)).toEqual(recorded.map(shown));
    });

  it('closes of the market maker, mainnet 2026-07-19 (live-capture m4): only an entry on the price grid gives the profit', () => {
    const decimals: { readonly [coin: string]: number } = { ANIME: 6, ZETA: 5, '0G': 6 };
    const closes = list(dig(read('http/live-capture-mainnet-m4.json'), 'selection', 'fills')).filter((fill) =>
      text(dig(fill, 'dir')).startsWith('Close'),
    );
    expect(closes.map((fill) => dig(fill, 'coin'))).toEqual(Object.keys(decimals));
    for (const fill of closes) {
      const [fillPx, size, profit] = ['px', 'sz', 'closedPnl'].map((key) => Number(dig(fill, key)));
      const direction = dig(fill, 'dir') === 'Close Long' ? 1 : -1;
      const units = (Number(fillPx) - (direction * Number(profit)) / Number(size)) * 10 ** (decimals[text(dig(fill, 'coin'))] ?? 0);
      expect(Math.abs(units - Math.round(units))).toBeLessThan(1e-6);
    }
  });

  it('ETH closed by a taker, mainnet 2026-02-08 (ws messages, user): the fee at the same discount', () => {
    const recorded = frames()
      .flatMap((frame) => (dig(frame, 'channel') === 'user' ? list(dig(frame, 'data', 'fills')) : []))
      .find((fill) => dig(fill, 'coin') === 'ETH');
    const bed = new Testbed({ settings: DISCOUNTED }, { 1: '10000', 2: '10000' });
    trade(bed, 1, recorded ?? null);
    expect(dig(bed.info('userFills', { user: USER }), 0, 'fee')).toBe(dig(recorded, 'fee'));
  });
});

describe.skipIf(venueData() === null)('premiums and funding rates follow from the recorded inputs (needs VENUE_DATA_DIR)', () => {
  const reckoned = (ctx: Json, rule = premiumOf): string => {
    const [bid, ask] = list(dig(ctx, 'impactPxs')).map(Number);
    return formatRate(rule(bid ?? 0, ask ?? 0, Number(dig(ctx, 'oraclePx'))));
  };

  it('premium of each context of the main dex, mainnet 2026-02-06 (info-metaAndAssetCtxs)', () => {
    const body = dig(read('http/info-metaAndAssetCtxs.json'), 'response', 'body');
    const names = list(dig(body, 0, 'universe')).map((each) => text(dig(each, 'name')));
    const known = list(dig(body, 1))
      .map((ctx, index) => ({ ctx, name: names[index] }))
      .filter(({ ctx }) => dig(ctx, 'impactPxs') !== null && dig(ctx, 'premium') !== null);
    expect(known).toHaveLength(190);
    expect(known.map(({ ctx, name }) => `${name} ${reckoned(ctx)}`)).toEqual(known.map(({ ctx, name }) => `${name} ${text(dig(ctx, 'premium'))}`));
  });

  it('premium of each context of the xyz dex, mainnet 2026-02-06 (info-metaAndAssetCtxs-xyz): a builder dex takes the middle of the impact prices', () => {
    const known = list(dig(read('hip3/info-metaAndAssetCtxs-xyz.json'), 'response', 'body', 1)).filter((ctx) => dig(ctx, 'impactPxs') !== null);
    expect(known).toHaveLength(33);
    expect(known.map((ctx) => reckoned(ctx, midPremiumOf))).toEqual(known.map((ctx) => dig(ctx, 'premium')));
  });

  it('premiums of 2023, told to 10^-8 (responses-jkorf GetExchangeInfoAndTickers): the main dex took the middle then', () => {
    const known = list(dig(jkorf('GetExchangeInfoAndTickers.txt'), 1));
    expect(known).toHaveLength(3);
    const rounded = (premium: string): string => formatUnits(Math.round(parseUnits(premium, RATE_DECIMALS) / 100), 8);
    expect(known.map((ctx) => rounded(reckoned(ctx, midPremiumOf)))).toEqual(known.map((ctx) => dig(ctx, 'premium')));
  });

  it('premium of SOL, testnet (ws messages, activeAssetCtx)', () => {
    const ctx = dig(frames().find((frame) => dig(frame, 'channel') === 'activeAssetCtx') ?? null, 'data', 'ctx');
    expect(reckoned(ctx)).toBe(dig(ctx, 'premium'));
  });

  const rate = (premium: string): string => {
    const units = parseUnits(premium.replace('-', ''), RATE_DECIMALS) * (premium.startsWith('-') ? -1 : 1);
    return formatRate(eightHourRate(units, CLAMP_OF_2023));
  };
  const CLAMP_OF_2023 = 3_000_000;

  it('rates of eight hours from their premiums, BTC and ETH, mainnet 2023 (fundingHistory of both SDK recordings; the clamp then was 0.03 %)', () => {
    const points = [...list(pythonSdk('fundingHistory')), ...list(jkorf('GetFundingRateHistory.txt'))];
    expect(points.length).toBeGreaterThan(30);
    expect(points.map((point) => rate(text(dig(point, 'premium'))))).toEqual(points.map((point) => dig(point, 'fundingRate')));
  });
});

describe.skipIf(venueData() === null)('recordings that lack an input (needs VENUE_DATA_DIR)', () => {
  const rows: readonly (readonly [string, () => Json, string])[] = [
    ['userFunding of 2023 (python SDK): the oracle price at the hour', () => dig(pythonSdk('userFunding'), 0, 'delta'), 'oraclePx'],
    ['userFunding of HYPE 2025 (responses-jkorf): the oracle price at the hour', () => dig(jkorf('GetFundingHistory.txt'), 0, 'delta'), 'oraclePx'],
    [
      'userFundings of 2026 (ws messages): the oracle price at the hour',
      () => dig(frames().find((frame) => dig(frame, 'channel') === 'userFundings') ?? null, 'data', 'fundings', 0),
      'oraclePx',
    ],
    [
      'funding in asset contexts: the average premium of the hour, of which they show the last sample',
      () => dig(read('http/info-metaAndAssetCtxs.json'), 'response', 'body', 1, 0),
      'averagePremium',
    ],
    [
      'mark prices in asset contexts: the smoothed basis and the other exchanges’ mids',
      () => dig(read('http/info-metaAndAssetCtxs.json'), 'response', 'body', 1, 0),
      'externalMids',
    ],
    [
      'fills of the market maker 2026-07-19 (live-capture m4): the entry of its positions, which its profits place on the price grid, and its own fee rate',
      () => dig(read('http/live-capture-mainnet-m4.json'), 'selection', 'fills', 1),
      'entryPx',
    ],
    [
      'AVAX fill (responses-jkorf GetUserTrades): its fee is a placeholder, its rate is not told',
      () => dig(jkorf('GetUserTrades.txt'), 0),
      'feeRate',
    ],
    ['spot balances (testnet): prices of their tokens', () => dig(testnet('spotClearinghouseState'), 'balances', 1), 'px'],
  ];
  for (const [name, record, key] of rows)
    it(name, () => {
      expect(Object.keys(Object(record())).length).toBeGreaterThan(2);
      expect(dig(record(), key)).toBeNull();
    });
});
