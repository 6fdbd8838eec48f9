import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatPrice, formatSize, lotSize, parsePrice, parseSize, roundPrice, tickAt, truncateToLot, unwrap } from '@lockstep/kernel';
import { venueData } from '@lockstep/platform/testing/venue-data';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { scaledText } from '../sign/decimal-text';
import { marketContexts } from '../truth';
import { clearinghouseStateAnswer } from '../wire/clearinghouse-state';
import { extraAgentsAnswer } from '../wire/extra-agents';
import { perpFillsSchema } from '../wire/fill';
import { metaAndAssetCtxsAnswer } from '../wire/meta-and-asset-ctxs';
import { openOrdersAnswer, orderUpdatesData } from '../wire/open-orders';
import { orderStatusAnswer } from '../wire/order-status';
import { firstAssetId, perpDexsAnswer } from '../wire/perp-dexs';
import { spotClearinghouseStateAnswer } from '../wire/spot-clearinghouse-state';
import { spotMetaAnswer } from '../wire/spot-meta';
import { userFillsData } from '../wire/user-fills';
import { userFillsByTimeAnswer } from '../wire/user-fills-by-time';
import { userFundingAnswer } from '../wire/user-funding';
import { isObject } from './json';
import { readWith } from './read';

const dir = venueData()?.dir ?? '';
const json = (file: string): unknown => JSON.parse(readFileSync(join(dir, file), 'utf8'));
const body = z.object({ response: z.object({ body: z.unknown() }) }).transform(({ response }) => response.body);
const interactions = z.array(
  z.object({ request: z.object({ body: z.looseObject({ type: z.string() }) }), response: z.object({ body: z.unknown() }) }),
);
const mustRead = <T>(what: string, schema: z.ZodType<T>, value: unknown): T => unwrap(readWith(what, schema, value), what);

describe.skipIf(venueData() === null)('recorded messages (needs VENUE_DATA_DIR)', () => {
  it('markets of the main dex and of a builder dex have their asset ids', () => {
    const dexes = mustRead('perpDexs', perpDexsAnswer, body.parse(json('hip3/info-perpDexs.json')));
    expect(dexes.slice(0, 2)).toEqual(['', 'xyz']);
    const main = marketContexts(
      '',
      firstAssetId(0),
      'USDC',
      mustRead('main', metaAndAssetCtxsAnswer, body.parse(json('http/info-metaAndAssetCtxs.json'))),
    );
    const xyz = marketContexts(
      'xyz',
      firstAssetId(1),
      'USDC',
      mustRead('xyz', metaAndAssetCtxsAnswer, body.parse(json('hip3/info-metaAndAssetCtxs-xyz.json'))),
    );
    expect(main.length).toBeGreaterThan(150);
    expect(main[0]?.instrument).toMatchObject({ coin: 'BTC', assetId: 0, szDecimals: 5, maxLeverage: 40, delisted: false });
    expect(main.find(({ instrument }) => instrument.coin === 'MATIC')?.instrument.delisted).toBe(true);
    expect(xyz).toHaveLength(43);
    expect(xyz[0]?.instrument).toMatchObject({ coin: 'xyz:XYZ100', assetId: 110_000, onlyIsolated: true });
    expect(main.filter(({ instrument, markPrice }) => !instrument.delisted && markPrice <= 0n)).toEqual([]);
  });

  it('account queries of the test network', () => {
    const schemas: Readonly<Record<string, z.ZodType>> = {
      orderStatus: orderStatusAnswer,
      userFillsByTime: userFillsByTimeAnswer,
      spotClearinghouseState: spotClearinghouseStateAnswer,
      clearinghouseState: clearinghouseStateAnswer,
    };
    const read = interactions.parse(json('http/info-account-queries-testnet.json')).flatMap(({ request, response }) => {
      const schema = schemas[request.body.type];
      if (schema === undefined) return [];
      mustRead(request.body.type, schema, response.body);
      return [request.body.type];
    });
    expect(read).toEqual(expect.arrayContaining(Object.keys(schemas)));
  });

  it('open orders with children, agents, spot tokens', () => {
    const file = z.object({ interactions }).parse(json('http/info-recorded-python-sdk.json')).interactions;
    const of = (type: string): unknown => file.find(({ request }) => request.body.type === type)?.response.body;
    const orders = mustRead('frontendOpenOrders', openOrdersAnswer, of('frontendOpenOrders'));
    expect(orders.map(({ tif, trigger }) => tif ?? `${trigger?.purpose} ${trigger?.price} ${trigger?.market ? 'market' : 'limit'}`)).toEqual([
      'take_profit 1000400000 market',
      'stop_loss 999500000 market',
      'gtc',
    ]);
    expect(mustRead('extraAgents', extraAgentsAnswer, of('extraAgents')).every(({ address }) => /^0x[0-9a-f]{40}$/.test(address))).toBe(true);
    expect(mustRead('spotMeta', spotMetaAnswer, body.parse(json('http/info-spotMeta.json'))).tokens[0]).toEqual({ name: 'USDC', index: 0 });
  });

  it('fills, their order status and an isolated position of live accounts', () => {
    const live = z
      .object({ selection: z.looseObject({ fills: z.unknown(), orderStatus: z.unknown() }) })
      .parse(json('http/live-capture-mainnet-m4.json')).selection;
    const fills = mustRead('fills', perpFillsSchema, live.fills);
    expect(fills).toHaveLength(8);
    expect(fills[0]).toMatchObject({
      coin: 'DASH',
      side: 'sell',
      price: 3_447_700_000n,
      size: 56_000_000n,
      startPosition: -12_708_000_000n,
      clientOrderId: null,
    });
    expect(mustRead('orderStatus', orderStatusAnswer, live.orderStatus).kind).not.toBe('unknown_order');
    const account = z.object({ responses: z.array(z.object({ file: z.string(), response: z.unknown() })) }).parse(json('http/responses-jkorf.json'));
    const state = mustRead('state', clearinghouseStateAnswer, account.responses.find(({ file }) => file.endsWith('GetAccountInfo.txt'))?.response);
    expect(state.assetPositions[0]).toMatchObject({ coin: 'HYPE', size: 200_000_000n, leverage: 10, cross: false });
  });

  it('funding of a live account, counted on averages of three samples', () => {
    const file = z.object({ interactions }).parse(json('http/info-recorded-python-sdk.json')).interactions;
    const recorded = file.find(({ request }) => request.body.type === 'userFunding')?.response.body;
    const charges = mustRead('userFunding', userFundingAnswer, recorded);
    expect(charges.length).toBeGreaterThan(10);
    expect(charges[0]).toEqual({ coin: 'APE', time: 1_681_948_800_000, amount: 14_579_600n, position: 4_013_333_333n, rate: -293_190_000n });
    // Above zero is paid by longs: amount and size have opposite signs exactly then.
    expect(charges.filter(({ amount, position, rate }) => amount * position * rate > 0n)).toEqual([]);
  });

  it('stream frames', () => {
    const frames = readFileSync(join(dir, 'ws/messages.jsonl'), 'utf8').trim().split('\n');
    const counts = { orderUpdates: 0, userFills: 0 };
    for (const line of frames) {
      const { direction, frame } = z.object({ direction: z.string(), frame: z.unknown() }).parse(JSON.parse(line));
      if (direction !== 'server' || !isObject(frame)) continue;
      if (frame.channel === 'orderUpdates') {
        mustRead('orderUpdates', orderUpdatesData, frame.data);
        counts.orderUpdates += 1;
      } else if (frame.channel === 'userFills') {
        expect(mustRead('userFills', userFillsData, frame.data).isSnapshot).toBe(true);
        counts.userFills += 1;
      }
    }
    expect(counts).toEqual({ orderUpdates: 2, userFills: 1 });
  });

  it('number formatting', () => {
    const cases = <T extends z.ZodRawShape>(shape: T) => z.object({ cases: z.array(z.object(shape)) });
    const file = z
      .object({
        decimalStringForWire: cases({ input: z.union([z.number(), z.string()]), output: z.string() }),
        integerScaledBy1e8: cases({ input: z.string(), output: z.string().nullable() }),
        priceTruncation: cases({ market: z.string(), input: z.string(), szDecimals: z.number(), output: z.string() }),
        sizeTruncation: cases({ input: z.string(), szDecimals: z.number(), output: z.string() }),
        referenceTickLot: z.object({ perps: z.array(z.object({ szDecimals: z.number(), minSize: z.string() })) }),
      })
      .parse(json('signing/number-formatting.json'));
    const instrument = (szDecimals: number) => ({
      venue: 'hyperliquid',
      dex: '',
      coin: 'X',
      assetId: 0,
      szDecimals,
      maxLeverage: 10,
      onlyIsolated: false,
      delisted: false,
      collateral: 'USDC',
    });
    for (const { input, output } of file.decimalStringForWire.cases) {
      const whole = unwrap(parsePrice(Math.abs(Number(input)).toFixed(8)), 'amount');
      expect(formatPrice(whole)).toBe(output);
      if (whole <= BigInt(Number.MAX_SAFE_INTEGER)) expect(scaledText(Number(whole), 8)).toBe(output);
    }
    for (const { input, output } of file.integerScaledBy1e8.cases) {
      const parsed = parsePrice(input);
      expect(parsed.ok ? parsed.value.toString() : null).toBe(output);
    }
    for (const { market, input, szDecimals, output } of file.priceTruncation.cases) {
      if (market !== 'perp') continue;
      expect(formatPrice(roundPrice(instrument(szDecimals), unwrap(parsePrice(input), input), 'down'))).toBe(output);
    }
    for (const { input, szDecimals, output } of file.sizeTruncation.cases)
      expect(formatSize(truncateToLot(instrument(szDecimals), unwrap(parseSize(input), input)))).toBe(output);
    for (const { szDecimals, minSize } of file.referenceTickLot.perps) expect(formatSize(lotSize(instrument(szDecimals)))).toBe(minSize);
    expect(tickAt(instrument(5), unwrap(parsePrice('66375'), 'price'))).toBe(100_000_000n);
  });
});

describe('unreadable answers', () => {
  it('name the path that is missing or wrong', () => {
    const read = readWith('clearinghouseState', clearinghouseStateAnswer, {
      marginSummary: { accountValue: '1.0' },
      withdrawable: 'x',
      assetPositions: [],
      time: 1,
    });
    expect(read).toEqual({ ok: false, error: { code: 'unparseable', detail: 'clearinghouseState.withdrawable: "x" is not_a_decimal' } });
    expect(readWith('fills', perpFillsSchema, [{ coin: 'BTC', time: 1 }])).toMatchObject({
      ok: false,
      error: { detail: expect.stringContaining('fills.0.px') },
    });
  });

  it('of another kind than funding are refused', () => {
    const delta = { type: 'deposit', coin: 'BTC', usdc: '1', szi: '1', fundingRate: '0.1' };
    expect(readWith('userFunding', userFundingAnswer, [{ time: 1, delta }])).toMatchObject({
      ok: false,
      error: { code: 'unparseable', detail: expect.stringContaining('userFunding.0.delta.type') },
    });
  });

  it('unknown fields are ignored, spot and outcome fills left out', () => {
    const fill = {
      coin: '@107',
      px: '1',
      sz: '1',
      side: 'B',
      time: 1,
      startPosition: '0',
      closedPnl: '0',
      oid: 1,
      crossed: true,
      fee: '0',
      tid: 1,
      later: 1,
    };
    const read = readWith(
      'fills',
      perpFillsSchema,
      ['@107', 'PURR/USDC', '#10', 'BTC', 'xyz:TSLA'].map((coin) => ({ ...fill, coin })),
    );
    expect(read.ok && read.value.map(({ coin }) => coin)).toEqual(['BTC', 'xyz:TSLA']);
  });
});
