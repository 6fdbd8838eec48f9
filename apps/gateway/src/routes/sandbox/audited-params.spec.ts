import { describe, expect, it } from 'vitest';
import { auditedParams } from './audited-params';

const ADDRESS = `0x${'aB'.repeat(20)}`;
const HASH = `0x${'cd'.repeat(32)}`;

describe('what the audit log tells of a task', () => {
  it.each<[string, object, object]>([
    ['an address', { address: ADDRESS, amount: '5' }, { address: '0x…', amount: '5' }],
    ['addresses further in, in lists and in sentences', { params: { of: [ADDRESS, `to ${ADDRESS}!`] } }, { params: { of: ['0x…', 'to 0x…!'] } }],
    ['a hash, numbers, and what is not there', { hash: HASH, no: 1, none: null, on: true }, { hash: HASH, no: 1, none: null, on: true }],
  ])('%s', (_what, params, told) => {
    expect(auditedParams(params)).toEqual(told);
  });
});
