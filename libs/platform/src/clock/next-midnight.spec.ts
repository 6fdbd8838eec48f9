import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextMidnight } from './next-midnight';

const at = (text: string): number => Date.parse(text);
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'Pacific/Apia',
];

describe('the beginning of a tenant’s next day', () => {
  it.each([
    ['UTC', '2026-11-28T10:36:12.345Z', '2026-11-29T00:00:00.000Z'],
    ['UTC', '2026-11-28T00:00:00.000Z', '2026-11-29T00:00:00.000Z'],
    ['Europe/Berlin', '2026-11-28T22:59:59.999Z', '2026-11-28T23:00:00.000Z'],
    ['Europe/Berlin', '2026-11-28T23:00:00.000Z', '2026-11-29T23:00:00.000Z'],
    ['Asia/Kolkata', '2026-11-28T18:29:59.000Z', '2026-11-28T18:30:00.000Z'],
    // The day on which clocks go forward has 23 hours, the one on which they go back 25.
    ['Europe/Berlin', '2026-03-28T23:30:00.000Z', '2026-03-29T22:00:00.000Z'],
    ['Europe/Berlin', '2026-10-24T22:30:00.000Z', '2026-10-25T23:00:00.000Z'],
    // Clocks of 2018 went forward at midnight there.
    ['America/Sao_Paulo', '2018-11-03T12:00:00.000Z', '2018-11-04T03:00:00.000Z'],
  ])('in %s after %s is %s', (zone, now, expected) => {
    expect(new Date(nextMidnight(zone, at(now))).toISOString()).toBe(expected);
  });

  it('lies ahead by a day at most, give or take a change of the clocks, in every zone', () => {
    const moments = fc.integer({ min: at('2000-01-01T00:00:00Z'), max: at('2040-01-01T00:00:00Z') });
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), moments, (zone, now) => {
        const ahead = nextMidnight(zone, now) - now;
        expect(ahead).toBeGreaterThan(0);
        expect(ahead).toBeLessThanOrEqual(50 * 3_600_000);
        const day = (time: number): string => new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(time);
        expect(day(now + ahead)).not.toBe(day(now));
        expect(day(now + ahead - 1)).toBe(day(now));
      }),
    );
  });
});
