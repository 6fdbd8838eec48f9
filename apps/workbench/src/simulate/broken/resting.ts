import type { BrokenEngine } from './break-engine';

const STANDING = 'apps/engine/src/repair/standing-entries.ts';
const WANTED = 'return (sheet.rows.target[row] ?? 0) * direction > (reached - 1) * _replication.MICRO;';

/** Faults about entries that stand at their bound (product §2.7, `on_breach: rest`). */
export const BROKEN_RESTING: readonly BrokenEngine[] = [
  {
    name: 'rest_without_asking',
    rule: 'an entry stands only where the copy asked for that',
    caughtBy: ['order_rests'],
    edits: [
      {
        file: 'libs/replication/src/plan-wave.ts',
        find: 'draft.options.mayRest === true && copies.restOnBreach[row] === 1',
        put: 'draft.options.mayRest === true',
      },
      {
        file: 'libs/replication/src/emit-orders.ts',
        find: 'mayRest && !exits && restOnBreach[row[at] ?? 0] === 1 ?',
        put: 'mayRest && !exits ?',
      },
    ],
  },
  {
    name: 'rest_outlives_reduction',
    rule: 'an entry that stands is cancelled when the leader reduces',
    caughtBy: ['rest_not_cancelled'],
    edits: [
      {
        file: STANDING,
        find: 'if (sheet.leaderReductions !== rest.leaderReductions || copy.watched.leaving.has(sheet.instrument.coin)) return false;',
        put: '',
      },
      { file: STANDING, find: WANTED, put: 'return true;' },
    ],
  },
  {
    name: 'rest_outlives_pause',
    rule: 'an entry that stands is cancelled by a pause, a kill switch, a stop and a loss limit',
    caughtBy: ['rest_not_cancelled'],
    edits: [{ file: STANDING, find: 'if (!book.takesRisk(row, ctx.clock.now()) || copies.halts[row] !== rest.halts) return false;', put: '' }],
  },
  {
    name: 'rest_outlives_window',
    rule: 'an entry that stands is cancelled when its window ends',
    caughtBy: ['rest_not_cancelled'],
    edits: [
      {
        file: STANDING,
        find: 'if (rest === undefined || ctx.clock.now() >= rest.until) return false;',
        put: 'if (rest === undefined) return false;',
      },
      { file: STANDING, find: WANTED, put: 'return true;' },
    ],
  },
];
