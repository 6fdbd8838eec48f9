import { expect, it } from 'vitest';
import { knownFlags } from './known-flags';

it('keeps the flags this Node knows, with their values, and leaves out the others', () => {
  expect(knownFlags(['--max-semi-space-size=32', '--no-such-flag=1', '--single-threaded-gc'])).toEqual([
    '--max-semi-space-size=32',
    '--single-threaded-gc',
  ]);
});
