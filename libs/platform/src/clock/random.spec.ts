import { describe, expect, it } from 'vitest';
import { systemRandom } from './random';

describe('random bytes', () => {
  it('are of the length asked for, and never the same again', () => {
    const seen = new Set<string>();
    // Beyond several pools, in lengths that do not divide one.
    for (let no = 0; no < 3_000; no += 1) {
      const bytes = systemRandom.bytes(8 + (no % 9));
      expect(bytes).toHaveLength(8 + (no % 9));
      seen.add(Buffer.from(bytes).toString('hex'));
    }
    expect(seen.size).toBe(3_000);
    for (const length of [0, 1, 16, 17, 32, 5_000]) expect(systemRandom.bytes(length)).toHaveLength(length);
  });

  it('are their holder’s alone: what becomes of them changes none that come later', () => {
    const first = systemRandom.bytes(16);
    const kept = Buffer.from(first).toString('hex');
    first.fill(0);
    for (let no = 0; no < 1_000; no += 1) expect(Buffer.from(systemRandom.bytes(16)).toString('hex')).not.toBe(kept);
    expect(new Set(Array.from({ length: 4_000 }, () => systemRandom.bytes(1)[0])).size).toBe(256);
  });
});
