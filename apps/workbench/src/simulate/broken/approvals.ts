import type { BrokenEngine } from './break-engine';

const PROPOSALS = 'libs/replication/src/proposals.ts';

/** Faults in the approval of each trade (product §3, policies). */
export const BROKEN_APPROVALS: readonly BrokenEngine[] = [
  {
    name: 'approval_not_asked',
    rule: 'approval: no increase leaves without the follower’s approval',
    caughtBy: ['not_approved'],
    edits: [
      {
        file: 'libs/replication/src/checks.ts',
        find: 'const asksFirst = (copies, row)=>(copies.approveWithinMs[row] ?? 0) > 0;',
        put: 'const asksFirst = ()=>false;',
      },
    ],
  },
  {
    name: 'approval_entered_twice',
    rule: 'approval: what was approved is entered once, and no more than that',
    caughtBy: ['not_approved'],
    edits: [
      {
        file: PROPOSALS,
        find: 'rows.target[row] = target + side * approved.micro;',
        put: 'rows.target[row] = target + 2 * side * approved.micro;',
      },
    ],
  },
  {
    name: 'approval_after_its_end',
    rule: 'approval: nothing is entered once the proposal ended',
    caughtBy: ['not_approved'],
    edits: [
      {
        file: PROPOSALS,
        find: 'const isOver = ({ endsAt }, now)=>now >= endsAt;',
        put: 'const isOver = ()=>false;',
      },
      { file: 'apps/engine/src/proposals/answer-proposal.ts', find: 'Math.min(now + window, asked.endsAt)', put: 'now + window' },
    ],
  },
  {
    name: 'proposal_outlives_reduction',
    rule: 'approval: a reduction of the leader takes proposals back by its share',
    caughtBy: ['beyond_target', 'target_too_high', 'entry_without_cause'],
    edits: [
      {
        file: PROPOSALS,
        find: "if (kind === 'reduce') return before === null ? null :",
        put: "if (kind === 'reduce') return before !== null || before === null ? before :",
      },
    ],
  },
];
