import type { BrokenEngine } from './break-engine';

const HELD = 'libs/replication/src/state-limits.ts';

/** Faults in limits that are judged on what is held (product §3 (2)), and in the limit of all positions together. */
export const BROKEN_HELD_LIMITS: readonly BrokenEngine[] = [
  {
    name: 'passed_limit_does_not_halt',
    rule: 'state limits: a limit passed on a mark halts new risk at once',
    caughtBy: ['order_beyond_state'],
    edits: [
      {
        file: 'apps/engine/src/state-limits.ts',
        find: 'book.setStatus(row, _replication.STATUS.limitHalt, halts);',
        put: 'book.setStatus(row, _replication.STATUS.limitHalt, false);',
      },
      // What is above the limit takes no entry by the caps either, but in its other instruments.
      { file: HELD, find: 'return sheets.filter((sheet, index)=>setLots(sheet, row, most[index] ?? 0));', put: 'return [];' },
    ],
  },
  {
    name: 'trim_forgotten',
    rule: 'state limits: what is held beyond a limit is trimmed',
    caughtBy: ['state_limit_not_met'],
    edits: [{ file: HELD, find: 'return sheets.filter((sheet, index)=>setLots(sheet, row, most[index] ?? 0));', put: 'return [];' }],
  },
  {
    name: 'trim_above_the_limit',
    rule: 'state limits: a trim ends 5 % below the limit',
    caughtBy: ['state_limit_not_met'],
    edits: [{ file: HELD, find: 'TRIMMED_PERCENT = 95;', put: 'TRIMMED_PERCENT = 104;' }],
  },
  {
    name: 'trim_to_the_limit',
    rule: 'state limits: a trim ends 5 % below the limit, not at it',
    caughtBy: ['state_limit_not_met'],
    edits: [{ file: HELD, find: 'TRIMMED_PERCENT = 95;', put: 'TRIMMED_PERCENT = 100;' }],
  },
  {
    name: 'closed_by_limit_enters_again',
    rule: 'state limits: what a limit closed waits for the next open',
    caughtBy: ['beyond_target', 'target_too_high', 'entry_without_cause'],
    edits: [
      {
        file: HELD,
        find: 'if (most === 0) rows.episode[row] = (rows.episode[row] ?? 0) | _instrumentcolumns.EPISODE.awaitingOpen;',
        put: 'if (most === 0) rows.episode[row] = rows.episode[row] ?? 0;',
      },
    ],
  },
  {
    name: 'passed_limit_not_told',
    rule: 'state limits: a passed limit is told',
    caughtBy: ['limit_not_told'],
    edits: [{ file: 'apps/engine/src/state-limits.ts', find: "if (action !== 'none') this.tell", put: "if (action === 'none') this.tell" }],
  },
  {
    name: 'gross_cap_forgotten',
    rule: 'gross exposure: all positions of a copy together',
    caughtBy: ['gross_exposure'],
    edits: [
      { file: 'libs/replication/src/caps.ts', find: 'into[6] = gross < 0', put: 'into[6] = gross < 1e17' },
      { file: 'libs/risk/src/order-limits.ts', find: 'if (gross >= 0 && exceeds(', put: 'if (gross > 1e17 && exceeds(' },
    ],
  },
];
