import { describe, expect, it } from 'vitest';
import { CRASH_POINTS, crashPoints, parseCrashPlan } from './crash-points';

describe('crash points', () => {
  it.each([
    ['journaled_all_scopes', { point: 'journaled_all_scopes', nth: 1 }],
    ['partly_sent_second_chunk:3', { point: 'partly_sent_second_chunk', nth: 3 }],
    ['nowhere', null],
    ['journaled_all_scopes:0', null],
    ['journaled_all_scopes:1:2', null],
    ['', null],
  ])('%j is read as %j', (text, plan) => {
    expect(parseCrashPlan(text)).toEqual(plan);
  });

  it('dies once, at the named passage of the named point', () => {
    let deaths = 0;
    const pass = crashPoints({ point: 'ledger_written_first_scope', nth: 2 }, () => {
      deaths += 1;
    });
    pass('ledger_written_first_scope');
    pass('ledger_written_all_scopes');
    expect(deaths).toBe(0);
    pass('ledger_written_first_scope');
    pass('ledger_written_first_scope');
    expect(deaths).toBe(1);
  });

  it.each(['received', 'planned', 'journaled', 'signed', 'partly_sent', 'partly_answered', 'outcomes_written', 'ledger_written', 'reconciling'])(
    'stage %s has at least two points',
    (stage) => {
      expect(CRASH_POINTS.filter((point) => point.startsWith(`${stage}_`)).length).toBeGreaterThanOrEqual(2);
    },
  );
});
