import type { BrokenEngine } from './break-engine';

/** Faults in loss limits (product §3). */
export const BROKEN_BREAKERS: readonly BrokenEngine[] = [
  {
    name: 'equity_without_unrealised',
    rule: 'losses are evaluated on the mark, unrealised included',
    caughtBy: ['order_after_breach', 'breach_not_closed'],
    edits: [{ file: 'libs/replication/src/revalue.ts', find: 'equity[row] = (equity[row] ?? 0) + unrealisedAt(sheet, row, mark);', put: '' }],
  },
  {
    name: 'from_start_forgotten',
    rule: 'loss limit from the start',
    caughtBy: ['order_after_breach', 'breach_not_closed'],
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
    caughtBy: ['order_after_breach', 'breach_not_closed'],
    edits: [{ file: 'libs/risk/src/breaker.ts', find: '(limit === TRAILING ? columns.navPeak : columns.navDay)', put: 'columns.navDay' }],
  },
  {
    name: 'daily_forgotten',
    rule: 'loss limit of the day',
    caughtBy: ['order_after_breach', 'breach_not_closed'],
    edits: [
      {
        file: 'libs/risk/src/breaker.ts',
        find: '(limit === TRAILING ? columns.navPeak : columns.navDay)',
        put: '(limit === TRAILING ? columns.navPeak : [])',
      },
    ],
  },
  {
    name: 'loss_money_sign',
    rule: 'loss limit in money',
    caughtBy: ['order_after_breach', 'breach_not_closed'],
    edits: [
      {
        file: 'libs/risk/src/breaker.ts',
        find: 'return Math.max(0, (columns.pnlAnchor[row] ?? 0) -',
        put: 'return Math.max(0, -(columns.pnlAnchor[row] ?? 0) +',
      },
    ],
  },
  {
    name: 'first_breach_does_not_halt',
    rule: 'the first breach halts new risk at once',
    caughtBy: ['order_after_breach'],
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
    caughtBy: ['breach_not_closed'],
    edits: [{ file: 'apps/engine/src/breakers.ts', find: '(0, _replication.beginClosing)(book, row);', put: '' }],
  },
  {
    name: 'breaker_forgotten_at_restart',
    rule: 'a breaker stays until the follower enables the copy again',
    caughtBy: ['order_after_breach', 'breach_not_closed'],
    edits: [{ file: 'apps/engine/src/breakers.ts', find: "'breaker_closed', reason", put: "'active', reason" }],
  },
  {
    name: 'ladder_does_not_halt',
    rule: 'ladder: new risk halts at its share of a loss limit',
    caughtBy: ['order_after_breach'],
    edits: [{ file: 'libs/risk/src/breaker.ts', find: 'if (reaches(loss, threshold, columns.haltAt[row] ?? -1)) return STEP.haltNew;', put: '' }],
  },
  {
    name: 'flows_taken_for_profit',
    rule: 'unit NAV: money moved in is no gain',
    caughtBy: ['order_after_breach', 'breach_not_closed'],
    edits: [{ file: 'libs/replication/src/book.ts', find: 'copies.navEquity[row] = Math.max(0, left);', put: '' }],
  },
  {
    name: 'copy_without_equity_goes_on',
    rule: 'copy equity of nothing counts as the whole loss',
    caughtBy: ['order_after_breach', 'breach_not_closed'],
    edits: [{ file: 'libs/risk/src/breaker.ts', find: 'return equity <= 0 || linked <= 0 ? 0 :', put: 'return equity <= 0 || linked <= 0 ? ONE :' }],
  },
];
