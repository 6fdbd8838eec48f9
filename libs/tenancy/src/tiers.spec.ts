import { describe, expect, it } from 'vitest';
import { API_SCOPES, allows, mayGrant, missingScopes, parseScopes } from './api-scopes';
import { classOfMethod, FLOOR_CLASSES } from './route-classes';
import {
  checkQuota,
  DEFAULT_TIER,
  FALLBACK_SHARES,
  fallbackTier,
  policiesFor,
  QUOTA_NAMES,
  RESERVED_POLICY_NAMES,
  SHIPPED_TIERS,
  sharedOut,
  TIER_BOUNDS,
  takesPlace,
  uncounted,
} from './tiers';

describe('scopes', () => {
  it.each([
    [['copies:read', 'copies:write'], ['copies:write'], true],
    [['copies:write'], ['copies:read'], false],
    [['copies:read'], [], true],
    [[], ['orders:read'], false],
  ] as const)('%j allows %j: %s', (held, needed, expected) => {
    expect(allows(held, needed)).toBe(expected);
    expect(missingScopes(held, needed)).toEqual(expected ? [] : needed);
  });

  it('a list is read in catalogue order without repeats; wildcards and nothing are refused', () => {
    expect(parseScopes(['orders:read', 'copies:read', 'orders:read'])).toEqual({ ok: true, value: ['copies:read', 'orders:read'] });
    expect(parseScopes(['*'])).toEqual({ ok: false, error: { code: 'unknown_scope', scope: '*' } });
    expect(parseScopes(['copies:*'])).toEqual({ ok: false, error: { code: 'unknown_scope', scope: 'copies:*' } });
    expect(parseScopes([])).toEqual({ ok: false, error: { code: 'no_scopes' } });
  });

  it('nobody grants what they do not hold', () => {
    expect(mayGrant(['keys:write', 'copies:read'], ['copies:read'])).toBe(true);
    expect(mayGrant(['keys:write', 'copies:read'], ['copies:write'])).toBe(false);
    expect(mayGrant(API_SCOPES, API_SCOPES)).toBe(true);
  });
});

describe('tiers', () => {
  it.each(SHIPPED_TIERS.map((tier) => [tier.name, tier] as const))(
    '%s, as it ships, is inside the bounds and leaves nothing without a limit',
    (_name, tier) => {
      const { policies, quota, windowMs, concurrency, quotas } = TIER_BOUNDS;
      const inside = (value: number, { min, max }: { readonly min: number; readonly max: number }) =>
        value >= min && value <= max && Number.isInteger(value);
      expect(inside(tier.requests.length, policies)).toBe(true);
      expect(new Set(tier.requests.map((policy) => policy.name)).size).toBe(tier.requests.length);
      for (const policy of tier.requests)
        expect([policy.name, inside(policy.quota, quota), inside(policy.windowMs, windowMs)]).toEqual([policy.name, true, true]);
      expect(inside(tier.concurrency, concurrency)).toBe(true);
      for (const name of QUOTA_NAMES) expect([name, inside(tier.quotas[name], quotas[name])]).toEqual([name, true]);
      expect(uncounted(tier.requests)).toEqual([]);
      expect(tier.requests.filter((policy) => RESERVED_POLICY_NAMES.includes(policy.name))).toEqual([]);
    },
  );

  it('a tier nobody knows has the default’s limits under its own name', () => {
    const starter = SHIPPED_TIERS.find((tier) => tier.name === DEFAULT_TIER);
    expect(fallbackTier('free')).toEqual({ ...starter, name: 'free' });
  });

  it.each([
    ['reads', ['minute', 'burst', 'tenant'], true],
    ['writes', ['minute', 'burst', 'tenant', 'writes'], true],
    ['orders', ['minute', 'burst', 'tenant', 'orders'], true],
    ['exports', ['minute', 'burst', 'tenant', 'exports'], true],
    ['stops', ['stops'], false],
    ['kill_switches', ['kill-switches'], false],
  ] as const)('%s are counted by %j alone; in flight: %s', (routeClass, names, inFlight) => {
    expect(policiesFor(fallbackTier('any'), routeClass).map((policy) => policy.name)).toEqual(names);
    expect(takesPlace(routeClass)).toBe(inFlight);
  });

  it('what stops risk has the same bounds in every tier, and none of it is cut while the shared count is away', () => {
    for (const routeClass of FLOOR_CLASSES) {
      for (const tier of SHIPPED_TIERS) expect(policiesFor(tier, routeClass)).toEqual(policiesFor(fallbackTier('any'), routeClass));
      expect(FALLBACK_SHARES[routeClass]).toBe(1);
    }
  });

  it('a class that no policy counts is found', () => {
    expect(uncounted([{ classes: ['reads', 'writes'] }, { classes: ['exports'] }])).toEqual(['orders']);
  });

  it('a share is whole and never nothing', () => {
    expect([sharedOut(50, 0.5), sharedOut(5, 0.5), sharedOut(1, 0.25), sharedOut(120, 1)]).toEqual([25, 2, 1, 120]);
  });

  it('a quota admits up to its limit and names what is exceeded', () => {
    const starter = fallbackTier(DEFAULT_TIER);
    expect(checkQuota(starter, 'leaders', 19)).toEqual({ ok: true, value: 0 });
    expect(checkQuota(starter, 'leaders', 20)).toEqual({ ok: false, error: { code: 'quota_exceeded', quota: 'leaders', limit: 20, used: 20 } });
    expect(checkQuota(starter, 'leaders', 18, 3).ok).toBe(false);
  });

  it.each([
    ['GET', 'reads'],
    ['HEAD', 'reads'],
    ['POST', 'writes'],
    ['PATCH', 'writes'],
    ['DELETE', 'writes'],
  ])('%s alone makes a request one of %s', (method, routeClass) => {
    expect(classOfMethod(method)).toBe(routeClass);
  });
});
