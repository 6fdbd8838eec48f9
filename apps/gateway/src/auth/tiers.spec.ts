import { DEFAULT_TIER, fallbackTier, SHIPPED_TIERS } from '@lockstep/tenancy';
import { describe, expect, it } from 'vitest';
import { limitsBody, readTier, tierLimitsSchema } from './tiers';

const standard = limitsBody(fallbackTier(DEFAULT_TIER));
const [first] = standard.requests;
const policy = (over: object) => ({ requests: [{ ...first, ...over }] });

describe('a tier’s limits', () => {
  it.each(SHIPPED_TIERS.map((tier) => [tier.name, tier] as const))('%s is read back as it was written', (name, tier) => {
    expect(readTier(name, JSON.stringify(limitsBody(tier)))).toEqual({ tier, fault: null });
  });

  it.each([
    ['a tier nobody knows', null, 'no such tier'],
    ['no JSON', '{', 'expected object'],
    ['an empty row', '{}', 'requests'],
    ['a member we do not know', JSON.stringify({ ...standard, burst: 3 }), 'burst'],
    ['a window that is too long', JSON.stringify({ ...standard, ...policy({ window_ms: 86_401_000 }) }), 'requests.0.window_ms'],
  ])('%s fails safe: the smallest tier’s limits count, and what is wrong is told', (_what, text, fault) => {
    const read = readTier('partner', text);
    expect(read.tier).toEqual(fallbackTier('partner'));
    expect(read.fault).toContain(fault);
  });

  it.each([
    ['no policy', { requests: [] }, 'at least one policy'],
    ['eleven policies', { requests: Array.from({ length: 11 }, (_, no) => ({ ...first, name: `p${no}` })) }, 'at most 10 policies'],
    ['a name twice', { requests: [first, first] }, 'a policy’s name stands once'],
    ['a class without a limit', policy({ classes: ['reads', 'writes'] }), 'no policy counts orders, exports'],
    ['a class of ours', policy({ classes: ['reads', 'kill_switches'] }), 'Invalid option'],
    ['a class twice', policy({ classes: ['reads', 'reads'] }), 'a class stands once'],
    ['a policy that counts nothing', policy({ classes: [] }), 'a policy counts at least one class'],
    ['a name that is taken', policy({ name: 'concurrency' }), 'not one of'],
    ['a name for a header to break on', policy({ name: 'a"b' }), 'a name of 1 to 32'],
    ['a quota of 0', policy({ quota: 0 }), 'quota: a whole number from 1 to 1,000,000'],
    ['half a request', policy({ quota: 0.5 }), 'quota: a whole number'],
    ['part of a second', policy({ window_ms: 1_500 }), 'whole seconds'],
    ['a window under a second', policy({ window_ms: 0 }), 'window_ms: a whole number from 1,000 to 86,400,000'],
    ['nothing in flight', { concurrency: 0 }, 'concurrency: a whole number from 1 to 10,000'],
    ['no key', { quotas: { ...standard.quotas, api_keys: 0 } }, 'api_keys: a whole number from 1 to 1,000'],
    ['a negative quota', { quotas: { ...standard.quotas, leaders: -1 } }, 'leaders: a whole number from 0 to 100,000'],
    ['too many exports', { quotas: { ...standard.quotas, export_jobs: 1_001 } }, 'export_jobs: a whole number'],
  ])('with %s are refused with what is expected', (_what, over, message) => {
    const parsed = tierLimitsSchema.safeParse({ ...standard, ...over });
    expect(parsed.success).toBe(false);
    expect(parsed.error?.issues.map((issue) => issue.message).join('; ')).toContain(message);
  });

  it('of zero leaders, followers, copies, streams or exports are a plan without them', () => {
    const quotas = { api_keys: 1, stream_connections: 0, leaders: 0, followers: 0, active_copies: 0, export_jobs: 0 };
    expect(tierLimitsSchema.safeParse({ ...standard, quotas }).success).toBe(true);
  });
});
