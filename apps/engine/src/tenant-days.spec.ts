import type { TenantId, TenantScope } from '@lockstep/kernel';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { describe, expect, it } from 'vitest';
import { TenantDays } from './tenant-days';
import { TestClocks } from './test-clocks';

const at = (text: string): number => Date.parse(text);

describe('days of tenants', () => {
  it('end at midnight of the zone each chose, whenever and however often they are asked for', () => {
    const days = new TenantDays(new TestClocks());
    const zones = (ofA: string) => [
      { id: 'a', timeZone: ofA },
      { id: 'b', timeZone: 'Europe/Berlin' },
    ];
    days.take(zones('UTC'));
    const next = (now: string) =>
      ['a', 'b', 'unknown'].map((id) => new Date(days.next(scopeFromPlatformList(id as TenantId, 'live'), at(now))).toISOString());
    const [utc, berlin] = ['2024-01-02T00:00:00.000Z', '2024-01-01T23:00:00.000Z'];
    expect(next('2024-01-01T12:00:00Z')).toEqual([utc, berlin, utc]);
    expect(next('2024-01-01T22:59:59.999Z')).toEqual([utc, berlin, utc]);
    expect(next('2024-01-01T23:00:00Z')).toEqual([utc, '2024-01-02T23:00:00.000Z', utc]);
    expect(next('2024-01-01T12:00:00Z')).toEqual([utc, berlin, utc]);
    days.take(zones('Europe/Berlin'));
    expect(next('2024-01-01T12:00:00Z')).toEqual([berlin, berlin, utc]);
  });

  it('end by the test clock of a scope that has one, and not at all while it stands', () => {
    const clocks = new TestClocks();
    const days = new TenantDays(clocks);
    const [test, live] = (['test', 'live'] as const).map((environment) => scopeFromPlatformList('a' as TenantId, environment));
    const set = (clockFrozen: boolean, real: string, business: string) =>
      clocks.take([
        {
          venue: 'hyperliquid',
          network: 'sim.a',
          ownerTenantId: 'a' as TenantId,
          clockFrozen,
          clockRealAt: at(real),
          clockBusinessAt: at(business),
        },
      ]);
    const next = (scope: TenantScope | undefined, now: string) => days.next(scope ?? null, at(now));
    set(false, '2024-01-01T12:00:00Z', '2024-03-10T23:00:00Z');
    expect(next(test, '2024-01-01T12:30:00Z')).toBe(at('2024-01-01T13:00:00Z'));
    expect(next(live, '2024-01-01T12:30:00Z')).toBe(at('2024-01-02T00:00:00Z'));
    set(true, '2024-01-01T12:40:00Z', '2024-03-10T23:40:00Z');
    expect(next(test, '2024-01-05T12:30:00Z')).toBe(Number.POSITIVE_INFINITY);
    expect(days.written(test ?? scopeFromPlatformList('a' as TenantId, 'test'), Number.POSITIVE_INFINITY, at('2024-01-05T12:30:00Z'))).toBe(
      at('2024-03-11T00:00:00Z'),
    );
    expect(next(live, '2024-01-05T12:30:00Z')).toBe(at('2024-01-06T00:00:00Z'));
  });
});
