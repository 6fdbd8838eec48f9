import type { TenantScope } from '@lockstep/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScopedUnit } from './scoped-unit';
import type { Storage } from './storage';
import { unscoped } from './testing/scope-predicate';
import { openTestStorage, type TestStorage } from './testing/test-storage';

let test: TestStorage;
let owner: Storage;
let red: TenantScope;

beforeAll(async () => {
  test = await openTestStorage();
  owner = await test.as('backoffice');
  red = await test.tenant('Red');
});
afterAll(() => test.close());

/** Statements that open and end a unit. */
const FRAME = /^(begin|commit|rollback|select 1$)/;

const page = { limit: 3, after: null, order: 'newest_first' } as const;

/** Calls whose statements are put together at run time: by TypeORM, by the paging and by the job helpers. Reads run whatever the rights; nothing is expected to be found. */
const CALLS: readonly (readonly [name: string, call: (unit: ScopedUnit) => Promise<unknown>])[] = [
  ['find', (unit) => unit.leaders.find({ status: 'active' }, { orderBy: { createdAt: 'ASC' }, limit: 2 })],
  ['find with no condition', (unit) => unit.copies.find({})],
  ['findOne', (unit) => unit.followers.findOne({ id: test.ids.next('follower') })],
  ['count', (unit) => unit.venueAccounts.count({})],
  ['update', (unit) => unit.settlements.update({ period: 'none' }, { status: 'closing' })],
  ['page by time', (unit) => unit.audit.page(page, { action: 'x' })],
  ['page by time, next', (unit) => unit.exports.page({ ...page, after: { at: 1, id: 'exp' }, order: 'oldest_first' }, { kind: 'fills' })],
  ['page by id', (unit) => unit.orders.page({ ...page, after: 'ord_' }, { coin: 'BTC', status: 'sent', copyNo: 1n })],
  ['page of fills', (unit) => unit.fills.page(page)],
  ['jobs enqueue', (unit) => unit.jobs.enqueue({ id: test.ids.next('job'), kind: 'k', uniqueKey: null, payload: {}, runAt: 0, attemptsMax: 1 })],
  ['jobs claim', (unit) => unit.jobs.claim(['k'], 1, 1_000)],
  ['jobs finish', (unit) => unit.jobs.finish({ id: test.ids.next('job'), attempts: 1 }, { status: 'done' })],
  ['jobs retry', (unit) => unit.jobs.retryAt({ id: test.ids.next('job'), attempts: 1 }, 0, 'why')],
  ['jobs extend', (unit) => unit.jobs.extend({ id: test.ids.next('job'), attempts: 1 }, 1_000)],
  [
    'insert',
    (unit) =>
      unit.audit.insert({
        id: test.ids.next('audit'),
        actor: 'a',
        action: 'b',
        targetId: null,
        requestId: null,
        detail: {},
        before: null,
        after: {},
        createdAt: 1,
      }),
  ],
];

describe('statements put together at run time', () => {
  it.each(CALLS)('%s: name tenant and environment', async (_name, call) => {
    const from = test.statements.length;
    await owner.scoped(red, call);
    const run = test.statements.slice(from).filter((statement) => !FRAME.test(statement));
    expect(run.length).toBeGreaterThan(0);
    // TypeORM quotes every name and writes its alias before each column: both go, so that one rule reads both hands.
    const plain = run.map((statement) => statement.replaceAll(/"([a-z_]+)"\."([a-z_]+)"/g, '$2').replaceAll('"', ''));
    expect(
      plain.map((statement) => unscoped(statement.replaceAll(/\b(from|update) ([a-z_]+) \2\b/gi, '$1 $2'))).filter((why) => why !== null),
    ).toEqual([]);
  });
});
