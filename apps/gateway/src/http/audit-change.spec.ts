import { describe, expect, it } from 'vitest';
import { changedFields, NO_CHANGE } from './audit-change';

describe('changed fields', () => {
  it('are those whose JSON differs, on both sides; one that was or is not there is null', () => {
    expect(changedFields({ a: 1, b: { c: [1] }, gone: 'x' }, { a: 1, b: { c: [2] }, fresh: true })).toEqual({
      before: { b: { c: [1] }, gone: 'x', fresh: null },
      after: { b: { c: [2] }, gone: null, fresh: true },
    });
  });

  it('are none where nothing differs, and an absent member is no member', () => {
    expect(changedFields({ a: 1, b: undefined }, { a: 1 })).toBe(NO_CHANGE);
  });
});
