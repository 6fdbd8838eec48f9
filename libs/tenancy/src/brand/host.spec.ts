import { makeId } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { mayUseAt } from './host';

const own = makeId('tenant', 1, new Uint8Array(10));
const other = makeId('tenant', 2, new Uint8Array(10));

describe('a test key', () => {
  it.each([
    ['where no brand is at home', null, true],
    ['at its brand’s host for both environments', { tenantId: own, environment: null }, true],
    ['at its brand’s host for test', { tenantId: own, environment: 'test' as const }, true],
    ['at its brand’s host for live', { tenantId: own, environment: 'live' as const }, false],
    ['at another brand’s host', { tenantId: other, environment: null }, false],
    ['at another brand’s host for test', { tenantId: other, environment: 'test' as const }, false],
  ])('%s', (_where, host, expected) => {
    expect(mayUseAt({ tenantId: own, environment: 'test' }, host)).toBe(expected);
  });
});
