import { venueData } from '@lockstep/platform/testing/venue-data';
import { describe, expect, it } from 'vitest';
import { dig } from '../builders/testbed';
import { type Answerer, compareAll } from './testing/recorded/compare';
import { livedWorld } from './testing/recorded/lived';
import { listOf, readJson, recordedAnswers } from './testing/recorded/samples';
import { MARKET_TYPES } from './testing/recorded/subjects';

describe.skipIf(venueData() === null)('answers about markets (needs VENUE_DATA_DIR)', () => {
  if (venueData() === null) return;
  const bed = livedWorld();
  const same: Answerer = ({ type, request }) => bed.info(type, { ...(dig(request, 'dex') === null ? {} : { dex: dig(request, 'dex') }) });
  const ofCoin: Answerer = ({ type }) => bed.info(type, { coin: 'BTC', startTime: 0 });
  const ofItsDex: Answerer = ({ type, name }) => bed.info(type, name.includes('hip3Universe') ? { dex: 'xyz' } : {});

  it('coins, lot sizes, leverage and tables are the real ones', () => {
    const universe = listOf(dig(readJson('http/info-metaAndAssetCtxs.json'), 'response', 'body', 0, 'universe'));
    const real = new Map(universe.map((each) => [dig(each, 'name'), each]));
    const listed = listOf(dig(bed.info('meta'), 'universe')).filter((ours) => real.has(dig(ours, 'name')) && dig(ours, 'isDelisted') !== true);
    expect(listed.length).toBeGreaterThan(5);
    for (const ours of listed)
      for (const key of ['szDecimals', 'maxLeverage', 'marginTableId'])
        expect(dig(ours, key), `${key} of ${dig(ours, 'name')}`).toBe(dig(real.get(dig(ours, 'name')), key));
  });

  it('delisted coins have a mid, as recorded', () => {
    const delisted = listOf(dig(bed.info('meta'), 'universe')).filter((each) => dig(each, 'isDelisted') === true);
    expect(delisted.length).toBeGreaterThan(0);
    const [ours, theirs] = [bed.info('allMids'), dig(readJson('http/info-allMids.json'), 'response', 'body')];
    for (const each of delisted) for (const mids of [ours, theirs]) expect(dig(mids, String(dig(each, 'name')))).toMatch(/^\d+\.\d+$/);
  });

  compareAll(
    'answers about markets',
    recordedAnswers().filter(({ type }) => MARKET_TYPES.has(type)),
    {
      meta: ofItsDex,
      metaAndAssetCtxs: same,
      perpDexs: same,
      perpDexLimits: same,
      perpDexStatus: same,
      perpDeployAuctionStatus: same,
      perpsAtOpenInterestCap: same,
      spotMeta: same,
      allMids: same,
      l2Book: ofCoin,
      fundingHistory: ofCoin,
      candleSnapshot: ({ type }) => bed.info(type, { req: { coin: 'BTC', interval: '1h', startTime: 0 } }),
    },
  );
});
