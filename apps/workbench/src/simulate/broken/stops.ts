import type { BrokenEngine } from './break-engine';

/** Faults in what ends new risk (product §3, §2.11). */
export const BROKEN_STOPS: readonly BrokenEngine[] = [
  {
    name: 'kill_switch_forgotten',
    rule: 'kill switch of a copy, leader, tenant',
    caughtBy: ['halt_ignored'],
    edits: [{ file: 'apps/engine/src/stop-switches.ts', find: 'const named = isNamed(', put: 'const named = false && isNamed(' }],
  },
  {
    name: 'platform_switch_forgotten',
    rule: 'kill switch of the platform',
    caughtBy: ['halt_ignored'],
    edits: [{ file: 'apps/engine/src/stop-switches.ts', find: 'stops.everyone || named', put: 'named' }],
  },
  {
    name: 'pause_forgotten',
    rule: 'a pause ends new risk',
    caughtBy: ['halt_ignored'],
    edits: [
      { file: 'apps/engine/src/commands/change-copy.ts', find: 'copy.watched.book.setStatus(copy.row, _replication.STATUS.paused, true);', put: '' },
      // The wish itself holds until it is carried out, and looks at the state then.
      {
        file: 'apps/engine/src/commands/stop-wishes.ts',
        find: "_replication.STATUS.paused, copy.state === 'paused');",
        put: '_replication.STATUS.paused, false);',
      },
    ],
  },
  {
    name: 'pause_forgotten_at_restart',
    rule: 'a pause survives a restart',
    caughtBy: ['halt_ignored'],
    edits: [
      {
        file: 'apps/engine/src/state/load-scope.ts',
        find: '_replication.STATUS.active | _replication.STATUS.paused',
        put: '_replication.STATUS.active',
      },
    ],
  },
  {
    name: 'stop_closes_nothing',
    rule: 'close_now ends flat',
    caughtBy: ['stop_not_flat'],
    edits: [
      {
        file: 'apps/engine/src/commands/stop-copy.ts',
        find: '(0, _replication.beginClosing)(book, copy.row);',
        put: 'book.setStatus(copy.row, _replication.STATUS.closing, true);',
      },
    ],
  },
  {
    name: 'winding_down_enters',
    rule: 'follow_to_close takes no new risk',
    caughtBy: ['halt_ignored'],
    edits: [
      {
        file: 'apps/engine/src/commands/stop-copy.ts',
        find: 'copy.watched.book.setStatus(copy.row, _replication.STATUS.windingDown, true);',
        put: '',
      },
    ],
  },
  {
    name: 'leader_pause_forgotten',
    rule: 'copies of a leader whom his brand paused take no new risk',
    caughtBy: ['halt_ignored'],
    edits: [
      {
        file: 'apps/engine/src/commands/pause-leader.ts',
        find: 'for (const copy of copies)copy.watched.book.setStatus(copy.row, _replication.STATUS.leaderPaused, paused);',
        put: '',
      },
    ],
  },
  {
    name: 'suspension_forgotten',
    rule: 'copies of a brand that is suspended take no new risk',
    caughtBy: ['halt_ignored'],
    edits: [{ file: 'apps/engine/src/stop-switches.ts', find: "tenant.status === 'suspended'", put: 'false' }],
  },
];
