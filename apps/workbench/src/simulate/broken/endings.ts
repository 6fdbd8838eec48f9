import type { BrokenEngine } from './break-engine';

/** Faults in what ends many copies at once (product §2.10, §2.11). */
export const BROKEN_ENDINGS: readonly BrokenEngine[] = [
  {
    name: 'close_all_of_a_leader_closes_nobody',
    rule: 'close-all of a leader closes each of its copies',
    edits: [
      {
        file: 'apps/engine/src/commands/stop-copy.ts',
        find: '(leaderId === undefined || copy.group.leaderId === leaderId)',
        put: 'leaderId === undefined',
      },
    ],
  },
  {
    name: 'close_all_of_a_brand_closes_nobody',
    rule: 'close-all of a brand closes each of its copies',
    edits: [
      {
        file: 'apps/engine/src/commands/commands.ts',
        find: 'return (0, _stopcopy.closeAllOf)(ctx, parts, scope, {}, before);',
        put: "return (0, _stopcopy.closeAllOf)(ctx, parts, scope, { followerId: '' }, before);",
      },
    ],
  },
];
