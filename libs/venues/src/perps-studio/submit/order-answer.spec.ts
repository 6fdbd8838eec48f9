import { describe, expect, it } from 'vitest';
import { OUTCOME, REJECT_CODES } from '../../port';
import type { RestOutcome } from '../transport/rest';
import { readPlaced } from './order-answer';

/** Of an order of half a coin in thousandths. */
const LOTS = 500;
const answer = (status: number, body: unknown): RestOutcome => ({ kind: 'answer', status, body, sentAt: 1, answeredAt: 2 });
const placed = (status: string, filledSize: string, more: object = {}): RestOutcome =>
  answer(200, { orderId: '7', status, filledSize, avgPrice: '100.5', ...more });

const words = (outcome: RestOutcome, immediate = true): string => {
  const { outcome: code, rejectCode, filledLots, averagePrice, orderId } = readPlaced(outcome, 3, LOTS, immediate);
  if (code === OUTCOME.rejected) return `rejected ${REJECT_CODES[rejectCode]}`;
  if (code === OUTCOME.unknown) return `unknown ${orderId}`;
  return `${code === OUTCOME.filled ? 'filled' : 'resting'} ${filledLots} at ${averagePrice} as ${orderId}`;
};

describe('the answer to an immediate order', () => {
  it.each<[string, RestOutcome, string]>([
    ['filled', placed('filled', '0.5'), 'filled 500 at 10050000000 as 7'],
    ['filled, with noughts behind', placed('filled', '0.50000000'), 'filled 500 at 10050000000 as 7'],
    ['filled at a price not told', placed('filled', '0.5', { avgPrice: null }), 'filled 500 at 0 as 7'],
    ['filled in part', placed('partially_filled', '0.2'), 'filled 200 at 10050000000 as 7'],
    ['filled in part, the rest cancelled', placed('canceled', '0.2'), 'filled 200 at 10050000000 as 7'],
    ['cancelled with nothing filled', placed('canceled', '0'), 'rejected ioc_no_match'],
    ['filled by a part of it', placed('filled', '0.2'), 'unknown 7'],
    ['filled by nothing', placed('filled', '0'), 'unknown 7'],
    ['filled by more than was ordered', placed('filled', '0.501'), 'unknown 7'],
    ['filled by less than a lot', placed('partially_filled', '0.0004'), 'unknown 7'],
    ['resting', placed('open', '0'), 'unknown 7'],
    ['filled in part by nothing', placed('partially_filled', '0'), 'unknown 7'],
    ['a status of tomorrow', placed('expired', '0'), 'unknown 0'],
    ['sizes that are no decimals', placed('filled', '5e-1'), 'unknown 7'],
    ['an id that is no number', placed('filled', '0.5', { orderId: 'abc' }), 'unknown 0'],
    ['an error in a success', answer(200, { error: { code: 'ORDER_REJECTED', message: '' } }), 'unknown 0'],
    ['an empty success', answer(204, undefined), 'unknown 0'],
    ['somewhere else', answer(302, undefined), 'unknown 0'],
    ['the exchange is unavailable', answer(503, { error: { code: 'PROVIDER_UNAVAILABLE', message: '' } }), 'unknown 0'],
    ['refused', answer(422, { error: { code: 'SIZE_TOO_SMALL', message: '' } }), 'rejected min_notional'],
  ])('%s', (_name, outcome, expected) => {
    expect(words(outcome)).toBe(expected);
  });
});

describe('the answer to an order that may rest', () => {
  it.each<[string, RestOutcome, string]>([
    ['rests', placed('open', '0', { avgPrice: '0' }), 'resting 0 at 0 as 7'],
    ['rests, filled in part', placed('partially_filled', '0.2'), 'resting 200 at 10050000000 as 7'],
    ['filled', placed('filled', '0.5'), 'filled 500 at 10050000000 as 7'],
    ['cancelled with a part filled', placed('canceled', '0.2'), 'filled 200 at 10050000000 as 7'],
  ])('%s', (_name, outcome, expected) => {
    expect(words(outcome, false)).toBe(expected);
  });
});
