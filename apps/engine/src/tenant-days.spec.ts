import { describe, expect, it } from 'vitest';
import { TenantDays } from './tenant-days';

const at = (text: string): number => Date.parse(text);

describe('days of tenants', () => {
  it('end at midnight of the zone each chose, whenever and however often they are asked for', () => {
    const days = new TenantDays();
    const zones = (ofA: string) => [
      { id: 'a', timeZone: ofA },
      { id: 'b', timeZone: 'Europe/Berlin' },
    ];
    days.take(zones('UTC'));
    const next = (now: string) => ['a', 'b', 'unknown'].map((id) => new Date(days.next(id, at(now))).toISOString());
    const [utc, berlin] = ['2024-01-02T00:00:00.000Z', '2024-01-01T23:00:00.000Z'];
    expect(next('2024-01-01T12:00:00Z')).toEqual([utc, berlin, utc]);
    expect(next('2024-01-01T22:59:59.999Z')).toEqual([utc, berlin, utc]);
    expect(next('2024-01-01T23:00:00Z')).toEqual([utc, '2024-01-02T23:00:00.000Z', utc]);
    expect(next('2024-01-01T12:00:00Z')).toEqual([utc, berlin, utc]);
    days.take(zones('Europe/Berlin'));
    expect(next('2024-01-01T12:00:00Z')).toEqual([berlin, berlin, utc]);
  });
});
