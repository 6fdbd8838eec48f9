import { describe, expect, it } from 'vitest';
import { API_SCOPES, allows, mayGrant, missingScopes, parseScopes } from './api-scopes';
import { checkQuota, DEFAULT_TIER, findTier, QUOTA_NAMES, TIERS } from './tiers';

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
  it('every tier limits everything, every rate is positive and the default exists', () => {
    expect(findTier(DEFAULT_TIER)).toBeDefined();
    expect(findTier('free')).toBeUndefined();
    for (const tier of TIERS) {
      for (const quota of QUOTA_NAMES) expect(tier.quotas[quota]).toBeGreaterThan(0);
      for (const policy of tier.requests) expect(policy.quota * policy.windowMs).toBeGreaterThan(0);
    }
  });

  it('a quota admits up to its limit and names what is exceeded', () => {
    const starter = TIERS[0];
    if (starter === undefined) throw new Error('no tier');
    expect(checkQuota(starter, 'leaders', 19)).toEqual({ ok: true, value: 0 });
    expect(checkQuota(starter, 'leaders', 20)).toEqual({ ok: false, error: { code: 'quota_exceeded', quota: 'leaders', limit: 20, used: 20 } });
    expect(checkQuota(starter, 'leaders', 18, 3).ok).toBe(false);
  });
});
