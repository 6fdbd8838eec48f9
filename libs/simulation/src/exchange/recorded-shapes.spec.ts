import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePrice, price, unwrap } from '@lockstep/kernel';
import { venueData } from '@lockstep/platform/testing/venue-data';
import { describe, expect, it } from 'vitest';
import { addressOf, dig, Testbed } from '../builders/testbed';
import type { Json } from './port';

const USER = addressOf(1);
const CLOID = '0x000000000000000000000000000000aa';
const read = (file: string): Json => JSON.parse(readFileSync(join(venueData()?.dir ?? '', file), 'utf8'));
const listOf = (value: Json): Json[] => (Array.isArray(value) ? value : []);

/** The body of the first recorded exchange whose request has these words. */
function recordedBody(list: Json, type: string, skip = 0): Json {
  const found = listOf(list).filter((each) => dig(each, 'request', 'body', 'type') === type)[skip];
  return dig(found, 'response', 'body');
}

/** A world in which account 1 has traded, holds an isolated and a cross position, orders of each kind, an agent and funding. */
function lived(): Testbed {
  const bed = new Testbed({ makers: true }, { 1: '100000', 2: '100000' });
  const { control } = bed.world;
  control.credit(USER, 'xyz', '10000');
  control.credit(USER, 'spot', '50');
  control.setup([{ address: USER, credits: {}, agent: { address: addressOf(100), name: 'copy' } }]);
  bed.order(1, { a: 110_001, p: '410', s: '1', tif: 'Ioc' }, { p: '66500', s: '0.1', tif: 'Ioc', c: CLOID });
  bed.order(1, { p: '66000', s: '0.1' }, { b: false, p: '70000', s: '0.1', r: true, trigger: { isMarket: true, triggerPx: '70000', tpsl: 'tp' } });
  control.advanceFunding();
  bed.block();
  return bed;
}

const keysOf = (value: Json): string[] => (typeof value === 'object' && value !== null ? Object.keys(value) : []);

const kind = (value: Json): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

/** Every recorded key stands in ours with the same JSON type; ours has no key beyond those and the named later ones. */
function sameShape(ours: Json, recorded: Json, later: readonly string[] = []): void {
  expect(kind(ours), JSON.stringify(recorded)).toBe(kind(recorded));
  if (kind(recorded) !== 'object') return;
  const keys = keysOf(recorded).filter((key) => !later.includes(key));
  expect(
    keysOf(ours)
      .filter((key) => !later.includes(key))
      .sort(),
    JSON.stringify(ours),
  ).toEqual([...keys].sort());
  for (const key of keys) {
    if (kind(dig(recorded, key)) === 'null' || kind(dig(ours, key)) === 'null') continue;
    sameShape(dig(ours, key), dig(recorded, key), later);
  }
}

describe.skipIf(venueData() === null)('answers have the recorded keys and types (needs VENUE_DATA_DIR)', () => {
  const bed = lived();
  const own = (type: string, words: { readonly [key: string]: Json } = {}): Json => bed.info(type, { user: USER, ...words });

  it('meta, its margin tables and contexts of both dexes', () => {
    const main = dig(read('http/info-metaAndAssetCtxs.json'), 'response', 'body');
    const xyz = dig(read('hip3/info-metaAndAssetCtxs-xyz.json'), 'response', 'body');
    const ourMain = bed.info('metaAndAssetCtxs');
    const ourXyz = bed.info('metaAndAssetCtxs', { dex: 'xyz' });
    sameShape(dig(ourMain, 0), dig(main, 0));
    sameShape(dig(ourMain, 0, 'universe', 0), dig(main, 0, 'universe', 0));
    sameShape(dig(ourMain, 0, 'marginTables', 1, 1), dig(main, 0, 'marginTables', 1, 1));
    sameShape(dig(ourMain, 0, 'marginTables', 1, 1, 'marginTiers', 1), dig(main, 0, 'marginTables', 1, 1, 'marginTiers', 1));
    sameShape(dig(ourMain, 1, 0), dig(main, 1, 0));
    sameShape(dig(ourXyz, 0, 'universe', 1), dig(xyz, 0, 'universe', 1));
    sameShape(dig(ourXyz, 1, 1), dig(xyz, 1, 1));
  });

  it('coins, lot sizes and leverage are the real ones', () => {
    const real = new Map(
      listOf(dig(read('http/info-metaAndAssetCtxs.json'), 'response', 'body', 0, 'universe')).map((each) => [dig(each, 'name'), each]),
    );
    for (const ours of listOf(dig(bed.info('meta'), 'universe'))) {
      const recorded = real.get(dig(ours, 'name'));
      if (recorded === undefined || dig(ours, 'isDelisted') === true) continue;
      for (const key of ['szDecimals', 'maxLeverage', 'marginTableId'])
        expect(dig(ours, key), `${key} of ${dig(ours, 'name')}`).toBe(dig(recorded, key));
    }
  });

  it('perpDexs and spotMeta', () => {
    sameShape(dig(bed.info('perpDexs'), 1), dig(read('hip3/info-perpDexs.json'), 'response', 'body', 1), ['assetToFundingInterestRate']);
    sameShape(dig(bed.info('spotMeta'), 'tokens', 0), dig(read('http/info-spotMeta.json'), 'response', 'body', 'tokens', 0));
  });

  it('clearinghouse states, empty and with an isolated position', () => {
    const recorded = dig(
      listOf(dig(read('http/responses-jkorf.json'), 'responses')).find((each) => String(dig(each, 'file')).endsWith('GetAccountInfo.txt')) ?? null,
      'response',
    );
    const ours = own('clearinghouseState', { dex: 'xyz' });
    sameShape(ours, recorded);
    sameShape(dig(ours, 'assetPositions', 0), dig(recorded, 'assetPositions', 0));
    sameShape(
      bed.info('clearinghouseState', { user: addressOf(77) }),
      recordedBody(read('http/info-account-queries-testnet.json'), 'clearinghouseState'),
    );
  });

  it('orderStatus, fills, activeAssetData and spot balances', () => {
    const recorded = read('http/info-account-queries-testnet.json');
    sameShape(own('orderStatus', { oid: CLOID }), recordedBody(recorded, 'orderStatus', 1));
    expect(own('orderStatus', { oid: 1 })).toEqual(recordedBody(recorded, 'orderStatus'));
    sameShape(dig(own('userFillsByTime', { startTime: 0 }), 0), dig(recordedBody(recorded, 'userFillsByTime'), 0));
    sameShape(own('activeAssetData', { coin: 'BTC' }), recordedBody(recorded, 'activeAssetData'));
    sameShape(dig(own('spotClearinghouseState'), 'balances', 0), dig(recordedBody(recorded, 'spotClearinghouseState'), 'balances', 0));
  });

  it('open orders, books, candles, fundings, limits and agents', () => {
    const recorded = dig(read('http/info-recorded-python-sdk.json'), 'interactions');
    const trigger = listOf(own('frontendOpenOrders')).find((each) => dig(each, 'isTrigger') === true) ?? null;
    sameShape(trigger, dig(recordedBody(recorded, 'frontendOpenOrders'), 0), ['cloid']);
    const plain = listOf(own('openOrders')).find((each) => dig(each, 'reduceOnly') !== true) ?? null;
    sameShape(plain, dig(read('http/live-capture-mainnet-m4.json'), 'selection', 'openOrders', 0));
    const book = recordedBody(recorded, 'l2Book');
    sameShape(bed.info('l2Book', { coin: 'BTC' }), book);
    sameShape(dig(bed.info('l2Book', { coin: 'BTC' }), 'levels', 0, 0), dig(book, 'levels', 0, 0));
    const candles = bed.info('candleSnapshot', { req: { coin: 'BTC', interval: '1m', startTime: 0 } });
    sameShape(dig(candles, 0), dig(recordedBody(recorded, 'candleSnapshot'), 0));
    sameShape(dig(bed.info('fundingHistory', { coin: 'BTC', startTime: 0 }), 0), dig(recordedBody(recorded, 'fundingHistory'), 0));
    sameShape(dig(own('userFunding'), 0), dig(recordedBody(recorded, 'userFunding'), 0));
    sameShape(own('userRateLimit'), recordedBody(recorded, 'userRateLimit'), ['nRequestsSurplus']);
    sameShape(dig(own('extraAgents'), 0), dig(recordedBody(recorded, 'extraAgents'), 0));
  });

  it('recorded order and cancel answers, texts included', () => {
    const orders = new Testbed({}, { 1: '1000' });
    const cloidless = orders.order(1, { a: 4, p: '0.0036', s: '4000' });
    const recorded = listOf(dig(read('http/exchange-orders-cancels.json'), 'interactions'));
    const answers = recorded.map((each) => dig(each, 'response', 'body', 'response', 'data', 'statuses', 0));
    sameShape(dig(cloidless, 0), answers[0] ?? null);
    expect(orders.order(1, { a: 4, p: '0.0036', s: '4' })).toEqual([{ error: String(dig(answers[1] ?? null, 'error')).replace('173', '4') }]);
    const missing = orders.act(USER, { type: 'cancel', cancels: [{ a: 4, o: 1 }] });
    expect(dig(missing.response, 'data', 'statuses', 0, 'error')).toBe(String(dig(answers[7] ?? null, 'error')).replace('173', '4'));
  });
});

describe.skipIf(venueData() === null)('frames have the recorded keys and types (needs VENUE_DATA_DIR)', () => {
  const lines =
    venueData() === null
      ? []
      : readFileSync(join(venueData()?.dir ?? '', 'ws/messages.jsonl'), 'utf8')
          .trim()
          .split('\n');
  const recorded = lines.map((line): Json => dig(JSON.parse(line), 'frame'));
  const frameOf = (channel: string): Json => recorded.find((frame) => dig(frame, 'channel') === channel) ?? null;
  const bed = new Testbed({ makers: true }, { 1: '100000' });
  const subscriptions: readonly (readonly [string, Json])[] = [
    ['trades', { type: 'trades', coin: 'BTC' }],
    ['bbo', { type: 'bbo', coin: 'BTC' }],
    ['l2Book', { type: 'l2Book', coin: 'BTC' }],
    ['activeAssetCtx', { type: 'activeAssetCtx', coin: 'BTC' }],
    ['orderUpdates', { type: 'orderUpdates', user: USER }],
    ['user', { type: 'userEvents', user: USER }],
    ['userFundings', { type: 'userFundings', user: USER }],
  ];
  const heard = subscriptions.map(([channel, subscription]) => ({ channel, frames: bed.listen(subscription) }));
  bed.order(1, { p: '66500', s: '0.1', tif: 'Ioc', c: CLOID });
  bed.world.control.movePrice('BTC', price(unwrap(parsePrice('66400'), 'price')));
  bed.block(15);
  bed.world.control.advanceFunding();
  bed.block();

  for (const { channel, frames } of heard)
    it(`on channel ${channel}`, () => {
      const ours = frames.findLast((frame) => frame.channel === channel && !(channel === 'user' && dig(frame.data, 'fills') === null))?.data ?? null;
      const theirs = dig(frameOf(channel), 'data');
      sameShape(ours, theirs, ['isSnapshot', 'cloid']);
      if (channel === 'bbo') sameShape(dig(ours, 'bbo', 0), dig(theirs, 'bbo', 0));
      if (channel === 'l2Book') sameShape(dig(ours, 'levels', 0, 0), dig(theirs, 'levels', 0, 0));
      if (channel === 'trades' || channel === 'orderUpdates') sameShape(dig(ours, 0), dig(theirs, 0), ['cloid']);
      if (channel === 'user') sameShape(dig(ours, 'fills', 0), dig(theirs, 'fills', 0), ['cloid']);
      if (channel === 'userFundings') sameShape(dig(ours, 'fundings', 0), dig(theirs, 'fundings', 0));
    });
});
