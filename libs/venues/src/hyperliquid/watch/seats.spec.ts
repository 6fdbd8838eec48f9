import { describe, expect, it } from 'vitest';
import { changeSeats } from './seats';

/** Addresses are letters; answered as `+seated -unseated`. */
function change(watched: string, seated: string, preferred: string, seats: number): string {
  const { seat, unseat } = changeSeats([...watched], new Set(seated), [...preferred], seats);
  return [...seat.map((one) => `+${one}`), ...unseat.map((one) => `-${one}`)].join(' ');
}

describe('seats of user streams', () => {
  it.each<[string, string, string, string, number, string]>([
    ['go to those watched longest while nobody is preferred', 'abcd', '', '', 2, '+a +b'],
    ['go to the preferred, hottest first', 'abcd', '', 'dc', 2, '+d +c'],
    ['stay where they are while nobody is preferred', 'abcd', 'cd', '', 2, ''],
    ['are lost to the preferred only', 'abcd', 'ab', 'd', 2, '+d -b'],
    ['are not given to addresses that are not watched', 'ab', '', 'zba', 1, '+b'],
    ['are filled up when one is free', 'acd', 'a', 'd', 3, '+d +c'],
    ['are kept in another order', 'abc', 'ab', 'ba', 2, ''],
    ['are given back where there are fewer', 'abc', 'ab', 'b', 1, '-a'],
  ])('%s', (_name, watched, seated, preferred, seats, expected) => {
    expect(change(watched, seated, preferred, seats)).toBe(expected);
  });
});
