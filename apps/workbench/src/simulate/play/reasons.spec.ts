import { CAPS, REASONS } from '@lockstep/replication';
import { describe, expect, it } from 'vitest';
import { reasonGroup } from './reasons';

/** Reasons that leave nothing short, or say only that it is on its way. */
const EXPLAIN_NOTHING = ['planned', 'no_change', 'pending_orders'];

describe('the auditor’s words for reasons', () => {
  it('are there for each reason of the engine but those that explain no shortfall', () => {
    const without = REASONS.map(([code]) => code).filter((code) => reasonGroup(code) === null);
    expect(without.sort()).toEqual([...EXPLAIN_NOTHING].sort());
  });

  it('call every cap a cap, and nothing else but what a cap cut', () => {
    const caps = REASONS.map(([code]) => code).filter((code) => reasonGroup(code) === 'cap');
    expect(caps.sort()).toEqual([...CAPS, 'planned_capped'].sort());
  });

  it.each([
    ['paused', 'denied'],
    ['stale_mark', 'denied'],
    ['below_minimum', 'below_minimum'],
    ['dust_pending', 'dust'],
    ['window_ended', 'forfeited'],
    ['awaiting_open', 'waiting_for_open'],
    ['user_closed', 'user_closed'],
    ['rejected', 'rejected'],
    ['no_collateral', 'barred'],
  ] as const)('%s is %s', (code, group) => {
    expect(reasonGroup(code)).toBe(group);
  });
});
