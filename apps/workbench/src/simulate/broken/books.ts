import type { BrokenEngine } from './break-engine';

/** Faults in what is written down (product §2.6, §5). */
export const BROKEN_BOOKS: readonly BrokenEngine[] = [
  {
    name: 'fills_booked_twice',
    rule: 'each fill is booked once',
    caughtBy: ['fill_booked_twice', 'ledger_source_twice', 'money_wrong'],
    edits: [
      {
        file: 'apps/engine/src/books/post-fills.ts',
        find: 'const booked = postings.filter((posting)=>inserted.delete(posting.row.id));',
        put: 'const booked = [...postings.filter((posting)=>inserted.delete(posting.row.id))].flatMap((posting)=>[posting, { ...posting }]);',
      },
    ],
  },
  {
    name: 'fees_forgotten',
    rule: 'PnL after fees',
    // What a copy is worth is after its fees: its losses are seen too late without them.
    caughtBy: ['money_wrong', 'order_after_breach', 'breach_not_closed'],
    edits: [
      {
        file: 'apps/engine/src/books/post-fills.ts',
        find: '(0, _copyledger.bookFill)(before.booked, signed(fill.side, fill.size), fill.price, fill.fee)',
        put: '(0, _copyledger.bookFill)(before.booked, signed(fill.side, fill.size), fill.price, 0n)',
      },
    ],
  },
  {
    name: 'funding_forgotten',
    rule: 'funding is attributed by quantity',
    caughtBy: ['money_wrong'],
    edits: [
      {
        file: 'apps/engine/src/books/post-funding.ts',
        find: 'const fresh = await (0, _fundingparts.unbookedParts)(ctx, unit, charges, (charge)=>holdBack(ctx, charge, readTo));',
        put: 'const fresh = [];',
      },
    ],
  },
  {
    name: 'events_of_another_tenant',
    rule: 'nothing crosses tenants',
    caughtBy: ['other_scope'],
    edits: [
      {
        file: 'apps/engine/src/books/post-fills.ts',
        find: 'copyId: row.copyId,',
        put: 'copyId: row.copyId === null ? null : [...ctx.registry.copies.values()][0].id,',
      },
    ],
  },
];
