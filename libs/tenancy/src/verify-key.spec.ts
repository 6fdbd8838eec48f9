import { makeId, unwrap } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { formatApiKey, parseApiKey } from './api-key';
import { isLive, scopeFromPlatformList, scopeFromVerifiedKey, scopeKey } from './tenant-scope';
import { type KeyDigest, type KeyRecord, readsOnly, verifyKey } from './verify-key';

/** A toy digest: enough to see that equality decides; it counts how often it ran. */
class CountingDigest implements KeyDigest {
  readonly pepper = 'newest';
  runs = 0;
  digest(key: string): Uint8Array {
    this.runs += 1;
    return Uint8Array.from(key.slice(-32), (character) => character.charCodeAt(0));
  }
  digests(key: string): readonly Uint8Array[] {
    const newest = this.digest(key);
    return [newest, newest.map((byte) => byte ^ 1)];
  }
  equal(a: Uint8Array, b: Uint8Array): boolean {
    return a.length === b.length && a.every((byte, index) => byte === b[index]);
  }
}

const NOW = 1_800_000_000_000;
const zeros = new Uint8Array(10);
const tenantId = makeId('tenant', 1, zeros);
const digest = new CountingDigest();
const presented = unwrap(parseApiKey(formatApiKey('tenant', 'live', 'kid0000001', 'S'.repeat(30))), 'key');
const other = unwrap(parseApiKey(formatApiKey('tenant', 'live', 'kid0000001', 'T'.repeat(30))), 'key');
const record: KeyRecord = {
  faultsUntilMs: null,
  kid: 'kid0000001',
  keyId: makeId('apiKey', 1, zeros),
  tenantId,
  environment: 'live',
  digest: digest.digest(presented.key),
  scopes: ['copies:read'],
  narrowing: null,
  allowedAddresses: [],
  signed: 'nothing',
  sealedSigningSecret: null,
  status: 'active',
  expiresAtMs: null,
  tenantStatus: 'active',
  apiVersion: '2026-11-01',
  tier: 'starter',
  tierLimits: null,
};

describe('verifyKey', () => {
  it('a good key opens its record and fixes the scope', () => {
    const verified = unwrap(verifyKey(presented, record, digest, NOW), 'key');
    const scope = scopeFromVerifiedKey(verified);
    expect(scope).toEqual({ tenantId, environment: 'live' });
    expect(scopeKey(scope)).toBe(`${tenantId}|live`);
    expect(isLive(scope)).toBe(true);
    expect(isLive(scopeFromPlatformList(tenantId, 'test'))).toBe(false);
  });

  it.each([
    ['no record', undefined, 'unknown_key'],
    ['another key of the same kid', { ...record, digest: digest.digest(other.key) }, 'unknown_key'],
    ['a record of another kid', { ...record, kid: 'kid0000002' }, 'unknown_key'],
    ['another environment', { ...record, environment: 'test' as const }, 'wrong_environment'],
    ['a revoked key', { ...record, status: 'revoked' as const }, 'revoked'],
    ['a key that expires now', { ...record, expiresAtMs: NOW }, 'expired'],
    ['a closed tenant', { ...record, tenantStatus: 'closed' as const }, 'tenant_closed'],
    ['a suspended tenant', { ...record, tenantStatus: 'suspended' as const }, 'tenant_suspended'],
    ['a revoked key with a wrong secret', { ...record, status: 'revoked' as const, digest: digest.digest(other.key) }, 'unknown_key'],
  ])('%s is refused', (_name, found, refusal) => {
    expect(verifyKey(presented, found, digest, NOW)).toEqual({ ok: false, error: refusal });
  });

  it('a key whose tenant is being offboarded is good, and reads only', () => {
    const found = { ...record, tenantStatus: 'offboarding' as const };
    expect(verifyKey(presented, found, digest, NOW).ok).toBe(true);
    expect([readsOnly(found), readsOnly(record)]).toEqual([true, false]);
  });

  it('a key is good until the moment it expires', () => {
    expect(verifyKey(presented, { ...record, expiresAtMs: NOW + 1 }, digest, NOW).ok).toBe(true);
  });

  it('is proved under any pepper that is held, and under no other', () => {
    const [newest = new Uint8Array(), older = new Uint8Array()] = digest.digests(presented.key);
    for (const kept of [newest, older]) expect(verifyKey(presented, { ...record, digest: kept }, digest, NOW).ok).toBe(true);
    const strange = newest.map((byte) => byte ^ 2);
    expect(verifyKey(presented, { ...record, digest: strange }, digest, NOW)).toEqual({ ok: false, error: 'unknown_key' });
  });

  it('an unknown kid costs one digest too', () => {
    const before = digest.runs;
    verifyKey(presented, undefined, digest, NOW);
    expect(digest.runs).toBe(before + 1);
  });
});
