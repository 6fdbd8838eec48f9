import type { Environment, TenantId } from '@lockstep/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scopeFromPlatformList } from './tenant-scope';
import { advancedTo, businessTime, frozenAt, realTimeOf, resumedAt, type TestClock, testClock, testScopeOf } from './test-clock';

const START = 1_800_000_000_000;
const DAY = 86_400_000;

function scopeIn(environment: Environment) {
  return testScopeOf(scopeFromPlatformList('ten_0' as TenantId, environment));
}
function clockAt(realAt: number, businessAt = realAt, frozen = false): TestClock {
  const scope = scopeIn('test');
  if (scope === null) throw new Error('a test scope may have a clock');
  return testClock(scope, { frozen, realAt, businessAt });
}

describe('the test clock', () => {
  it('cannot be made of a live scope', () => {
    expect(scopeIn('live')).toBeNull();
  });

  it.each<[string, (clock: TestClock) => TestClock, number]>([
    ['runs with real time', (clock) => clock, DAY],
    ['stands while it is frozen', (clock) => frozenAt(clock, START + 1_000), 1_000],
    ['goes on from where it stood', (clock) => resumedAt(frozenAt(clock, START + 1_000), START + DAY), 1_000],
    ['is ahead by what it was advanced', (clock) => advancedTo(clock, START + 1_000, START + DAY), DAY + DAY - 1_000],
    ['is advanced while it is frozen', (clock) => advancedTo(frozenAt(clock, START), START + 5, START + DAY), DAY],
    ['is not set back by an advance to what is past', (clock) => advancedTo(clock, START + 1_000, START), DAY],
    ['takes the time of its world where that is later', (clock) => frozenAt(clock, START, START + 100), 100],
  ])('%s', (_what, change, shown) => {
    expect(businessTime(change(clockAt(START)), START + DAY) - START).toBe(shown);
  });

  it('is real time where there is none', () => {
    expect([businessTime(null, START), realTimeOf(null, START)]).toEqual([START, START]);
  });

  const act = fc.record({ kind: fc.constantFrom('freeze', 'resume', 'advance', 'wait'), by: fc.integer({ min: 0, max: 3 * DAY }) });

  it('never goes back, whatever is done to it in whatever order', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        let real = START;
        let clock = clockAt(START);
        let last = businessTime(clock, real);
        for (const { kind, by } of acts) {
          if (kind === 'wait') real += by;
          else if (kind === 'freeze') clock = frozenAt(clock, real);
          else if (kind === 'resume') clock = resumedAt(clock, real);
          else clock = advancedTo(clock, real, last + by);
          const now = businessTime(clock, real);
          expect(now).toBeGreaterThanOrEqual(kind === 'advance' ? last + by : last);
          if (clock.frozen && kind !== 'advance') expect(now).toBe(last);
          last = now;
        }
      }),
    );
  });

  it('shows no less than it was set to when the real clock is set back, and runs through no time twice', () => {
    const set = advancedTo(clockAt(START), START, START + DAY);
    const back = START - 60_000;
    expect(businessTime(set, back)).toBe(START + DAY);
    const resumed = resumedAt(frozenAt(set, back), back);
    expect([businessTime(resumed, back), businessTime(resumed, START), businessTime(resumed, START + 5)]).toEqual([
      START + DAY,
      START + DAY,
      START + DAY + 5,
    ]);
  });

  it('tells by real clocks what it tells itself: a moment has come by the one when it has come by the other', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), fc.integer({ min: -DAY, max: 30 * DAY }), (acts, offset) => {
        let real = START;
        let clock = clockAt(START);
        for (const { kind, by } of acts) {
          if (kind === 'wait') real += by;
          else if (kind === 'freeze') clock = frozenAt(clock, real);
          else if (kind === 'resume') clock = resumedAt(clock, real);
          else if (kind === 'advance') clock = advancedTo(clock, real, businessTime(clock, real) + by);
        }
        const moment = START + offset;
        expect(real >= realTimeOf(clock, moment)).toBe(businessTime(clock, real) >= moment);
      }),
    );
  });
});
