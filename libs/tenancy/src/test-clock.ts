import type { Branded, EpochMs, TenantScope } from '@lockstep/kernel';

/** The scope of a test environment: the only kind that can have a test clock. */
export type TestScope = Branded<TenantScope & { readonly environment: 'test' }, 'TestScope'>;

/** The scope as one that may have a test clock; null for a live one, which can have none. */
export const testScopeOf = (scope: TenantScope): TestScope | null => (scope.environment === 'test' ? (scope as TestScope) : null);

/** What is written of a test clock: at the real moment `realAt` it showed `businessAt`. */
export interface ClockFace {
  readonly frozen: boolean;
  readonly realAt: EpochMs;
  readonly businessAt: EpochMs;
}

/** The clock of a tenant's test environment: its business time is the time of its own world of the simulated venue. Made by {@link testClock} alone, hence never of a live scope. */
export type TestClock = Branded<ClockFace, 'TestClock'>;

/** The clock of a test environment, by what is written of it. */
export const testClock = (_scope: TestScope, { frozen, realAt, businessAt }: ClockFace): TestClock => face(frozen, realAt, businessAt);

/** Real time becomes business time; without a clock they are the same. It never goes back, whatever real time does. */
export function businessTime(clock: TestClock | null, real: EpochMs): EpochMs {
  if (clock === null) return real;
  return clock.frozen ? clock.businessAt : clock.businessAt + Math.max(0, real - clock.realAt);
}

/**
 * The real moment at which business time is `business`: what real clocks compare with. Infinite where a frozen clock will not come to it by itself; a moment
 * that is past by the clock is past by the real one too.
 */
export function realTimeOf(clock: TestClock | null, business: EpochMs): EpochMs {
  if (clock === null) return business;
  if (!clock.frozen) return clock.realAt + business - clock.businessAt;
  return business <= clock.businessAt ? clock.realAt : Number.POSITIVE_INFINITY;
}

/** The clock stands still from `real` on, at what it shows then or at what its world shows, whichever is later. */
export const frozenAt = (clock: TestClock, real: EpochMs, world = Number.NEGATIVE_INFINITY): TestClock => reset(clock, true, real, world);

/** The clock runs from `real` on. */
export const resumedAt = (clock: TestClock, real: EpochMs, world = Number.NEGATIVE_INFINITY): TestClock => reset(clock, false, real, world);

/** The clock shows at least `to` at `real`: it was advanced. One that shows more already goes on as it is. */
export const advancedTo = (clock: TestClock, real: EpochMs, to: EpochMs): TestClock => reset(clock, clock.frozen, real, to);

function reset(clock: TestClock, frozen: boolean, real: EpochMs, atLeast: EpochMs): TestClock {
  const shown = businessTime(clock, real);
  // A real clock that was set back must not take the face's moment with it: the clock would run through the difference twice.
  return face(frozen, Math.max(real, clock.realAt), Math.max(shown, atLeast));
}

const face = (frozen: boolean, realAt: EpochMs, businessAt: EpochMs): TestClock => Object.freeze({ frozen, realAt, businessAt }) as TestClock;
