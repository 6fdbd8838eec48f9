import { venueData } from '@lockstep/platform/testing/venue-data';
import { describe } from 'vitest';
import { dig } from '../builders/testbed';
import { type Answerer, compareAll } from './testing/recorded/compare';
import { livedWorld } from './testing/recorded/lived';
import { recordedAnswers } from './testing/recorded/samples';
import { MARKET_TYPES } from './testing/recorded/subjects';

describe.skipIf(venueData() === null)('answers about markets (needs VENUE_DATA_DIR)', () => {
  if (venueData() === null) return;
  const bed = livedWorld();
  const same: Answerer = ({ type, request }) => bed.info(type, { ...(dig(request, 'dex') === null ? {} : { dex: dig(request, 'dex') }) });
  const ofCoin: Answerer = ({ type }) => bed.info(type, { coin: 'BTC', startTime: 0 });
  const ofItsDex: Answerer = ({ type, name }) => bed.info(type, name.includes('hip3Universe') ? { dex: 'xyz' } : {});

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
