import type { ConformanceCase } from './driver';
import { FUNDING_CASES } from './funding-cases';
import { ORDER_CASES } from './order-cases';
import { QUOTE_CASES } from './quote-cases';
import { SIGNING_CASES } from './signing-cases';
import { STREAM_CASES } from './stream-cases';

export { type ConformanceCase, type ConformanceDriver, lacking, type TradingAccount, type VenueAbility } from './driver';

/** Every requirement a venue is admitted by, in order of their numbers. */
export const CONFORMANCE_CASES: readonly ConformanceCase[] = [...ORDER_CASES, ...SIGNING_CASES, ...STREAM_CASES, ...FUNDING_CASES, ...QUOTE_CASES];
