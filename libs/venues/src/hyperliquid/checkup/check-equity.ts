import { formatDecimal, UNIT_SCALE } from '@lockstep/kernel';
import type { Address } from '../../port';
import { type Finding, good, told, warn } from '../../port/finding';
import { newestValue, portfolioAnswer, portfolioRequest } from '../wire/portfolio';
import { inWords, type Questions } from './questions';

/** Names of dollars among the venue's tokens. */
const DOLLAR = /^USD/;
/** What the venue's own value, told a little late, may be below the balances: one in so many, and a dollar. */
const SLACK_DIVISOR = 100n;
const SLACK_LEAST = 100_000_000n;

/** What lies on a spot balance, 10^-8. */
export interface SpotHolding {
  readonly coin: string;
  readonly total: bigint;
}

/**
 * Whether a unified account's balances hold its whole equity once, as is assumed (facts §14, §20): the venue's own value of the account may hold more (other
 * tokens, vaults), never less. Equity counted too high would make a follower's limits too wide and a leader's ratios too small.
 */
export async function checkEquity(questions: Questions, account: Address, balances: readonly SpotHolding[]): Promise<Finding> {
  const answer = await questions.ask(portfolioRequest(account), portfolioAnswer);
  if (!answer.ok) return told('equity', `the venue's own value could not be read: ${inWords(answer.error)}`);
  return equityFinding(balances, newestValue(answer.value, 'day'));
}

/** Compares what is counted with what the venue says; `valued` null: it says nothing. */
export function equityFinding(balances: readonly SpotHolding[], valued: bigint | null): Finding {
  const counted = balances.reduce((sum, { coin, total }) => (DOLLAR.test(coin) ? sum + total : sum), 0n);
  const words = `counted ${dollars(counted)} in dollars`;
  if (valued === null) return told('equity', `${words}; the venue tells no value of its own`);
  const compared = `${words}, the venue values the whole account at ${dollars(valued)}`;
  const slack = valued / SLACK_DIVISOR > SLACK_LEAST ? valued / SLACK_DIVISOR : SLACK_LEAST;
  if (counted <= valued + slack) return good('equity', compared);
  return warn('equity', compared, 'do not copy with this account: its balances count more than it is worth (`unifiedEquity`)');
}

const dollars = (value: bigint): string => `$${formatDecimal(value, UNIT_SCALE)}`;
