import type { BrokenEngine } from './break-engine';

const CAPS = 'libs/replication/src/shared-caps.ts';
const GATE = 'libs/risk/src/order-limits.ts';
const CHAIN = 'apps/engine/src/state/limit-chain.ts';
const ALERTS = 'apps/engine/src/exposure-alerts.ts';
const SUMS = 'libs/replication/src/exposure-sums.ts';
const HELD = 'libs/replication/src/held-exposure.ts';

/** What limits of a layer above the copies bind: all they may set but losses. */
const LAYER_KINDS = [
  'leader_capacity',
  'follower_exposure',
  'concentration',
  'cap_position_notional',
  'cap_position_share',
  'leverage',
  'gross_exposure',
  'instrument_filter',
] as const;

/** Faults in limits above the copies and in those that copies share (product §3). */
export const BROKEN_SHARED_LIMITS: readonly BrokenEngine[] = [
  {
    name: 'capacity_forgotten',
    rule: 'leader capacity: all copies of a leader together',
    caughtBy: ['leader_capacity'],
    edits: [
      { file: CAPS, find: 'cutByGroup(draft, entries, CAPACITY, entries.capacity, null);', put: '' },
      { file: GATE, find: "return beyond(sharedRoom?.leader[row]) ? 'capacity' : null;", put: 'return null;' },
    ],
  },
  {
    name: 'capacity_above_by_a_lot',
    rule: 'leader capacity, to the lot',
    caughtBy: ['leader_capacity'],
    edits: [
      {
        file: CAPS,
        find: 'const room = (groups.limit[slot] ?? 0) - held - unsure(held);',
        put: 'const room = (groups.limit[slot] ?? 0) - held - unsure(held) + (draft.sheet.mark / draft.sheet.lotsPerUnit) * 1.001;',
      },
      { file: GATE, find: "return beyond(sharedRoom?.leader[row]) ? 'capacity' : null;", put: 'return null;' },
      { file: GATE, find: "if (beyond(sharedRoom?.follower[row])) return 'gross';", put: '' },
    ],
  },
  {
    name: 'shared_caps_count_each_copy_alone',
    rule: 'what copies share counts all of them',
    caughtBy: ['leader_capacity', 'follower_exposure'],
    edits: [
      { file: CAPS, find: 'const held = (groups.others[slot] ?? 0) + (groups.held[slot] ?? 0);', put: 'const held = 0;' },
      { file: GATE, find: "return beyond(sharedRoom?.leader[row]) ? 'capacity' : null;", put: 'return null;' },
      { file: GATE, find: "if (beyond(sharedRoom?.follower[row])) return 'gross';", put: '' },
    ],
  },
  {
    name: 'concentration_forgotten',
    rule: 'concentration per underlying',
    caughtBy: ['concentration'],
    edits: [
      { file: CAPS, find: 'cutByGroup(draft, entries, CONCENTRATION, entries.concentration, null);', put: '' },
      { file: GATE, find: "if (beyond(sharedRoom?.concentration[row])) return 'concentration';", put: '' },
    ],
  },
  {
    name: 'follower_limits_forgotten',
    rule: 'limits merge by minimum: those of the follower too',
    caughtBy: LAYER_KINDS,
    edits: [{ file: CHAIN, find: 'this.scoped.get(keyOf(scope, followerId))', put: 'undefined' }],
  },
  {
    name: 'leader_limits_forgotten',
    rule: 'limits merge by minimum: those of the leader too',
    caughtBy: ['leader_capacity', 'cap_position_notional', 'leverage', 'gross_exposure', 'instrument_filter', 'concentration'],
    edits: [{ file: CHAIN, find: 'this.scoped.get(keyOf(scope, leaderId))', put: 'undefined' }],
  },
  {
    name: 'changed_limits_wait_for_restart',
    rule: 'a limit may be lowered at once',
    caughtBy: ['leader_capacity', 'follower_exposure', 'concentration', 'cap_position_notional', 'leverage', 'gross_exposure', 'instrument_filter'],
    edits: [{ file: 'apps/engine/src/commands/change-limits.ts', find: '(0, _limitchain.putLimits)(ctx.chain, copy);', put: '' }],
  },
  {
    name: 'follower_exposure_forgotten',
    rule: 'gross exposure of all copies of a follower',
    caughtBy: ['follower_exposure'],
    edits: [
      {
        file: CAPS,
        find: 'cutByGroup(draft, entries, GROSS, entries.gross, draft.grossLots);',
        put: 'cutByRow(draft, entries, GROSS, draft.grossLots);',
      },
      { file: CAPS, find: 'if (gross >= 0) admit(', put: 'if (gross > 1e17) admit(' },
      { file: GATE, find: "if (beyond(sharedRoom?.follower[row])) return 'gross';", put: '' },
    ],
  },
  {
    name: 'shared_limit_not_told',
    rule: 'concentration and what else copies share: told where it is passed',
    caughtBy: ['limit_not_told'],
    edits: [{ file: ALERTS, find: 'for (const finding of this.held.judge(books)){', put: 'for (const finding of []){' }],
  },
  {
    name: 'shared_limit_of_one_copy_told',
    rule: 'what is told of copies that share counts all of them',
    caughtBy: ['limit_not_told'],
    edits: [
      { file: SUMS, find: 'gross[whose] = (gross[whose] ?? 0) + value;', put: 'gross[whose] = value;' },
      { file: SUMS, find: 'ofUnderlying[whose] = (ofUnderlying[whose] ?? 0) + value;', put: 'ofUnderlying[whose] = value;' },
      { file: SUMS, find: 'capacity[leader] = (capacity[leader] ?? 0) + value;', put: 'capacity[leader] = value;' },
    ],
  },
  {
    name: 'alert_share_forgotten',
    rule: 'concentration per underlying: `alert`',
    caughtBy: ['limit_not_told'],
    edits: [{ file: 'libs/roster/src/settings-chain.ts', find: 'alertShare: alertShare.value,', put: 'alertShare: null,' }],
  },
  {
    name: 'shared_limit_met_again_not_told',
    rule: 'what is told of copies that share is told as met again',
    caughtBy: ['limit_not_told'],
    edits: [{ file: HELD, find: 'if (measured <= floorOf(threshold, STAYS_PERCENT, 100)) found.push({', put: 'if (measured < 0) found.push({' }],
  },
  {
    name: 'shared_limit_told_again_at_restart',
    rule: 'what is told of copies that share is told once, over restarts too',
    caughtBy: ['limit_told_twice'],
    edits: [
      { file: ALERTS, find: 'if (of !== null) this.held.note(', put: 'if (of === -1) this.held.note(' },
      { file: ALERTS, find: 'if (isNews) await unit.events.append', put: 'if (isNews || passed) await unit.events.append' },
    ],
  },
  {
    name: 'limits_of_a_brand_forgotten',
    rule: 'limits merge by minimum: those of the brand too',
    caughtBy: LAYER_KINDS,
    edits: [{ file: CHAIN, find: 'this.scoped.get(keyOf(scope, scope.tenantId))', put: 'undefined' }],
  },
  {
    name: 'limits_of_the_platform_forgotten',
    rule: 'limits merge by minimum: those of the platform too',
    caughtBy: LAYER_KINDS,
    edits: [{ file: CHAIN, find: 'this.platform.get(EVERYONE)', put: 'undefined' }],
  },
  {
    name: 'policy_forgotten',
    rule: 'policy of those above a copy: instruments they exclude',
    caughtBy: ['instrument_filter'],
    edits: [
      { file: CHAIN, find: 'policy: policyOf(chain)', put: 'policy: ALL' },
      { file: 'libs/roster/src/settings-chain.ts', find: 'instruments: instruments.filter,', put: 'instruments: copy.instruments,' },
    ],
  },
];
