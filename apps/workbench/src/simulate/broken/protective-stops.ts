import type { BrokenEngine } from './break-engine';

const TASKS = 'apps/engine/src/stops/stop-tasks.ts';

/** Faults about protective stops (product §2.10). */
export const BROKEN_PROTECTIVE_STOPS: readonly BrokenEngine[] = [
  {
    name: 'stop_left_when_flat',
    rule: 'a protective stop goes when the copy is flat, or asks for none any more',
    caughtBy: ['stop_left'],
    edits: [
      { file: TASKS, find: 'if (!wished.has(coin) && !named.has(coin) && isSettled(stop)) tasks.push({', put: 'if (coin.length > 99) tasks.push({' },
    ],
  },
  {
    name: 'stop_not_resized',
    rule: 'a protective stop follows the position',
    caughtBy: ['stop_missing', 'stop_wrong'],
    edits: [{ file: TASKS, find: "return change !== 'resize' || since >= limits.stopResizeMinMs;", put: "return change !== 'resize';" }],
  },
  {
    name: 'stop_beyond_the_limit',
    rule: 'a protective stop rests where the first limit would be met',
    caughtBy: ['stop_wrong'],
    edits: [
      {
        file: 'libs/risk/src/protective-stop.ts',
        find: 'const room = copy.equity - copy.floor;',
        put: 'const room = (copy.equity - copy.floor) * 3n;',
      },
    ],
  },
  {
    name: 'stop_fill_closes_nothing',
    rule: 'a protective stop that filled closes the copy as its limit does',
    caughtBy: ['breach_not_closed'],
    edits: [
      { file: 'apps/engine/src/books/post-fills.ts', find: 'for (const copy of triggered)ctx.standingStops.onTriggered(copy);', put: '' },
      { file: 'apps/engine/src/stops/stop-keeper.ts', find: 'this.ctx.standingStops.onTriggered(copy);', put: '' },
    ],
  },
];
