import type { BrokenEngine } from './break-engine';

/** Faults in targets (product §2.1, §2.2, §2.4). */
export const BROKEN_TARGETS: readonly BrokenEngine[] = [
  {
    name: 'direction_flipped',
    rule: 'inverse copies take the other side',
    caughtBy: ['wrong_side'],
    edits: [{ file: 'libs/replication/src/plan-wave.ts', find: 'facts.leaderSign * (copies.direction[row] ?? 1)', put: 'facts.leaderSign' }],
  },
  {
    name: 'ratio_not_locked',
    rule: 'ratio-locked target: an increment never exceeds κ times the leader’s',
    caughtBy: ['beyond_target', 'target_too_high'],
    edits: [
      { file: 'libs/replication/src/target.ts', find: 'return Math.max(target, Math.min(full, most));', put: 'return Math.max(target, full);' },
    ],
  },
  {
    name: 'reductions_not_followed',
    rule: 'a leader’s reduction is followed by its fraction',
    caughtBy: ['exit_not_followed', 'target_too_high'],
    edits: [{ file: 'libs/replication/src/target.ts', find: 'return floorOf(target, after, before);', put: 'return target;' }],
  },
  {
    name: 'flat_not_followed',
    rule: 'leader flat: copy flat',
    caughtBy: ['exit_not_followed', 'target_too_high'],
    edits: [
      {
        file: 'libs/replication/src/plan-wave.ts',
        find: 'else setTarget(draft, index, row, 0, 0);',
        put: 'else setTarget(draft, index, row, target, 0);',
      },
    ],
  },
  {
    name: 'amount_at_every_fill',
    rule: 'a fixed amount once per leader order',
    caughtBy: ['beyond_target', 'target_too_high', 'entry_without_cause'],
    edits: [
      {
        file: 'libs/replication/src/plan-wave.ts',
        find: 'const orders = Math.min(facts.newOrders ?? 0, room);',
        put: 'const orders = Math.min(Math.max(1, facts.newOrders ?? 0), room);',
      },
    ],
  },
  {
    name: 'max_adds_forgotten',
    rule: 'most adds of an episode',
    caughtBy: ['beyond_target', 'target_too_high', 'entry_without_cause'],
    edits: [{ file: 'libs/replication/src/plan-wave.ts', find: 'rows.adds[row] = (rows.adds[row] ?? 0) + orders;', put: '' }],
  },
  {
    name: 'decreases_only_enters',
    rule: 'follow: decreases only',
    caughtBy: ['beyond_target', 'entry_without_cause'],
    edits: [{ file: 'libs/replication/src/plan-wave.ts', find: 'if (follow === _copycolumns.FOLLOW.decreasesOnly) {', put: 'if (follow === 99) {' }],
  },
  {
    name: 'resync_enters',
    rule: 'snapshots are state, never signals',
    caughtBy: ['entry_without_cause', 'beyond_target', 'target_too_high'],
    edits: [
      { file: 'libs/replication/src/detect.ts', find: "source: 'resync',", put: "source: 'fills'," },
      { file: 'libs/replication/src/detect.ts', find: 'incrementPrice: null,', put: 'incrementPrice: lastPrice,' },
    ],
  },
  {
    name: 'window_never_ends',
    rule: 'increments given up leave ρ when their window ends',
    caughtBy: ['entry_too_old', 'entry_without_cause', 'target_too_high'],
    edits: [
      {
        file: 'libs/replication/src/end-windows.ts',
        find: 'const isOver = now >= (rows.owedUntil[row] ?? 0);',
        put: 'const isOver = false;',
      },
      {
        file: 'libs/replication/src/end-windows.ts',
        find: 'const isOver = until !== 0 && now >',
        put: 'const isOver = false && now >',
      },
      {
        file: 'libs/replication/src/repair.ts',
        find: 'if (reference === 0 || (sheet.rows.owedUntil[row] ?? 0) <= options.now) return WAITING;',
        put: 'if (reference === 0) return WAITING;',
      },
    ],
  },
];
