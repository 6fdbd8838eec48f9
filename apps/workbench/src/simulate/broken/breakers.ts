import type { BrokenEngine } from './break-engine';

/** Faults in loss limits (product §3). */
export const BROKEN_BREAKERS: readonly BrokenEngine[] = [
  {
    name: 'equity_without_unrealised',
    rule: 'losses are evaluated on the mark, unrealised included',
    edits: [{ file: 'libs/replication/src/revalue.ts', find: 'equity[row] = (equity[row] ?? 0) + unrealisedAt(sheet, row, mark);', put: '' }],
  },
  {
    name: 'from_start_forgotten',
    rule: 'loss limit from the start',
    edits: [
      {
        file: 'libs/risk/src/breaker.ts',
        find: 'if (limit === FROM_START) return Math.max(0, ONE - nav);',
        put: 'if (limit === FROM_START) return 0;',
      },
    ],
  },
  {
    name: 'trailing_from_day',
    rule: 'loss limit from the peak',
    edits: [{ file: 'libs/risk/src/breaker.ts', find: '(limit === TRAILING ? columns.navPeak : columns.navDay)', put: 'columns.navDay' }],
  },
  {
    name: 'daily_forgotten',
    rule: 'loss limit of the day',
    edits: [{ file: 'libs/risk/src/breaker.ts', find: 'columns.navDay[row] = nav;', put: 'columns.navDay[row] = 0;' }],
  },
  {
    name: 'loss_money_sign',
    rule: 'loss limit in money',
    edits: [
      {
        file: 'libs/risk/src/breaker.ts',
        find: 'return Math.max(0, (columns.pnlAnchor[row] ?? 0) -',
        put: 'return Math.max(0, -(columns.pnlAnchor[row] ?? 0) - 2 * (columns.equity[row] ?? 0) + 2 * (columns.allocation[row] ?? 0) +',
      },
    ],
  },
  {
    name: 'first_breach_does_not_halt',
    rule: 'the first breach halts new risk at once',
    edits: [
      {
        file: 'libs/risk/src/breaker.ts',
        find: 'return seen >= (columns.closeAfter[row] ?? 1) ? STEP.close : STEP.haltNew;',
        put: 'return seen >= (columns.closeAfter[row] ?? 1) + 20 ? STEP.close : STEP.alert;',
      },
    ],
  },
  {
    name: 'breaker_closes_nothing',
    rule: 'a triggered breaker closes everything copied',
    edits: [{ file: 'apps/engine/src/breakers.ts', find: '(0, _replication.beginClosing)(book, row);', put: '' }],
  },
  {
    name: 'breaker_forgotten_at_restart',
    rule: 'a breaker stays until the follower enables the copy again',
    edits: [{ file: 'apps/engine/src/breakers.ts', find: "'breaker_closed', reason", put: "'active', reason" }],
  },
];
