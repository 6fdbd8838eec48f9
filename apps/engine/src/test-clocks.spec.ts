import type { TenantId } from '@lockstep/kernel';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { describe, expect, it } from 'vitest';
import { TestClocks } from './test-clocks';

const HOUR = 3_600_000;
const REAL = 1_800_000_000_000;
const [red, blue] = ['ten_red' as TenantId, 'ten_blue' as TenantId];
const scope = (tenantId: TenantId, environment: 'live' | 'test') => scopeFromPlatformList(tenantId, environment);
const owned = (ownerTenantId: TenantId | null, businessAt: number, clockFrozen = false, realAt = REAL) => ({
  venue: 'hyperliquid',
  network: `sim.${ownerTenantId}`,
  ownerTenantId,
  clockFrozen,
  clockRealAt: realAt,
  clockBusinessAt: businessAt,
});
const network = (ownerTenantId: TenantId | null) => ({ venueName: 'hyperliquid', name: ownerTenantId === null ? 'mainnet' : `sim.${ownerTenantId}` });

describe('test clocks', () => {
  it('touch nothing of live, nothing of another tenant, and no network that nobody owns', () => {
    const clocks = new TestClocks();
    clocks.take([owned(red, REAL + 24 * HOUR, true)]);
    for (const untouched of [scope(red, 'live'), scope(blue, 'live'), scope(blue, 'test')])
      expect([clocks.businessTime(untouched, REAL + 5), clocks.realTime(untouched, REAL + 5)]).toEqual([REAL + 5, REAL + 5]);
    for (const other of [network(null), network(blue)])
      expect([clocks.venueTime(other, REAL + 5), clocks.behind(other, REAL + 5)]).toEqual([REAL + 5, 0]);
  });

  it('tell by how much a world is ahead or behind, and when its moments are by our clock', () => {
    const clocks = new TestClocks();
    clocks.take([owned(red, REAL + HOUR), owned(blue, REAL - HOUR, true)]);
    expect([clocks.behind(network(red), REAL + 7), clocks.behind(network(blue), REAL + 7)]).toEqual([-HOUR, HOUR + 7]);
    expect(clocks.realTime(scope(red, 'test'), REAL + 2 * HOUR)).toBe(REAL + HOUR);
    expect(clocks.realTime(scope(blue, 'test'), REAL)).toBe(Number.POSITIVE_INFINITY);
    expect(clocks.businessTime(scope(blue, 'test'), REAL + 9 * HOUR)).toBe(REAL - HOUR);
  });

  it('name the scopes whose clocks changed, once, with what they were before', () => {
    const clocks = new TestClocks();
    const told = (rows: Parameters<TestClocks['take']>[0]) =>
      clocks.take(rows).map(({ scope: of, before }) => [of.tenantId, of.environment, before?.frozen ?? null]);
    expect(told([])).toEqual([]);
    expect(told([owned(red, REAL), owned(blue, REAL)])).toEqual([
      [red, 'test', null],
      [blue, 'test', null],
    ]);
    expect(told([owned(red, REAL), owned(blue, REAL)])).toEqual([]);
    expect(told([owned(red, REAL), owned(blue, REAL + 5, true, REAL + 5)])).toEqual([[blue, 'test', false]]);
    expect(clocks.isEmpty).toBe(false);
  });
});
