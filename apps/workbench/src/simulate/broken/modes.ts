import type { BrokenEngine } from './break-engine';

const TARGET = 'libs/replication/src/target.ts';
const PLAN = 'libs/replication/src/plan-wave.ts';

/** Faults in modes, in what is followed of a leader and in where an episode begins (product §2.1, §2.2, §2.4). */
export const BROKEN_MODES: readonly BrokenEngine[] = [
  {
    name: 'nominal_compounds',
    rule: 'proportional, fixed nominal: the ratio is of the allocation, not of what the copy is worth',
    caughtBy: ['beyond_target', 'target_too_high', 'target_too_low'],
    edits: [
      {
        file: TARGET,
        find: 'const own = nominal ? (copies.allocation[row] ?? 0) - (copies.leaving[row] ?? 0) : (0, _revalue.usableEquity)(copies, row);',
        put: 'const own = (0, _revalue.usableEquity)(copies, row);',
      },
    ],
  },
  {
    name: 'losses_leave_the_ratio',
    rule: 'proportional, reinvest: the ratio is of what the copy is worth',
    caughtBy: ['beyond_target', 'target_too_high', 'target_too_low'],
    edits: [
      {
        file: TARGET,
        find: 'const own = nominal ? (copies.allocation[row] ?? 0) - (copies.leaving[row] ?? 0) : (0, _revalue.usableEquity)(copies, row);',
        put: 'const own = copies.allocation[row] ?? 0;',
      },
    ],
  },
  {
    name: 'corridor_forgotten',
    rule: 'risk normalised: the ratio of volatilities stays inside its corridor',
    caughtBy: ['beyond_target', 'target_too_high', 'target_too_low'],
    edits: [
      {
        file: TARGET,
        find: 'const held = Math.max(copies.scaleLeast[row] ?? 0, Math.min(copies.scaleMost[row] ?? 0, scale));',
        put: 'const held = scale;',
      },
    ],
  },
  {
    name: 'flip_taken_for_increase',
    rule: 'flip: flat, then a new episode from nothing',
    caughtBy: ['target_too_low', 'gap_unexplained'],
    edits: [{ file: PLAN, find: "from: kind === 'flip' ? 0 : Math.abs(before),", put: 'from: Math.abs(before),' }],
  },
  {
    name: 'next_open_not_waited_for',
    rule: 'start: a copy that begins at the next open enters nothing of a position that is open',
    caughtBy: ['beyond_target', 'target_too_high', 'entry_without_cause'],
    edits: [
      {
        file: 'libs/replication/src/checks.ts',
        find: 'if ((episode & _instrumentcolumns.EPISODE.awaitingOpen) !== 0) return AWAITING;',
        put: '',
      },
    ],
  },
  {
    name: 'increases_only_follows_reductions',
    rule: 'follow: increases only, the follower closes by himself',
    caughtBy: ['exit_without_cause', 'target_too_low'],
    edits: [
      {
        file: PLAN,
        find: 'const closesAlone = (copies, row)=>copies.follow[row] === _copycolumns.FOLLOW.increasesOnly &&',
        put: 'const closesAlone = (copies, row)=>copies.follow[row] === 99 &&',
      },
    ],
  },
];
