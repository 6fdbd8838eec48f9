import { COPY_STATES, type CopyEvent, nextCopyState } from '@lockstep/roster';
import { describe, expect, it } from 'vitest';
import { STOPPED_FROM, stopBody, stopWish, UNWIND_LEAST_MS, UNWIND_MOST_MS } from './stop-body';

const NOW = Date.parse('2026-01-02T00:00:00.000Z');
const timeAt = (after: number): string => new Date(NOW + after).toISOString();

describe('a wish to stop a copy', () => {
  it.each<[string, Record<string, unknown>, unknown]>([
    ['closes everything where no mode is named', {}, { mode: 'close_now' }],
    ['hands over', { mode: 'hand_over' }, { mode: 'hand_over' }],
    ['unwinds by a time', { mode: 'unwind_by', by: timeAt(UNWIND_LEAST_MS) }, { mode: 'unwind_by', by: NOW + UNWIND_LEAST_MS }],
    ['takes the farthest deadline', { mode: 'unwind_by', by: timeAt(UNWIND_MOST_MS) }, { mode: 'unwind_by', by: NOW + UNWIND_MOST_MS }],
  ])('%s', (_what, body, wish) => {
    expect(stopWish(stopBody.parse(body), NOW)).toEqual({ ok: true, value: wish });
  });

  it.each<[string, Record<string, unknown>]>([
    ['unwinds without a deadline', { mode: 'unwind_by' }],
    ['names one that passed', { mode: 'unwind_by', by: timeAt(-1) }],
    ['names one too near', { mode: 'unwind_by', by: timeAt(UNWIND_LEAST_MS - 1) }],
    ['names one too far', { mode: 'unwind_by', by: timeAt(UNWIND_MOST_MS + 1) }],
    ['names one for another mode', { mode: 'close_now', by: timeAt(UNWIND_LEAST_MS) }],
  ])('is refused where it %s', (_what, body) => {
    expect(stopWish(stopBody.parse(body), NOW)).toMatchObject({ ok: false, error: { code: 'invalid_request' } });
  });

  it.each<[keyof typeof STOPPED_FROM, CopyEvent]>([
    ['close_now', 'stop'],
    ['follow_to_close', 'wind_down'],
    ['hand_over', 'hand_over'],
    ['unwind_by', 'unwind'],
  ])('by %s is taken where the life of a copy allows it, and of one that never began', (mode, event) => {
    const allowed = COPY_STATES.filter((state) => state === 'preparing' || nextCopyState(state, event) !== null);
    expect([...STOPPED_FROM[mode]].sort()).toEqual([...allowed].sort());
  });
});
