import { makeId, unwrap } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { reproveKey, type VerifiedKey } from '../verify-key';
import { faultScopeOf, standingOf } from './fault';

const NOW = 1_000;
const tenantId = makeId('tenant', 1, new Uint8Array(10));

const keyOf = (environment: 'live' | 'test', faultsUntilMs: number | null): VerifiedKey =>
  unwrap(
    reproveKey(
      {
        kid: 'k',
        keyId: makeId('apiKey', 1, new Uint8Array(10)),
        tenantId,
        environment,
        digest: new Uint8Array(32),
        scopes: [],
        narrowing: null,
        allowedAddresses: [],
        signed: 'nothing',
        sealedSigningSecret: null,
        status: 'active',
        expiresAtMs: null,
        tenantStatus: 'active',
        tier: 'starter',
        apiVersion: '2026-11-01',
        tierLimits: null,
        faultsUntilMs,
      },
      NOW,
    ),
    'the key is good',
  );

describe('the scope whose faults may strike', () => {
  it.each([
    ['a test key whose scope has some', 'test', NOW + 1, true],
    ['a test key whose scope had some', 'test', NOW, false],
    ['a test key whose scope has none', 'test', null, false],
    ['a live key', 'live', null, false],
    ['a live key of which somebody wrote that it has some', 'live', NOW + 1_000_000, false],
  ] as const)('of %s', (_what, environment, until, expected) => {
    expect(faultScopeOf(keyOf(environment, until), NOW)).toEqual(expected ? { tenantId, environment: 'test' } : null);
  });
});

describe('how a fault stands', () => {
  it.each([
    [{ times: null, struck: 99, endsAt: NOW + 1 }, 'in_force'],
    [{ times: 3, struck: 2, endsAt: NOW + 1 }, 'in_force'],
    [{ times: 3, struck: 3, endsAt: NOW + 1 }, 'used_up'],
    [{ times: 3, struck: 2, endsAt: NOW }, 'expired'],
    [{ times: 3, struck: 3, endsAt: NOW }, 'used_up'],
  ] as const)('%j is %s', (fault, standing) => {
    expect(standingOf(fault, NOW)).toBe(standing);
  });
});
