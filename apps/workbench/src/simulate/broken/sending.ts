import type { BrokenEngine } from './break-engine';

/** Faults between plan and venue (product §2.5 to §2.10). */
export const BROKEN_SENDING: readonly BrokenEngine[] = [
  {
    name: 'exits_wait_for_entries_rules',
    rule: 'an exit is never refused by rules meant for entries',
    caughtBy: ['exit_refused', 'exit_not_followed'],
    edits: [{ file: 'apps/engine/src/wave/apply-outcomes.ts', find: 'if (orders.exit[row] === 1) return 0;', put: '' }],
  },
  {
    name: 'exits_not_reduce_only',
    rule: 'exits are reduce-only',
    caughtBy: ['exit_not_reduce_only', 'reduce_only_wrong'],
    edits: [{ file: 'libs/replication/src/emit-orders.ts', find: 'reduceOnly[at] = (leg[at] ?? 0) % 2 === 0 ? 1 : 0;', put: 'reduceOnly[at] = 0;' }],
  },
  {
    name: 'entries_first',
    rule: 'reductions leave first',
    caughtBy: ['wave_order'],
    edits: [
      {
        file: 'libs/replication/src/emit-orders.ts',
        find: 'for(let first = 0; first < 4; first += 2)',
        put: 'for(let first = 2; first >= 0; first -= 2)',
      },
    ],
  },
  {
    name: 'retry_on_unknown',
    rule: 'an unknown order stays in flight',
    caughtBy: ['double_order'],
    edits: [
      {
        file: 'libs/replication/src/apply.ts',
        find: "if (kind === 'unknown') {",
        put: "if (kind === 'unknown') {\n        releasePending(sheet, row, reservationOf(orders, order), orders.lots[order] ?? 0);",
      },
    ],
  },
  {
    name: 'unknown_taken_for_absent',
    rule: 'an order the venue does not know may still land',
    caughtBy: ['double_order', 'order_end_wrong'],
    edits: [
      {
        file: 'apps/engine/src/settle-unknown.ts',
        find: 'const voids = await spendNonce(venue, question, pass);',
        put: "return { kind: 'never_landed' };\n    const voids = await spendNonce(venue, question, pass);",
      },
    ],
  },
  {
    name: 'attempts_not_numbered',
    rule: 'client order ids are injective',
    caughtBy: ['duplicate_client_order_id'],
    edits: [
      {
        file: 'libs/replication/src/repair.ts',
        find: '} else rows.attempt[row] = (rows.attempt[row] ?? 0) + 1;',
        put: '} else rows.attempt[row] = rows.attempt[row] ?? 0;',
      },
    ],
  },
  {
    name: 'nonce_used_twice',
    rule: 'a nonce is used once',
    caughtBy: ['duplicate_nonce'],
    edits: [
      {
        file: 'libs/replication/src/emit-orders.ts',
        find: 'const nonce = Math.max(options.now, (options.lastNonce[signer] ?? 0) + 1);',
        put: 'const nonce = options.now;',
      },
    ],
  },
  {
    name: 'no_expiry',
    rule: 'entries carry their greatest age as expiry',
    caughtBy: ['expiry'],
    edits: [
      { file: 'libs/replication/src/emit-orders.ts', find: 'expiresAfter[at] = exit[at] === 1 ? 0 :', put: 'expiresAfter[at] = 1 === 1 ? 0 :' },
    ],
  },
  {
    name: 'old_moves_entered',
    rule: 'entries have a greatest age',
    caughtBy: ['entry_too_old'],
    edits: [
      {
        file: 'libs/replication/src/plan-wave.ts',
        find: 'if (draft.options.now - facts.firstFillAt > (copies.maxAgeMs[row] ?? 0)) return STALE_MOVE;',
        put: '',
      },
      {
        file: 'libs/replication/src/plan-wave.ts',
        find: 'draft.expiry[index] = facts.firstFillAt + (copies.maxAgeMs[row] ?? 0);',
        put: 'draft.expiry[index] = draft.options.now + (copies.maxAgeMs[row] ?? 0);',
      },
    ],
  },
  {
    name: 'price_bound_doubled',
    rule: 'entries stay within their price bound',
    caughtBy: ['price_bound'],
    edits: [
      { file: 'libs/replication/src/price-bound.ts', find: 'floorOf(reference, ONE + bound, ONE)', put: 'floorOf(reference, ONE + 2 * bound, ONE)' },
    ],
  },
  {
    name: 'tick_rounded_outwards',
    rule: 'limit prices are rounded to the strict side',
    caughtBy: ['price_bound'],
    edits: [{ file: 'libs/replication/src/price-bound.ts', find: 'return buy ? floorToTick(', put: 'return buy ? ceilToTick(' }],
  },
  {
    name: 'sent_before_journaled',
    rule: 'everything is written down before the first byte leaves',
    caughtBy: ['not_journaled'],
    edits: [
      {
        file: 'apps/engine/src/wave/run-wave.ts',
        find: 'const journaled = await (0, _writejournal.writeJournal)(ctx, waves, firstPart);',
        put: 'const journaled = { times: new Map(), stopsAsOf: { get: () => Infinity } };\n        const writing = (0, _writejournal.writeJournal)(ctx, waves, firstPart);',
      },
      {
        file: 'apps/engine/src/wave/run-wave.ts',
        find: 'for (const [index, wave] of waves.entries())await sendWave(ctx, books, wave, journaled, moves[index] ?? null, behind);',
        put: 'for (const [index, wave] of waves.entries())await sendWave(ctx, books, wave, journaled, moves[index] ?? null, behind);\n        await writing;',
      },
    ],
  },
  {
    name: 'orders_forgotten_at_restart',
    rule: 'a restart settles every journaled order',
    caughtBy: ['order_without_end', 'double_order'],
    edits: [
      {
        file: 'apps/engine/src/recover/reopen-orders.ts',
        find: 'if (reopen(ctx, order, wave, written.get(order.row.id), booked.get(order.row.id) ?? 0n)) accounts.add(order.copy.account);',
        put: '',
      },
    ],
  },
  {
    name: 'another_accounts_key',
    rule: 'an order of a copy leaves with its own account’s key',
    caughtBy: ['other_account'],
    edits: [
      {
        file: 'libs/replication/src/emit-orders.ts',
        find: 'const signer = draft.book.copies.signer[draft.row[index] ?? 0] ?? 0;',
        put: 'const signer = draft.book.copies.signer[draft.row[0] ?? 0] ?? 0;',
      },
    ],
  },
  {
    name: 'exits_tried_once',
    rule: 'an exit that failed is repeated until it is filled',
    caughtBy: ['exit_not_followed', 'breach_not_closed', 'stop_not_flat'],
    edits: [
      {
        file: 'libs/replication/src/repair.ts',
        find: 'const failed = EXIT_PACES.find(([from])=>(rows.exitFailures[row] ?? 0) >= from);',
        put: 'if ((rows.exitFailures[row] ?? 0) > 0) return true;\n    const failed = EXIT_PACES.find(([from])=>(rows.exitFailures[row] ?? 0) >= from);',
      },
    ],
  },
  {
    name: 'minimum_holds_the_last_of_an_account',
    rule: 'an exit that closes the whole net is exempt from the venue’s minimum',
    caughtBy: ['exit_not_followed'],
    edits: [
      {
        file: 'libs/replication/src/decide-orders.ts',
        find: 'const closesNet = (draft, index, lots)=>lots ===',
        put: 'const closesNet = (draft, index, lots)=>-1 - lots ===',
      },
    ],
  },
];
