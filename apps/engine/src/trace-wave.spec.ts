import { NO_TRACES, traceOfWave } from '@lockstep/platform';
import { keptTraces } from '@lockstep/platform/testing/kept-traces';
import { describe, expect, it } from 'vitest';
import { stagesOf, traceWave } from './trace-wave';
import type { WaveRecord } from './wave-log';

const AT = 1_800_000_000_000;
const spread = { p50: 0, p99: 0, max: 0 };
/** A move whose frame came after 40 ms, planned in 3, journaled in 5, all 12 orders answered 90 ms after the fill. */
const MOVE: WaveRecord = {
  waveId: '4711',
  watchedNo: 3,
  network: 'mainnet',
  coin: 'BTC',
  kind: 'increase',
  cause: 'move',
  copies: 14,
  orders: 12,
  skipped: 2,
  scopes: 2,
  leaderFillAt: AT,
  receivedAt: AT + 40,
  inboxDoneAt: AT + 42,
  plannedAt: AT + 45,
  planMs: 3,
  gateMs: 1,
  journaledAt: AT + 51,
  journalMs: 5,
  firstSentAt: AT + 52,
  lastSentAt: AT + 60,
  lastAnsweredAt: AT + 90,
  sentMs: spread,
  answeredMs: spread,
  journalCommits: 1,
  journalBytes: 900,
  accepted: 11,
  filled: 11,
  rejected: 1,
  unknown: 0,
  withheld: 0,
  reasons: { size_cap: 2, ok: 12 },
};
const table = (wave: WaveRecord) => stagesOf(wave).map(({ name, startMs, endMs }) => [name, startMs - AT, endMs - AT]);

describe('the trace of a wave', () => {
  it('goes from the leader’s fill to the last answer, stage by stage', () => {
    expect(table(MOVE)).toEqual([
      ['detect', 0, 40],
      ['record move', 40, 42],
      ['plan', 42, 45],
      ['wait for journal', 45, 46],
      ['journal', 46, 51],
      ['send orders', 52, 60],
      ['await answers', 52, 90],
    ]);
    const traces = keptTraces();
    traceWave(traces, MOVE);
    const [whole, ...stages] = traces.spans;
    expect(whole).toMatchObject({
      name: 'wave move',
      startMs: AT,
      endMs: AT + 90,
      parent: null,
      traceId: traceOfWave('4711').whole.traceId,
      failed: false,
    });
    expect(whole?.facts).toMatchObject({ 'wave.id': '4711', 'venue.coin': 'BTC', 'wave.orders': 12, 'wave.rejected': 1, 'wave.reason.size_cap': 2 });
    expect(new Set(stages.map(({ parent }) => JSON.stringify(parent)))).toEqual(new Set([JSON.stringify(traceOfWave('4711').whole)]));
  });

  it('names tenants, followers and accounts nowhere', () => {
    const traces = keptTraces();
    traceWave(traces, MOVE);
    expect(JSON.stringify(traces.spans)).not.toMatch(/ten_|flw_|vac_|cpy_|0x/);
  });

  it.each<[string, Partial<WaveRecord>, string[]]>([
    ['that sent nothing ends with its journal', { orders: 0, firstSentAt: 0, lastSentAt: 0, lastAnsweredAt: 0 }, ['send orders', 'await answers']],
    ['of a repair has no leader’s fill', { cause: 'repair', leaderFillAt: 0, receivedAt: 0, inboxDoneAt: 0 }, ['detect', 'record move']],
    ['whose answers are all lost ends with the last order', { lastAnsweredAt: 0 }, ['await answers']],
  ])('%s', (_what, change, without) => {
    const names = stagesOf(MOVE).map(({ name }) => name);
    expect(stagesOf({ ...MOVE, ...change }).map(({ name }) => name)).toEqual(names.filter((name) => !without.includes(name)));
  });

  it('never ends before it begins, also where the venue’s clock is ahead of ours', () => {
    expect(table({ ...MOVE, leaderFillAt: AT + 41 })[0]).toEqual(['detect', 41, 41]);
  });

  it('with an order of unknown fate is one that failed', () => {
    const traces = keptTraces();
    traceWave(traces, { ...MOVE, unknown: 1 });
    expect(traces.spans.map(({ failed }) => failed)).toEqual([true, ...Array(7).fill(false)]);
  });

  it('has an id that its wave’s gives, and goes nowhere where none are kept', () => {
    expect(traceOfWave('1').whole.traceId).toBe('34c18844fc9ccc98786dc92ef2cbe725');
    expect(() => traceWave(NO_TRACES, MOVE)).not.toThrow();
  });
});
