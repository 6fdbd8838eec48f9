import { venueData } from '@lockstep/platform/testing/venue-data';
import { describe, expect, it } from 'vitest';
import { addressOf, dig } from '../builders/testbed';
import { type Answerer, compareAll } from './testing/recorded/compare';
import { livedWorld, USER } from './testing/recorded/lived';
import { listOf, recordedAnswers } from './testing/recorded/samples';
import { ACCOUNT_TYPES, MARKET_TYPES, ORDER_TYPES } from './testing/recorded/subjects';

describe.skipIf(venueData() === null)('answers about accounts (needs VENUE_DATA_DIR)', () => {
  if (venueData() === null) return;
  const bed = livedWorld();
  const own: Answerer = ({ type }) => bed.info(type, { user: USER, startTime: 0 });

  compareAll(
    'answers about accounts',
    recordedAnswers().filter(({ type }) => ACCOUNT_TYPES.has(type)),
    {
      // The recorded state with a position is of an isolated one; the other is of an account without any.
      clearinghouseState: ({ type, body }) =>
        bed.info(type, listOf(dig(body, 'assetPositions')).length > 0 ? { user: USER, dex: 'xyz' } : { user: addressOf(77) }),
      spotClearinghouseState: own,
      activeAssetData: ({ type }) => bed.info(type, { user: USER, coin: 'BTC' }),
      userFills: own,
      userFillsByTime: own,
      userFunding: own,
      userNonFundingLedgerUpdates: own,
      userRateLimit: own,
      userRole: own,
      extraAgents: own,
      portfolio: own,
      subAccounts: own,
    },
  );

  it('with those about markets and orders, every recorded type is compared', () => {
    const compared = [...MARKET_TYPES, ...ACCOUNT_TYPES, ...ORDER_TYPES];
    expect(recordedAnswers().filter(({ type }) => !compared.includes(type))).toEqual([]);
  });
});
