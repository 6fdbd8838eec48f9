import { describe, expect, it } from 'vitest';
import { LossTrack } from './losses';

const LIMITS = { fromStart: 0.2, trailing: null, daily: null, lossMoney: null, haltNewAt: null, closeAfterMarks: 1 };

describe('losses of a copy whose value was known between two ends as money moved', () => {
  // Worth 90 to 110 of 100 before 50 is taken out: a fifth is lost at 35.6 with what is left of the one, at 43.6 with what is left of the other.
  const track = new LossTrack();
  track.anchor({ least: 100, most: 100 }, 100);
  track.flow({ least: 90, most: 110 }, -50);

  it('have met a limit beyond doubt where they have from either', () => {
    expect(track.floor(LIMITS, 50)).toBeCloseTo(35.56, 2);
  });

  it.each([
    [43.5, true],
    [43.8, false],
  ])('may have met it where they have from one: at %d %s', (value, met) => {
    expect(track.mayBeMet(value, LIMITS, 50, 0.001)).toBe(met);
  });
});
