import type { BrokenEngine, Edit } from './break-engine';

const CAP = 'libs/replication/src/margin-cap.ts';
/** The second look finds a wrong plan by itself: it is blind here, so that the auditor has to. */
const BLIND_GATE: Edit = { file: 'libs/risk/src/order-limits.ts', find: 'if (facts.margin !== null && ', put: 'if (facts.margin === undefined && ' };

/** Faults in margin and liquidation distance per clearinghouse (product §3). */
export const BROKEN_MARGIN: readonly BrokenEngine[] = [
  {
    name: 'liquidation_floor_forgotten',
    rule: 'liquidation distance after an increase',
    caughtBy: ['liquidation_distance'],
    edits: [{ file: CAP, find: 'if (distance < 0) return UNLIMITED;', put: 'return UNLIMITED;' }, BLIND_GATE],
  },
  {
    name: 'maintenance_forgotten',
    rule: 'liquidation distance: what is left above maintenance',
    caughtBy: ['liquidation_distance'],
    edits: [{ file: CAP, find: 'const own = maintenanceRate(sheet) + distanceRate', put: 'const own = distanceRate' }, BLIND_GATE],
  },
  {
    name: 'margin_of_one_instrument',
    rule: 'margin counts every position of the clearinghouse',
    caughtBy: ['liquidation_distance', 'clearing_margin'],
    edits: [{ file: CAP, find: 'if (sheet === undefined || sheet === own ||', put: 'if (sheet !== null ||' }, BLIND_GATE],
  },
  {
    name: 'money_of_every_clearinghouse',
    rule: 'margin is what the account has in the clearinghouse',
    caughtBy: ['liquidation_distance', 'clearing_margin'],
    edits: [{ file: CAP, find: '- (sheet.rows.clearingShort[row] ?? 0);', put: ';' }],
  },
  {
    name: 'near_liquidation_not_trimmed',
    rule: 'liquidation distance as a state limit: acted on',
    caughtBy: ['state_limit_not_met'],
    edits: [
      {
        file: 'libs/replication/src/state-limits.ts',
        find: 'if (limit === DISTANCE) return lotsAway(book, sheet, row, action);',
        put: 'if (limit === DISTANCE) return Math.abs(sheet.rows.position[row] ?? 0);',
      },
    ],
  },
  {
    name: 'near_liquidation_not_seen',
    rule: 'liquidation distance as a state limit: judged at every mark',
    caughtBy: ['limit_not_told', 'order_beyond_state', 'state_limit_not_met'],
    edits: [{ file: 'libs/replication/src/held-distance.ts', find: 'if (distance === _copycolumns.NO_LIMIT) return false;', put: 'return false;' }],
  },
];
