import type { Observation } from '@lockstep/simulation';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { describe, expect, it } from 'vitest';
import type { CommittedRow } from '../seed-watch';
import { Comparison, type Difference, Recording } from './recording';

const scope = scopeFromPlatformList('ten_1' as Parameters<typeof scopeFromPlatformList>[0], 'test');
const mark = (price: bigint): Observation => ({ kind: 'mark_delivered', at: 5, process: 'engine-1', coin: 'BTC', price });
const row = (...bytes: readonly number[]): CommittedRow => ({
  at: 7,
  step: 3,
  process: 'engine-1',
  scope,
  moveId: 9n,
  shard: 0,
  part: 0,
  bytes: Buffer.from(bytes),
});

/** What a second run is told to differ in from a first one of two marks and two rows. */
function differenceOf(prices: readonly bigint[], rows: readonly CommittedRow[]): Difference | null {
  const first = new Recording(() => Promise.resolve());
  for (const price of [1n, 2n]) first.observed(mark(price), 2);
  for (const one of [row(1, 2), row(3)]) first.journaled(one);
  const second = new Comparison(first);
  for (const price of prices) second.observed(mark(price), 2);
  for (const one of rows) second.journaled(one);
  return second.difference();
}

const BOTH = [row(1, 2), row(3)];

describe('a second run held to the first', () => {
  it('differs in nothing when it is the same', () => {
    expect(differenceOf([1n, 2n], BOTH)).toBeNull();
  });

  it.each([
    ['another observation', [1n, 3n], BOTH, { what: 'observation', index: 1, step: 2 }],
    ['an observation more', [1n, 2n, 3n], BOTH, { what: 'observation', index: 2, first: null }],
    ['an observation less', [1n], BOTH, { what: 'observation', index: 1, second: null }],
    ['another byte', [1n, 2n], [row(1, 4), row(3)], { what: 'journal_row', index: 0, step: 3, second: '9/0/0 at 7: 0104' }],
    ['a row less', [1n, 2n], [row(1, 2)], { what: 'journal_row', index: 1, first: '9/0/0 at 7: 03', second: null }],
  ] as const)('differs first where it has %s', (_, prices, rows, expected) => {
    expect(differenceOf(prices, rows)).toMatchObject(expected);
  });

  it('tells the first difference, not the last', () => {
    expect(differenceOf([7n, 8n], BOTH)?.index).toBe(0);
  });
});
