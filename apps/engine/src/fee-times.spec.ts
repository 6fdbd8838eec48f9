import { type EpochMs, makeId } from '@lockstep/kernel';
import { systemTimers } from '@lockstep/platform';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FeeTimes } from './fee-times';

const scopeOf = (number: number) => scopeFromPlatformList(makeId('tenant', number, new Uint8Array(10)), 'test');
const [FIRST, SECOND] = [scopeOf(1), scopeOf(2)];
const NOTICE_MS = 7 * 24 * 3_600_000;

/** A clock that goes with the fake timers, and every application with its moment: the versions in force then. */
function story() {
  let now: EpochMs = 1_000;
  const applied: [EpochMs, string, number[]][] = [];
  const inForce = (versions: readonly { readonly effectiveFrom: EpochMs }[]) =>
    versions.map(({ effectiveFrom }) => effectiveFrom).filter((time) => time <= now);
  const times = new FeeTimes<{ readonly effectiveFrom: EpochMs }>({ now: () => now }, systemTimers, (scope, versions) =>
    applied.push([now, scope.tenantId, inForce(versions)]),
  );
  const pass = (ms: number): void => {
    // In steps, so that the clock and the timers tell the same time.
    for (const end = now + ms; now < end; ) {
      const step = Math.min(1_000, end - now);
      now += step;
      vi.advanceTimersByTime(step);
    }
  };
  return { times, applied, pass, set: (time: EpochMs) => (now = time) };
}

describe('an announced fee schedule', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('comes into force at its time, once, without a command', () => {
    const { times, applied, pass } = story();
    times.start();
    const at = 1_000 + NOTICE_MS;
    times.take(FIRST, [{ effectiveFrom: 0 }, { effectiveFrom: at }]);
    expect(applied.splice(0)).toEqual([[1_000, FIRST.tenantId, [0]]]);
    pass(NOTICE_MS - 1);
    expect(applied).toEqual([]);
    pass(1);
    expect(applied.splice(0)).toEqual([[at, FIRST.tenantId, [0, at]]]);
    pass(NOTICE_MS);
    expect([applied, vi.getTimerCount()]).toEqual([[], 0]);
  });

  it('is met for each scope and each version, whatever the order', () => {
    const { times, applied, pass } = story();
    times.note(FIRST, [{ effectiveFrom: 9_000 }, { effectiveFrom: 4_000 }]);
    times.start();
    times.note(SECOND, [{ effectiveFrom: 6_000 }]);
    pass(10_000);
    expect(applied).toEqual([
      [4_000, FIRST.tenantId, [4_000]],
      [6_000, SECOND.tenantId, [6_000]],
      [9_000, FIRST.tenantId, [9_000, 4_000]],
    ]);
  });

  it('whose time came while the engine was starting is applied at the start', () => {
    const { times, applied, set } = story();
    times.note(FIRST, [{ effectiveFrom: 2_000 }]);
    set(3_000);
    expect(applied).toEqual([]);
    times.start();
    expect(applied).toEqual([[3_000, FIRST.tenantId, [2_000]]]);
  });

  it('is met within a minute when the clock is set forward, and waits for nothing once stopped', () => {
    const { times, applied, set, pass } = story();
    times.start();
    times.take(FIRST, [{ effectiveFrom: NOTICE_MS }]);
    applied.splice(0);
    set(NOTICE_MS);
    pass(60_000);
    expect(applied).toHaveLength(1);
    times.take(FIRST, [{ effectiveFrom: 2 * NOTICE_MS }]);
    times.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});
