import { describe, expect, it } from 'vitest';
import { spreadOf } from './wave-record';

describe('how a stage is spread over a wave', () => {
  it('counts from the start, over the rows that got there', () => {
    const marks = Float64Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? 0 : 1_000 + index));
    expect(spreadOf(marks, 1_000)).toEqual({ p50: 101, p99: 199, max: 199 });
  });

  it('is nothing where no row got there', () => {
    expect(spreadOf(new Float64Array(3), 1_000)).toEqual({ p50: 0, p99: 0, max: 0 });
  });
});
