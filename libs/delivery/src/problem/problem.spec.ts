import { describe, expect, it } from 'vitest';
import { PROBLEM_CODES, PROBLEMS, problemType } from './codes';
import { problem, problemSchema } from './problem';
import { rateLimitHeaders, retryAfter } from './rate-limit-headers';

describe('problems', () => {
  it.each(PROBLEM_CODES)('%s is a valid body with the table’s status', (code) => {
    const body = problem(code, { requestId: 'req_1', docsBase: 'https://docs.example' });
    expect(problemSchema.parse(body)).toEqual(body);
    expect(body).toMatchObject({ code, status: PROBLEMS[code].status, retryable: PROBLEMS[code].retryable, request_id: 'req_1' });
  });

  it('has a type per code: a page of ours, or the registered one', () => {
    expect(problemType('not_found', '')).toBe('/problems/not-found');
    expect(problemType('rate_limited', 'https://docs.example')).toBe('https://iana.org/assignments/http-problem-types#quota-exceeded');
    expect(new Set(PROBLEM_CODES.map((code) => problemType(code, ''))).size).toBe(PROBLEM_CODES.length);
  });

  it('carries field errors and violated policies only when given', () => {
    const plain = problem('invalid_request', { requestId: 'r' });
    expect('errors' in plain || 'violated-policies' in plain || 'detail' in plain).toBe(false);
    const errors = [{ pointer: '/name', code: 'too_long', detail: 'at most 80 characters' }];
    expect(problem('rate_limited', { requestId: 'r', errors, violatedPolicies: ['minute'] })).toMatchObject({
      errors,
      'violated-policies': ['minute'],
    });
  });
});

describe('rate limit headers', () => {
  it('are structured lists with whole seconds, never zero', () => {
    const standing = { name: 'minute', quota: 600, windowMs: 60_000, remaining: 599, moreAfterMs: 100 };
    expect(rateLimitHeaders([standing, { ...standing, name: 'burst', quota: 50, windowMs: 1_000, remaining: 0, moreAfterMs: 1_200 }])).toEqual({
      'RateLimit-Policy': '"minute";q=600;w=60, "burst";q=50;w=1',
      RateLimit: '"minute";r=599;t=1;a=599;w=1, "burst";r=0;t=2;a=0;w=2',
    });
  });

  it('Retry-After is never before the quota comes back', () => {
    expect(retryAfter(1, 0)).toBe('1');
    expect(retryAfter(2_001, 0)).toBe('3');
    expect(Number(retryAfter(10_000, 1))).toBe(11);
  });
});
