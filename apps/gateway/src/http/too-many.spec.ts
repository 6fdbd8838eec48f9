import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { PROBLEMS } from '@lockstep/delivery';
import { describe, expect, it } from 'vitest';
import { kindOfTooMany, tooMany } from './too-many';

const ROOT = join(__dirname, '..');
const sources = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('spec.ts'))
  .map((name) => join(ROOT, name));

describe('a 429', () => {
  it('is made in one place: no other file of the gateway names its codes', () => {
    const codes = Object.entries(PROBLEMS).flatMap(([code, { status }]) => (status === 429 ? [code] : []));
    expect(codes.sort()).toEqual(['quota_exceeded', 'rate_limited']);
    const naming = sources.filter((path) => codes.some((code) => readFileSync(path, 'utf8').includes(`'${code}'`)));
    expect(naming.map((path) => relative(ROOT, path))).toEqual(['http/too-many.ts']);
  });

  it('of a limit names what stands, what is violated and when to come back, not before more is there', () => {
    const standings = [
      { name: 'minute', quota: 600, windowMs: 60_000, remaining: 12, moreAfterMs: 100 },
      { name: 'orders', quota: 10, windowMs: 60_000, remaining: 0, moreAfterMs: 5_200 },
      { name: 'concurrency', quota: 25, windowMs: null, remaining: 3, moreAfterMs: null },
    ];
    expect(tooMany({ kind: 'limit', standings, violated: ['orders'], waitMs: 5_200 }, 0)).toEqual({
      code: 'rate_limited',
      violatedPolicies: ['orders'],
      headers: {
        'RateLimit-Policy': '"minute";q=600;w=60, "orders";q=10;w=60, "concurrency";q=25;qu="concurrent-requests"',
        RateLimit: '"minute";r=12;t=1;a=12;w=1, "orders";r=0;t=6;a=0;w=6, "concurrency";r=3;a=3',
        'Retry-After': '6',
      },
    });
    expect(tooMany({ kind: 'limit', standings, violated: ['orders'], waitMs: 60_000 }, 1).headers?.['Retry-After']).toBe('66');
  });

  it('of a quota names it and no time: waiting does not cure it', () => {
    const refusal = tooMany({ kind: 'quota', quota: 'leaders', detail: 'full' });
    expect(refusal).toEqual({ code: 'quota_exceeded', violatedPolicies: ['leaders'], detail: 'full' });
    expect(PROBLEMS.quota_exceeded.retryable).toBe(false);
  });

  it.each([
    ['rate', tooMany({ kind: 'limit', standings: [], violated: ['minute'], waitMs: 1 })],
    ['concurrency', tooMany({ kind: 'limit', standings: [], violated: ['minute', 'concurrency'], waitMs: 1 })],
    ['quota', tooMany({ kind: 'quota', quota: 'leaders', detail: 'full' })],
    ['credentials', tooMany({ kind: 'credentials', waitMs: 1 })],
    [null, { code: 'not_found' } as const],
  ])('is told from others as %s', (kind, refusal) => expect(kindOfTooMany(refusal)).toBe(kind));

  it('of failed credentials says when to come back and nothing else', () => {
    expect(tooMany({ kind: 'credentials', waitMs: 3_000 })).toEqual({ code: 'rate_limited', headers: { 'Retry-After': '3' } });
  });
});
