import type { BrokenEngine } from './break-engine';

const CROSSING = 'libs/replication/src/crossing.ts';
const DECIDE_ORDERS = 'libs/replication/src/decide-orders.ts';
const CROSS_INSIDE = 'apps/engine/src/repair/cross-inside.ts';
const EVERYBODY = '[...this.ctx.registry.copies.values()].map(({ watched, row })=>({ book: watched.book, row }))';

/** Faults with several copies on one venue account (product §2.6). */
export const BROKEN_SHARING: readonly BrokenEngine[] = [
  {
    name: 'cross_beyond_bounds',
    rule: 'a cross lies inside both bounds',
    caughtBy: ['price_bound'],
    edits: [
      {
        file: CROSSING,
        find: 'const within = desires.filter(({ buy, limit })=>buy ? price <= limit : price >= limit);',
        put: 'const within = desires;',
      },
      // What may be caught up is within its bound; an order to the venue is still limited by it.
      {
        file: 'libs/replication/src/repair.ts',
        find: 'return insideBand(view, row, reference, buy) ? _checks.CLEAR : OUT_OF_BAND;',
        put: 'return _checks.CLEAR;',
      },
    ],
  },
  {
    name: 'cross_at_the_ask',
    rule: 'a cross is made at the middle of a fresh book',
    caughtBy: ['cross_wrong'],
    edits: [{ file: CROSSING, find: 'const price = midOf(first.sheet);', put: 'const price = ask;' }],
  },
  {
    name: 'cross_between_followers',
    rule: 'nothing crosses between followers',
    caughtBy: ['cross_wrong'],
    edits: [
      {
        file: CROSS_INSIDE,
        find: '(0, _replication.mayCross)((0, _replication.membersIn)(registry.rowsOf(account), coin))',
        put: `(0, _replication.mayCross)((0, _replication.membersIn)(${EVERYBODY}, coin))`,
      },
      {
        file: CROSS_INSIDE,
        find: '(0, _replication.membersIn)(this.ctx.registry.rowsOf(account), coin)',
        put: `(0, _replication.membersIn)(${EVERYBODY}, coin)`,
      },
    ],
  },
  {
    name: 'cross_whatever_is_halted',
    rule: 'what a copy enters by a cross is new risk',
    caughtBy: ['halt_ignored', 'order_after_breach', 'order_beyond_state', 'stale_mark', 'truth_disconnected'],
    edits: [{ file: CROSSING, find: '}, row, buy) !== _checks.CLEAR) return null;', put: '}, row, buy) === -1) return null;' }],
  },
  {
    name: 'cross_without_caps',
    rule: 'caps hold inside an account too',
    caughtBy: ['cap_position_size', 'cap_position_notional', 'cap_position_share', 'allocation', 'leverage', 'gross_exposure'],
    edits: [
      {
        file: CROSSING,
        find: 'const room = Math.floor(capsOf(member, buy, Math.max(entry.limit, midOf(sheet)), options) - held);',
        put: 'const room = Number.MAX_SAFE_INTEGER;',
      },
    ],
  },
  {
    name: 'cross_booked_the_wrong_way',
    rule: 'each side of a cross is its copy’s own',
    caughtBy: ['money_wrong', 'position_wrong'],
    edits: [
      {
        file: 'apps/engine/src/books/book-cross.ts',
        find: "sideOf(ctx, crossed, crossed.buyer, 'buy', at)",
        put: "sideOf(ctx, crossed, crossed.buyer, 'sell', at)",
      },
      {
        file: 'apps/engine/src/books/book-cross.ts',
        find: "sideOf(ctx, crossed, crossed.seller, 'sell', at)",
        put: "sideOf(ctx, crossed, crossed.seller, 'buy', at)",
      },
    ],
  },
  {
    name: 'crossing_order_not_split',
    rule: 'an order that crosses flat leaves as two, the reduce-only one first',
    caughtBy: ['reduce_only_wrong'],
    edits: [{ file: DECIDE_ORDERS, find: 'const reduceOnly = Math.min(lots, against);', put: 'const reduceOnly = 0;' }],
  },
  {
    name: 'other_copies_forgotten',
    rule: 'reduce-only is judged by what the account holds',
    caughtBy: ['reduce_only_wrong'],
    edits: [{ file: DECIDE_ORDERS, find: '+ (rows.others[row] ?? 0) + (rows.beside[row] ?? 0);', put: '+ (rows.beside[row] ?? 0);' }],
  },
  {
    name: 'fill_of_another_copy',
    rule: 'a fill is the copy’s whose order it was',
    caughtBy: ['other_scope', 'position_wrong'],
    edits: [
      {
        file: 'apps/engine/src/books/attribute.ts',
        find: 'const copy = registry.copies.get(named.copyNo);',
        put: 'const copy = registry.copiesOf(account)[0] ?? registry.copies.get(named.copyNo);',
      },
    ],
  },
  {
    name: 'funding_to_one_copy',
    rule: 'funding is each copy’s by its own quantity',
    caughtBy: ['money_wrong'],
    edits: [
      {
        file: 'apps/engine/src/books/funding-parts.ts',
        find: '}, held, ownSide(ctx, account, instrument, copies));',
        put: '}, held, ownSide(ctx, account, instrument, copies)).map((_, at, all)=>at > 0 ? 0n : all.reduce((sum, part)=>sum + part, 0n));',
      },
    ],
  },
];
