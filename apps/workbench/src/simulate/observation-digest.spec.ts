import { createHash } from 'node:crypto';
import type { Observation } from '@lockstep/simulation';
import { describe, expect, it } from 'vitest';
import { ObservationDigest, textOf } from './observation-digest';

const plainly = (value: unknown): string => JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? one.toString() : one));

const mark = (no: number): Observation => ({
  kind: 'mark_delivered',
  at: no + 0.25,
  process: 'engine-1',
  coin: 'xyz:"GOLD"\n',
  price: BigInt(no) * 10n ** 20n,
});

describe('the digest of a run', () => {
  it.each([
    ['a mark', mark(3)],
    ['what is not there', { none: null, gone: undefined, yes: true, no: false }],
    ['numbers', [1, undefined, -0, 0.1, 1e21, Number.NaN, Number.NEGATIVE_INFINITY, 2 ** 53]],
    ['depth', { list: [[], {}], deep: { n: -5n, t: '' } }],
    ['texts', 'two\u2028lines “quoted” "\\'],
  ])('reads %s as JSON does', (_, value) => {
    expect(textOf(value)).toBe(plainly(value));
  });

  it('is that of all texts in their order, however they are gathered', () => {
    const seen = Array.from({ length: 2_000 }, (_, no) => mark(no));
    const digest = new ObservationDigest();
    for (const one of seen) digest.add(one);
    expect(digest.hex()).toBe(createHash('sha256').update(seen.map(plainly).join('')).digest('hex'));
  });
});
