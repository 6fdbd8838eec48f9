import type { TenantId } from '@lockstep/kernel';
import { reproveKey, type VerifiedKey } from '@lockstep/tenancy';
import { describe, expect, it } from 'vitest';
import { hmacDigest } from './key-digest';
import { StandingRefusals } from './standing-refusals';

function proved(): VerifiedKey {
  const record = {
    kid: 'k',
    keyId: `key_${'0'.repeat(26)}` as VerifiedKey['keyId'],
    tenantId: `ten_${'0'.repeat(26)}` as TenantId,
    environment: 'test' as const,
    digest: new Uint8Array(32),
    scopes: [],
    status: 'active' as const,
    expiresAtMs: null,
    tenantStatus: 'active' as const,
    tier: 'starter',
    tierLimits: null,
    faultsUntilMs: null,
    narrowing: null,
    allowedAddresses: [],
    signed: 'nothing' as const,
    sealedSigningSecret: null,
    apiVersion: '2026-11-01',
  };
  const key = reproveKey(record, 0);
  if (!key.ok) throw new Error(key.error);
  return key.value;
}

function open() {
  let now = 1_000;
  const refusals = new StandingRefusals({ now: () => now, monotonic: () => now }, hmacDigest([new Uint8Array(32)]));
  const refuse = (waitMs: number): void =>
    refusals.remember('Bearer a', 'reads', proved(), {
      standings: [
        { name: 'minute', quota: 600, windowMs: 60_000, remaining: 9, moreAfterMs: 100 },
        { name: 'burst', quota: 50, windowMs: 1_000, remaining: 0, moreAfterMs: waitMs },
      ],
      violated: ['burst'],
      waitMs,
    });
  const found = (authorization = 'Bearer a', routeClass: 'reads' | 'writes' = 'reads') => refusals.find(authorization, routeClass, () => 0);
  return {
    refuse,
    found,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe('a refusal that stands', () => {
  it('meets the same credentials and class until its wait is over, and nobody else', () => {
    const { refuse, found, pass } = open();
    expect(found()).toBeNull();
    refuse(20);
    expect(found()?.key.kid).toBe('k');
    expect([found('Bearer b'), found('Bearer a', 'writes')]).toEqual([null, null]);
    pass(19);
    expect(found()).not.toBeNull();
    pass(1);
    expect(found()).toBeNull();
  });

  it('is asked for again after a tenth of a second, however long the wait', () => {
    const { refuse, found, pass } = open();
    refuse(60_000);
    pass(99);
    expect(found()).not.toBeNull();
    pass(1);
    expect(found()).toBeNull();
  });

  it('says the same as the first, with the wait that is left', () => {
    const { refuse, found, pass } = open();
    refuse(5_050);
    expect(found()?.problem.options.headers).toMatchObject({ 'Retry-After': '6', RateLimit: '"minute";r=9;t=1;a=9;w=1, "burst";r=0;t=6;a=0;w=6' });
    pass(60);
    expect(found()?.problem.options).toMatchObject({
      violatedPolicies: ['burst'],
      headers: { 'Retry-After': '5', RateLimit: '"minute";r=9;t=1;a=9;w=1, "burst";r=0;t=5;a=0;w=5' },
    });
  });
});
