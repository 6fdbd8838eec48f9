import type { BrokenEngine } from './break-engine';

/** Faults in how copies end, alone and many at once (product §2.10, §2.11). */
export const BROKEN_ENDINGS: readonly BrokenEngine[] = [
  {
    name: 'close_all_of_a_leader_closes_nobody',
    rule: 'close-all of a leader closes each of its copies',
    caughtBy: ['breach_not_closed', 'stop_not_flat', 'halt_ignored'],
    edits: [
      {
        file: 'apps/engine/src/commands/stop-copy.ts',
        find: '(leaderId === undefined || copy.leaderId === leaderId)',
        put: 'leaderId === undefined',
      },
    ],
  },
  {
    name: 'close_all_of_a_brand_closes_nobody',
    rule: 'close-all of a brand closes each of its copies',
    caughtBy: ['breach_not_closed', 'stop_not_flat', 'halt_ignored'],
    edits: [
      {
        file: 'apps/engine/src/commands/commands.ts',
        find: 'return (0, _stopcopy.closeAllOf)(ctx, parts, scope, {}, before);',
        put: "return (0, _stopcopy.closeAllOf)(ctx, parts, scope, { followerId: '' }, before);",
      },
    ],
  },
  {
    name: 'handed_over_and_closed',
    rule: 'from a hand-over on nothing is traded, and what is held is kept',
    caughtBy: ['hand_over_wrong'],
    edits: [
      {
        file: 'apps/engine/src/commands/hand-over.ts',
        find: 'book.setStatus(copy.row, _replication.STATUS.handingOver, true);\n    ctx.stops.changed();',
        put: 'book.setStatus(copy.row, _replication.STATUS.handingOver, true); (0, _replication.beginClosing)(book, copy.row);\n    ctx.stops.changed();',
      },
    ],
  },
  {
    name: 'handed_over_at_its_entry',
    rule: 'the books of a hand-over are closed at the mark',
    caughtBy: ['hand_over_wrong'],
    edits: [{ file: 'apps/engine/src/commands/hand-over.ts', find: 'const at = mark > 0 ?', put: 'const at = mark < 0 ?' }],
  },
  {
    name: 'handed_over_to_nobody',
    rule: 'what was handed over is the follower’s own part of the account',
    caughtBy: ['hand_over_wrong', 'position_wrong'],
    edits: [
      {
        file: 'apps/engine/src/commands/hand-over.ts',
        find: 'await (0, _storage.addOwnPositions)(unit, handed.map(',
        put: 'await (0, _storage.addOwnPositions)(unit, [].map(',
      },
      { file: 'apps/engine/src/commands/hand-over.ts', find: '.dropEnded)(ctx, copy, left);', put: '.dropEnded)(ctx, copy, []);' },
    ],
  },
  {
    name: 'unwound_without_slices',
    rule: 'an unwinding closes evenly until its deadline',
    caughtBy: ['unwind_wrong'],
    edits: [{ file: 'apps/engine/src/commands/unwind-copy.ts', find: 'if (step.close === 0) return;', put: 'if (step.close >= 0) return;' }],
  },
  {
    name: 'unwound_at_once',
    rule: 'an unwinding closes no faster than evenly',
    caughtBy: ['unwind_wrong'],
    edits: [{ file: 'apps/engine/src/commands/unwind-copy.ts', find: 'this.slice(copy, sheet, step.close)', put: 'this.slice(copy, sheet, lots)' }],
  },
  {
    name: 'unwinding_forgets_its_deadline',
    rule: 'at its deadline an unwinding closes what is left',
    caughtBy: ['unwind_wrong', 'stop_not_flat'],
    edits: [{ file: 'apps/engine/src/commands/unwind-copy.ts', find: 'if (now >= deadline) {', put: 'if (now < 0) {' }],
  },
  {
    name: 'less_money_now_reduces_nothing',
    rule: 'less money with effect now takes positions down by its share',
    caughtBy: ['target_too_high'],
    edits: [{ file: 'apps/engine/src/commands/reduce-pro-rata.ts', find: 'wanted < booked ? reduceTargets(', put: 'wanted < 0n ? reduceTargets(' }],
  },
  {
    name: 'more_money_now_adds_nothing',
    rule: 'more money with effect now makes targets what the mode asks for',
    caughtBy: ['target_too_low'],
    edits: [{ file: 'apps/engine/src/commands/change-copy.ts', find: 'return raises ? addNow(', put: 'return raises && wanted < 0n ? addNow(' }],
  },
];
