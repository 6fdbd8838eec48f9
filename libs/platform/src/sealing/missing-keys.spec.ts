import { describe, expect, it } from 'vitest';
import { describeMissing, missingKeys } from './missing-keys';

describe('keys that are missing', () => {
  const counts = [
    { keyId: 'held', inUse: 3 },
    { keyId: 'gone', inUse: 2 },
    { keyId: 'lost', inUse: 1 },
    { keyId: 'past', inUse: 0 },
  ];

  it('are those that accounts in use need, unless they were declared lost', () => {
    expect(missingKeys(counts, ['held', 'newest'], ['lost'])).toEqual([{ keyId: 'gone', inUse: 2 }]);
    expect(missingKeys(counts, ['held', 'gone', 'lost'], [])).toEqual([]);
  });

  it('are named with what to do, and no key is', () => {
    const text = describeMissing([{ keyId: 'gone', inUse: 2 }], ['held']);
    for (const part of ['gone: seals 2 agent keys in use', 'Held: held.', 'LOCKSTEP_SEALING_PRIVATE_KEYS', 'LOCKSTEP_SEALING_LOST_KEYS'])
      expect(text).toContain(part);
    expect(text).not.toContain('lss_');
  });
});
