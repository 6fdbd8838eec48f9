import type { BrokenEngine } from './break-engine';

/** Faults in how what was missed and what others did is taken up (product §2.3, §2.4, §2.10). */
export const BROKEN_TRUTH: readonly BrokenEngine[] = [
  {
    name: 'missed_fills_of_the_leader_forgotten',
    rule: 'where the leader stands is read after a cut, and what he left is followed',
    caughtBy: ['exit_not_followed', 'target_too_high'],
    edits: [
      {
        file: 'apps/engine/src/watch/compare-state.ts',
        find: 'if (stateTime === undefined || newestFillAt(coin) > stateTime) return [];',
        put: 'return [];',
      },
      {
        file: 'apps/engine/src/watch/leader-watch.ts',
        find: 'const history = event.fills.filter((fill)=>fill.time > watched.historyFrom);',
        put: 'const history = [];',
      },
    ],
  },
  {
    name: 'followers_trades_not_compared',
    rule: 'what a follower closes himself reduces the copies on that side',
    caughtBy: ['position_wrong', 'exit_beyond_position', 'reduce_only_wrong', 'exit_not_followed'],
    edits: [{ file: 'libs/replication/src/reconcile.ts', find: 'if (foreign === 0) return [];', put: 'return [];' }],
  },
  {
    name: 'user_closed_enters_again',
    rule: 'what a follower closed himself is not entered again before the leader was flat',
    caughtBy: ['beyond_target', 'target_too_high', 'entry_without_cause'],
    edits: [
      {
        file: 'libs/replication/src/checks.ts',
        find: 'if ((episode & _instrumentcolumns.EPISODE.userClosed) !== 0) return USER_CLOSED;',
        put: '',
      },
    ],
  },
  {
    name: 'own_position_forgotten',
    rule: 'reduce-only is judged by the account’s net, the follower’s own position included',
    caughtBy: ['reduce_only_wrong'],
    edits: [
      {
        file: 'libs/replication/src/decide-orders.ts',
        find: '+ (rows.others[row] ?? 0) + (rows.beside[row] ?? 0);',
        put: '+ (rows.others[row] ?? 0);',
      },
    ],
  },
  {
    name: 'real_equity_ignored',
    rule: 'what a venue account really has scales its copies',
    caughtBy: ['allocation', 'leverage', 'cap_position_share', 'clearing_margin', 'liquidation_distance', 'beyond_target'],
    edits: [
      {
        file: 'libs/replication/src/revalue.ts',
        find: 'return Math.min(own, copies.realEquity[row] ?? 0);',
        put: 'return own;',
      },
      {
        file: 'libs/risk/src/order-limits.ts',
        find: 'const equity = Math.min(own, facts.realEquity[row] ?? 0);',
        put: 'const equity = own;',
      },
    ],
  },
];
