import { describe, expect, it } from 'vitest';
import { Activity, byHeat, type LeaderHeat } from './heat';

const HOUR = 3_600_000;
const leader = (address: string, part: Partial<LeaderHeat>): LeaderHeat => ({
  address,
  copies: 1,
  allocated: 100,
  activity: 0,
  seated: false,
  needsSeat: false,
  ...part,
});

describe('who gets a seat', () => {
  it.each<[string, readonly LeaderHeat[], string]>([
    ['the leader with more money behind it', [leader('a', { allocated: 10 }), leader('b', { allocated: 20 })], 'ba'],
    ['the leader who moves more, at the same money', [leader('a', { activity: 1 }), leader('b', { activity: 5 })], 'ba'],
    [
      'a little money that moves much before much money that sleeps',
      [leader('a', { allocated: 100 }), leader('b', { allocated: 30, activity: 9 })],
      'ba',
    ],
    ['nobody for a leader without copies', [leader('a', { copies: 0, allocated: 0, activity: 99 }), leader('b', { allocated: 1 })], 'ba'],
    ['the holder stays while the other one is hardly hotter', [leader('a', { allocated: 110 }), leader('b', { allocated: 100, seated: true })], 'ba'],
    ['the holder goes once the other one is clearly hotter', [leader('a', { allocated: 130 }), leader('b', { allocated: 100, seated: true })], 'ab'],
    [
      'a leader whose copies cannot follow without one, before much hotter ones',
      [leader('a', { allocated: 900, activity: 9 }), leader('b', { needsSeat: true })],
      'ba',
    ],
    ['of two alike the one with more copies', [leader('a', { copies: 1 }), leader('b', { copies: 2 })], 'ba'],
  ])('%s', (_name, leaders, expected) => {
    expect(byHeat(leaders).join('')).toBe(expected);
  });

  it('activity halves in an hour', () => {
    const activity = new Activity();
    expect(activity.value(0)).toBe(0);
    activity.note(0);
    activity.note(0);
    expect([activity.value(0), activity.value(HOUR), activity.value(2 * HOUR)]).toEqual([2, 1, 0.5]);
    activity.note(HOUR);
    expect(activity.value(HOUR)).toBe(2);
  });
});
