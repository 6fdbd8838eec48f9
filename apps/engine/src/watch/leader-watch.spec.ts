import { sampleFill } from '@lockstep/venues/port/testing/sample-fill';
import { describe, expect, it } from 'vitest';
import { type Frame, runsOf } from './leader-watch';

/** Frames by number: above zero fills of that time, zero a snapshot; each received at its place. */
function framesOf(watched: string, times: readonly number[]): readonly Frame<string>[] {
  return times.map((time, receivedAt) =>
    time > 0
      ? { kind: 'fills', watched, fills: [sampleFill({ time })], receivedAt }
      : { kind: 'synced', watched, event: { kind: 'synced', address: '0xa', states: [], fills: [], receivedAt } },
  );
}

function shapes(times: readonly number[]): readonly string[] {
  return runsOf(framesOf('leader', times)).map((run) =>
    run.kind === 'fills' ? run.frames.map((frame) => `${frame.fills.map((one) => one.time).join()}@${frame.receivedAt}`).join(' ') : run.kind,
  );
}

describe('frames of a leader that gathered', () => {
  it.each<[string, readonly number[], readonly string[]]>([
    ['nothing', [], []],
    ['fills are recorded together, each with its own time of arrival', [5, 6, 7], ['5@0 6@1 7@2']],
    ['a snapshot keeps its place among them', [5, 0, 6, 7, 0], ['5@0', 'synced', '6@2 7@3', 'synced']],
  ])('%s', (_name, times, expected) => {
    expect(shapes(times)).toEqual(expected);
  });

  it('a run is bounded', () => {
    const runs = shapes(Array.from({ length: 1_201 }, (_, index) => index + 1));
    expect(runs.map((run) => run.split(' ').length)).toEqual([500, 500, 201]);
  });
});
