import { describe, expect, it } from 'vitest';
import { DEFAULT_CRASH, parseCrashOptions } from './options';
import { STAGES, WHOLE_PLAN } from './plan';
import { deathsOf } from './run-crash';

const KNOWN = Object.values(STAGES).flat();
const stagesOf = (points: readonly string[]): readonly string[] =>
  Object.entries(STAGES).flatMap(([stage, ofStage]) => (ofStage.some((point) => points.includes(point)) ? [stage] : []));

describe('the deaths of a crash run', () => {
  it('are every named point by default', () => {
    expect(new Set(deathsOf({ points: 'all', seed: 1 }).map(({ point }) => point))).toEqual(new Set(KNOWN));
  });

  it.each([1, 2, 3, 20_251])('are one point of every stage with "each" (seed %d), and all points come up over many seeds', (seed) => {
    const points = deathsOf({ points: 'each', seed }).map(({ point }) => point);
    expect(stagesOf(points)).toEqual(Object.keys(STAGES));
    expect(deathsOf({ points: 'each', seed }).map(({ point }) => point)).toEqual(points);
    const drawn = Array.from({ length: 200 }, (_, index) => deathsOf({ points: 'each', seed: seed + index })).flat();
    expect(new Set(drawn.map(({ point }) => point))).toEqual(new Set(KNOWN));
  });

  it('bring along what their engine needs, and unsettled orders where only those pass a point', () => {
    const extra = WHOLE_PLAN.find(({ point }) => point === 'partly_sent_third_chunk')?.extra;
    expect(deathsOf({ points: ['partly_sent_third_chunk', 'reconciling_noop_sent'], seed: 1 })).toEqual([
      { point: 'partly_sent_third_chunk', extra },
      { point: 'journaled_all_scopes' },
      { point: 'reconciling_noop_sent' },
    ]);
  });

  it.each<[readonly string[], unknown]>([
    [[], 'all'],
    [['--point', 'all'], 'all'],
    [['--point', 'each'], 'each'],
    [['--point', 'none'], []],
    [
      ['--point', 'answered_all', '--point', 'received_frame'],
      ['answered_all', 'received_frame'],
    ],
  ])('%j asks for %j', (args, points) => {
    expect(parseCrashOptions(args, KNOWN, DEFAULT_CRASH)).toMatchObject({ ok: true, value: { points } });
  });

  it('at a point nobody knows are refused', () => {
    expect(parseCrashOptions(['--point', 'lunch'], KNOWN, DEFAULT_CRASH)).toEqual({ ok: false, error: '--point names no crash point: lunch' });
  });
});
