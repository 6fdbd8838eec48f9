import type { VenueCapabilities } from '../port';
import { ACCOUNT_CASES } from './account-cases';
import { CASE_SHEETS } from './deck';
import type { ConformanceCase } from './driver';
import { FUNDING_CASES } from './funding-cases';
import { ORDER_CASES } from './order-cases';
import { QUOTE_CASES } from './quote-cases';
import { SIGNING_CASES } from './signing-cases';
import { STREAM_CASES } from './stream-cases';
import { WORKING_ORDER_CASES } from './working-order-cases';

export type { VenueAbility } from './deck';
export type { ConformanceCase, ConformanceDriver, TradingAccount } from './driver';

/** Every requirement a venue is admitted by, in order of their numbers. */
export const CONFORMANCE_CASES: readonly ConformanceCase[] = [
  ...ORDER_CASES,
  ...SIGNING_CASES,
  ...STREAM_CASES,
  ...FUNDING_CASES,
  ...QUOTE_CASES,
  ...WORKING_ORDER_CASES,
  ...ACCOUNT_CASES,
];

/** What a venue with these capabilities must pass, and what it is excused from, each with the capabilities it lacks. */
export function casesFor(capabilities: VenueCapabilities): {
  readonly applicable: readonly ConformanceCase[];
  readonly skipped: readonly { readonly case: ConformanceCase; readonly lacks: readonly string[] }[];
} {
  const lacksOf = ({ number }: ConformanceCase) => (CASE_SHEETS[number]?.needs ?? []).filter((need) => !capabilities[need]);
  return {
    applicable: CONFORMANCE_CASES.filter((each) => lacksOf(each).length === 0),
    skipped: CONFORMANCE_CASES.flatMap((each) => (lacksOf(each).length === 0 ? [] : [{ case: each, lacks: lacksOf(each) }])),
  };
}
