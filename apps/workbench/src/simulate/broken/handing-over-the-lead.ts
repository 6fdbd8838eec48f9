import type { BrokenEngine } from './break-engine';

/** Faults where one engine lost its lock and the next one works beside it (ARCHITECTURE 37, 91). */
export const BROKEN_LEAD: readonly BrokenEngine[] = [
  {
    name: 'fence_forgotten',
    rule: 'nothing an engine writes stands once the next one has begun',
    caughtBy: ['written_after_term'],
    edits: [
      {
        file: 'apps/engine/src/boot.ts',
        find: 'storage: (0, _lead.storageInTerm)(given.storage, claimed.value.term, given.lead)',
        put: 'storage: given.storage',
      },
    ],
  },
  {
    name: 'sends_after_lock_lost',
    rule: 'an engine that may not lead any more sends nothing',
    caughtBy: ['sent_without_lock'],
    edits: [{ file: 'apps/engine/src/lead.ts', find: 'const leads = lead.holds();', put: 'const leads = true;' }],
  },
  {
    name: 'absent_called_too_early',
    rule: 'an order an earlier engine wrote down may arrive until its nonce is spent',
    caughtBy: ['double_order', 'order_end_wrong'],
    edits: [
      {
        file: 'apps/engine/src/settle-unknown.ts',
        find: 'const voids = await spendNonce(venue, question, pass);',
        put: "if (question.spentMs !== undefined) return { kind: 'never_landed' };\n    const voids = await spendNonce(venue, question, pass);",
      },
    ],
  },
];
