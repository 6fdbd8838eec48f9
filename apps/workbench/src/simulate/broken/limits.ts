import type { BrokenEngine } from './break-engine';

/** Faults in order limits (product §3). */
export const BROKEN_LIMITS: readonly BrokenEngine[] = [
  {
    name: 'size_cap_off_by_one',
    rule: 'position cap: size, to the lot',
    caughtBy: ['cap_position_size'],
    edits: [
      { file: 'libs/replication/src/caps.ts', find: 'into[0] = sizeLots(copies, sheet, row);', put: 'into[0] = sizeLots(copies, sheet, row) + 1;' },
      { file: 'libs/risk/src/order-limits.ts', find: 'if (size >= 0 && exceeds(', put: 'if (size >= 0 && lots > 1e15 && exceeds(' },
    ],
  },
  {
    name: 'size_cap_forgotten',
    rule: 'position cap: size',
    caughtBy: ['cap_position_size'],
    edits: [
      { file: 'libs/replication/src/caps.ts', find: 'into[0] = sizeLots(copies, sheet, row);', put: 'into[0] = UNLIMITED;' },
      { file: 'libs/risk/src/order-limits.ts', find: 'if (size >= 0 && exceeds(', put: 'if (size >= 0 && lots > 1e15 && exceeds(' },
    ],
  },
  {
    name: 'notional_cap_at_mark',
    rule: 'position cap: notional at the higher of mark and limit price',
    caughtBy: ['cap_position_notional'],
    edits: [
      { file: 'libs/replication/src/plan-wave.ts', find: 'Math.max(sheet.mark, limit)', put: 'sheet.mark' },
      { file: 'libs/risk/src/order-limits.ts', find: 'Math.max(facts.mark, orders.price[order] ?? 0)', put: 'facts.mark' },
    ],
  },
  {
    name: 'notional_cap_forgotten',
    rule: 'position cap: notional',
    caughtBy: ['cap_position_notional'],
    edits: [
      { file: 'libs/replication/src/caps.ts', find: 'into[1] = notional < 0', put: 'into[1] = notional < 1e17' },
      { file: 'libs/risk/src/order-limits.ts', find: 'if (money >= 0 && exceeds(', put: 'if (money > 1e17 && exceeds(' },
    ],
  },
  {
    name: 'share_cap_forgotten',
    rule: 'position cap: share of equity',
    caughtBy: ['cap_position_share'],
    edits: [
      { file: 'libs/replication/src/caps.ts', find: 'into[2] = share < 0', put: 'into[2] = share < 1e17' },
      { file: 'libs/risk/src/order-limits.ts', find: 'if (share >= 0 && exceeds(', put: 'if (share > 1e17 && exceeds(' },
    ],
  },
  {
    name: 'allocation_forgotten',
    rule: 'allocation: the sum of initial margins stays within the copy equity',
    caughtBy: ['allocation'],
    edits: [
      {
        file: 'libs/replication/src/caps.ts',
        find: 'into[3] = freeMargin <= 0 ? 0 : floorOf',
        put: 'into[3] = freeMargin <= 0 ? UNLIMITED : UNLIMITED + floorOf',
      },
      {
        file: 'libs/risk/src/order-limits.ts',
        find: 'if (exceeds(notional, free * times',
        put: 'if (notional < 0 && exceeds(notional, free * times',
      },
    ],
  },
  {
    name: 'leverage_cap_forgotten',
    rule: 'leverage: notional of all positions over the copy equity',
    caughtBy: ['leverage'],
    edits: [
      { file: 'libs/replication/src/caps.ts', find: 'into[4] = most < 0', put: 'into[4] = most < 1e17' },
      { file: 'libs/risk/src/order-limits.ts', find: 'if (leverage >= 0 && exceeds(', put: 'if (leverage > 1e17 && exceeds(' },
    ],
  },
  {
    name: 'leverage_of_one_instrument',
    rule: 'leverage counts every instrument',
    caughtBy: ['leverage'],
    edits: [
      { file: 'libs/replication/src/caps.ts', find: 'RATE_ONE) - otherExposure, sheet', put: 'RATE_ONE), sheet' },
      { file: 'libs/risk/src/order-limits.ts', find: 'const other = facts.otherExposure[row] ?? 0;', put: 'const other = 0;' },
    ],
  },
  {
    name: 'orders_on_their_way_not_counted',
    rule: 'worst case: working and unknown orders filled',
    caughtBy: ['cap_position_size', 'cap_position_notional', 'cap_position_share', 'allocation', 'leverage', 'double_order'],
    edits: [
      {
        file: 'libs/replication/src/revalue.ts',
        find: 'return Math.max(0, held + exits) + Math.max(0, all - exits - standing);',
        put: 'return Math.max(0, held);',
      },
    ],
  },
  {
    name: 'instrument_filter_forgotten',
    rule: 'instrument filter',
    caughtBy: ['instrument_filter'],
    edits: [
      { file: 'libs/replication/src/checks.ts', find: 'if ((rows.allowed[row] ?? 0) === _instrumentcolumns.ALLOWED.no) return FILTER;', put: '' },
      { file: 'apps/engine/src/wave/apply-outcomes.ts', find: 'return allowed === _replication.ALLOWED.yes ? 0', put: 'return allowed < 9 ? 0' },
    ],
  },
  {
    name: 'stale_mark_accepted',
    rule: 'a mark older than 5 s halts new risk',
    caughtBy: ['stale_mark'],
    edits: [
      {
        file: 'libs/replication/src/plan-wave.ts',
        find: 'return fresh && copies.marksFresh[row] === 1 ? _checks.CLEAR : STALE_MARK;',
        put: 'return _checks.CLEAR;',
      },
      {
        file: 'libs/replication/src/repair.ts',
        find: 'if (sheet.mark === 0 || options.now - sheet.markAt > options.markMaxAgeMs || copies.marksFresh[row] === 0) return STALE_MARK;',
        put: '',
      },
      { file: 'libs/risk/src/order-limits.ts', find: 'facts.now - facts.markAt > facts.markMaxAgeMs', put: 'facts.now < 0' },
    ],
  },
  {
    name: 'lost_truth_ignored',
    rule: 'truth that is not known halts new risk',
    caughtBy: ['truth_disconnected'],
    edits: [
      {
        file: 'libs/replication/src/checks.ts',
        find: 'return ((copies.status[row] ?? 0) & UNKNOWN_TRUTH) !== 0 ? STALE_TRUTH : _reasons.CLEAR;',
        put: 'return _reasons.CLEAR;',
      },
      {
        file: 'libs/replication/src/order-facts.ts',
        find: 'copies.status[row] === _copycolumns.STATUS.active',
        put: '(copies.status[row] & _copycolumns.STATUS.active) !== 0',
      },
      { file: 'apps/engine/src/wave/apply-outcomes.ts', find: '_replication.STATUS.staleTruth | _replication.STATUS.leaderUnseen', put: '0' },
    ],
  },
  {
    name: 'in_flight_elsewhere_forgotten',
    rule: 'worst case: orders in flight of every instrument count',
    caughtBy: ['leverage', 'allocation', 'gross_exposure'],
    edits: [
      {
        file: 'libs/replication/src/revalue.ts',
        find: 'return Math.max(inFlightLots(rows, row), Math.ceil(Math.abs(rows.target[row] ?? 0) / _instrumentcolumns.MICRO));',
        put: 'return Math.abs(rows.position[row] ?? 0);',
      },
    ],
  },
];
