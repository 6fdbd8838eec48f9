import { describe, expect, it } from 'vitest';
import { TargetBounds } from './target';

describe('the highest target of a copy that asks its follower', () => {
  const lowered = (): TargetBounds => {
    const target = new TargetBounds();
    target.side = 1n;
    target.high = 300n;
    // A limit took it down to what was held then.
    target.giveUp(1_000, 120n);
    return target;
  };

  it.each<[string, 1n | -1n, bigint, bigint]>([
    ['is what was approved beside what is held', 1n, 250n, 250n],
    ['is no lower for an approval of less', 1n, 100n, 120n],
    ['is none of the other side', -1n, 250n, 120n],
  ])('%s', (_what, side, most, high) => {
    const target = lowered();
    target.raise(2_000, side, most);
    expect([target.high, target.highSince(1_500, 1n), target.highSince(2_500, 1n)]).toEqual([high, high, high]);
  });

  it('stays where the copy waits for the next open', () => {
    const target = lowered();
    target.wait(1_500, 120n);
    target.raise(2_000, 1n, 250n);
    expect(target.high).toBe(120n);
  });
});
