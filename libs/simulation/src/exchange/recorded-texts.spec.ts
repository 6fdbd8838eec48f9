import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { venueData } from '@lockstep/platform/testing/venue-data';
import { describe, expect, it } from 'vitest';
import { badAloPrice, MISSING_ORDER, REJECTIONS } from './texts';

/* The venue's documented refusals of single orders and cancels, word for word. */

interface Recorded {
  readonly type: string;
  readonly message: string;
}

/** By the document's names. What is missing here is of spot orders. */
const OURS: { readonly [type: string]: string } = {
  Tick: REJECTIONS.tickRejected,
  MinTradeNtl: REJECTIONS.minTradeNtlRejected,
  PerpMargin: REJECTIONS.perpMarginRejected,
  ReduceOnly: REJECTIONS.reduceOnlyRejected,
  BadAloPx: badAloPrice('{bid}', '{ask}').replace('{bid}@{ask}', '{bbo}'),
  IocCancel: REJECTIONS.iocCancelRejected,
  BadTriggerPx: REJECTIONS.badTriggerPxRejected,
  MarketOrderNoLiquidity: REJECTIONS.marketOrderNoLiquidityRejected,
  PositionIncreaseAtOpenInterestCap: REJECTIONS.positionIncreaseAtOpenInterestCapRejected,
  PositionFlipAtOpenInterestCap: REJECTIONS.positionFlipAtOpenInterestCapRejected,
  TooAggressiveAtOpenInterestCap: REJECTIONS.tooAggressiveAtOpenInterestCapRejected,
  OpenInterestIncrease: REJECTIONS.openInterestIncreaseRejected,
  PerpMaxPosition: REJECTIONS.perpMaxPositionRejected,
  MissingOrder: MISSING_ORDER,
};
/** Documented as `Order price too far from oracle`; the newer answers of the venue itself say it shorter. */
const LIVE_INSTEAD = { Oracle: 'Price too far from oracle' };
const SPOT = ['MinTradeSpotNtl', 'InsufficientSpotBalance'];

describe.skipIf(venueData() === null)('recorded refusals (needs VENUE_DATA_DIR)', () => {
  const dir = venueData()?.dir;
  const errors: readonly Recorded[] = dir === undefined ? [] : JSON.parse(readFileSync(join(dir, 'http', 'error-messages.json'), 'utf8')).errors;

  it('are known, each by its name', () => {
    const names = [...Object.keys(OURS), ...Object.keys(LIVE_INSTEAD), ...SPOT];
    expect(errors.map(({ type }) => type).sort()).toEqual(names.sort());
  });

  for (const { type, message } of errors.filter((error) => error.type in OURS))
    it(`${type} is said as recorded`, () => expect(OURS[type]).toBe(message));

  it('are said as the venue says them today where its document is older', () => {
    expect(REJECTIONS.oracleRejected).toBe(LIVE_INSTEAD.Oracle);
  });
});
