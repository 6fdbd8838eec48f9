import { type PolicyStanding, PROBLEMS } from '@lockstep/delivery';
import { describe, expect, it } from 'vitest';
import { tooMany } from '../http/too-many';
import { faultRefusal, SERVER_ERRORS } from './fault-answers';

const minute: PolicyStanding = { name: 'minute', quota: 600, windowMs: 60_000, remaining: 500, moreAfterMs: 100 };
const burst: PolicyStanding = { name: 'burst', quota: 50, windowMs: 1_000, remaining: 49, moreAfterMs: 20 };
const places: PolicyStanding = { name: 'in-flight', quota: 10, windowMs: null, remaining: 9, moreAfterMs: null };

describe('what a fault answers', () => {
  it('is for too many requests what the gateway’s own 429 says of a caller that used up its shortest window', () => {
    const made = faultRefusal({ kind: 'too_many_requests', httpStatus: null, retryAfterS: 7 }, [minute, burst, places]);
    const usedUp = { ...burst, remaining: 0, moreAfterMs: 7_000 };
    expect(made).toEqual(tooMany({ kind: 'limit', standings: [minute, usedUp, places], violated: ['burst'], waitMs: 7_000 }));
    expect(made).toMatchObject({ code: 'rate_limited', violatedPolicies: ['burst'], headers: { 'Retry-After': '7' } });
    expect(made?.headers?.RateLimit).toContain('"burst";r=0;t=7');
  });

  it.each(Object.entries(SERVER_ERRORS))('is for the status %s the problem %s', (status, code) => {
    const made = faultRefusal({ kind: 'server_error', httpStatus: Number(status), retryAfterS: status === '503' ? 4 : null }, []);
    expect(PROBLEMS[code].status).toBe(Number(status));
    expect(made).toEqual(status === '503' ? { code, headers: { 'Retry-After': '4' } } : { code });
  });

  it.each(['slow', 'dropped_request', 'dropped_answer', 'stream_dropped', 'event_repeated'] as const)('is nothing for %s', (kind) => {
    expect(faultRefusal({ kind, httpStatus: null, retryAfterS: null }, [minute])).toBeNull();
  });
});
