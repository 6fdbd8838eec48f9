import type { BrokenEngine } from './break-engine';

const CAPS = 'libs/replication/src/shared-caps.ts';
const GATE = 'libs/risk/src/order-limits.ts';
const CHAIN = 'apps/engine/src/state/limit-chain.ts';

/** Faults in limits above the copies and in those that copies share (product §3). */
export const BROKEN_SHARED_LIMITS: readonly BrokenEngine[] = [
  {
    name: 'capacity_forgotten',
    rule: 'leader capacity: all copies of a leader together',
    edits: [
      { file: CAPS, find: 'cutByGroup(draft, entries, CAPACITY, entries.capacity, null);', put: '' },
      { file: GATE, find: "return beyond(sharedRoom?.leader[row]) ? 'capacity' : null;", put: 'return null;' },
    ],
  },
  {
    name: 'capacity_above_by_a_lot',
    rule: 'leader capacity, to the lot',
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
    edits: [
      { file: CAPS, find: 'const held = (groups.others[slot] ?? 0) + (groups.held[slot] ?? 0);', put: 'const held = 0;' },
      { file: GATE, find: "return beyond(sharedRoom?.leader[row]) ? 'capacity' : null;", put: 'return null;' },
      { file: GATE, find: "if (beyond(sharedRoom?.follower[row])) return 'gross';", put: '' },
    ],
  },
  {
    name: 'concentration_forgotten',
    rule: 'concentration per underlying',
    edits: [
      { file: CAPS, find: 'cutByGroup(draft, entries, CONCENTRATION, entries.concentration, null);', put: '' },
      { file: GATE, find: "if (beyond(sharedRoom?.concentration[row])) return 'concentration';", put: '' },
    ],
  },
  {
    name: 'follower_limits_forgotten',
    rule: 'limits merge by minimum: those of the follower too',
    edits: [{ file: CHAIN, find: 'this.scoped.get(keyOf(scope, followerId))', put: 'undefined' }],
  },
  {
    name: 'leader_limits_forgotten',
    rule: 'limits merge by minimum: those of the leader too',
    edits: [{ file: CHAIN, find: 'this.scoped.get(keyOf(scope, leaderId))', put: 'undefined' }],
  },
  {
    name: 'changed_limits_wait_for_restart',
    rule: 'a limit may be lowered at once',
    edits: [{ file: 'apps/engine/src/commands/change-limits.ts', find: '(0, _limitchain.putLimits)(ctx.chain, copy);', put: '' }],
  },
];
