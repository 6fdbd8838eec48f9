import type { BrokenEngine } from './break-engine';

const TASKS = 'libs/replication/src/mirror-tasks.ts';
const SENDING = 'apps/engine/src/stops/send-stops.ts';
const KEEPER = 'apps/engine/src/mirrors/mirror-keeper.ts';
const SIZE = 'Math.floor((wanted + wish - taken) / _instrumentcolumns.MICRO) - Math.floor(wanted / _instrumentcolumns.MICRO)';

/** Faults about mirrors of leaders' working orders (product §2.3, policy `orders`). */
export const BROKEN_MIRRORS: readonly BrokenEngine[] = [
  {
    name: 'mirror_outlives_its_order',
    rule: 'a mirror is cancelled when its leader cancels the order',
    caughtBy: ['mirror_not_cancelled'],
    edits: [{ file: TASKS, find: 'if (mirror.settled && isRipe(mirror, orders, terms)) tasks.push({', put: 'if (mirror.price < 0) tasks.push({' }],
  },
  {
    name: 'mirror_outlives_pause',
    rule: 'a mirror that adds risk is cancelled by a pause, a kill switch, a stop and a loss limit',
    caughtBy: ['mirror_not_cancelled'],
    edits: [
      {
        file: 'libs/replication/src/mirror-room.ts',
        find: '(0, _checks.standingRefusal)(copies, row, options.now, options.now + MIRROR_AGENT_MARGIN_MS) !== _checks.CLEAR || ',
        put: '',
      },
    ],
  },
  {
    name: 'mirror_twice',
    rule: 'an order of the leader has one mirror',
    caughtBy: ['mirror_double'],
    edits: [
      { file: TASKS, find: 'entryTask(wish, mine[0] ?? null, others, terms, taken)', put: 'entryTask(wish, null, others, terms, taken)' },
      { file: TASKS, find: 'Math.min(lots - working, unwished[side])', put: 'lots - working' },
    ],
  },
  {
    name: 'mirror_too_large',
    rule: 'a mirror is no larger than its leader’s order times the ratio',
    caughtBy: ['mirror_wrong'],
    edits: [{ file: 'libs/replication/src/mirror-wishes.ts', find: `const lots = ${SIZE};`, put: `const lots = 2 * (${SIZE});` }],
  },
  {
    name: 'mirror_exit_not_reduce_only',
    rule: 'a mirror that takes off is reduce-only',
    // A mirror that may add where its leader takes off is one of another order than his.
    caughtBy: ['mirror_wrong'],
    edits: [
      {
        file: 'apps/engine/src/stops/stop-journal.ts',
        find: 'const isReduceOnly = ({ mirror })=>mirror === null || mirror.reduceOnly;',
        put: 'const isReduceOnly = ({ mirror })=>mirror === null;',
      },
      { file: SENDING, find: '(0, _risk.gateExits)(items, orderOf, held)', put: '(0, _kernel.ok)(items)' },
    ],
  },
  {
    name: 'mirror_past_the_caps',
    rule: 'a mirror that adds risk is within every limit at its worst case',
    caughtBy: ['cap_position_size', 'cap_position_notional', 'cap_position_share', 'allocation', 'leverage'],
    edits: [
      { file: TASKS, find: 'terms.room(order.buy, order.price) - taken[side]', put: 'Number.POSITIVE_INFINITY' },
      { file: SENDING, find: '(0, _risk.gateEntries)(items, batch, facts)', put: '(0, _kernel.ok)(items)' },
    ],
  },
  {
    name: 'mirror_of_what_is_gone',
    rule: 'no mirror leaves for an order that the leader’s list names no more',
    caughtBy: ['mirror_wrong'],
    edits: [{ file: SENDING, find: 'isAskedFor(task) && mayMirror', put: 'mayMirror' }],
  },
  {
    name: 'mirror_without_asking',
    rule: 'only copies that asked for it have mirrors',
    caughtBy: ['mirror_wrong'],
    edits: [
      { file: 'apps/engine/src/mirrors/mirror-totals.ts', find: "return settings.policy !== 'orders' || ", put: 'return ' },
      { file: KEEPER, find: "if (copy.settings.policy === 'orders') this", put: 'this' },
      { file: KEEPER, find: "copy.settings.policy === 'orders' ? copy.watched.working.coins() : []", put: 'copy.watched.working.coins()' },
    ],
  },
  {
    name: 'mirror_of_a_sell_forgotten',
    rule: 'each working order of the leader stands for the copy as well',
    caughtBy: ['mirror_missing'],
    edits: [
      {
        file: TASKS,
        find: 'most > 0 && terms.takes(most, order.price, false)',
        put: 'most > 0 && order.buy && terms.takes(most, order.price, false)',
      },
    ],
  },
  {
    name: 'mirror_too_small',
    rule: 'a mirror is as large as its leader’s order times the ratio',
    caughtBy: ['mirror_missing'],
    edits: [{ file: 'libs/replication/src/mirror-wishes.ts', find: `const lots = ${SIZE};`, put: `const lots = Math.floor((${SIZE}) / 2);` }],
  },
];
