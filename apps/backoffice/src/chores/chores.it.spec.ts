import { makeId, parseMoney, price, RATE_ONE, rate, size, type TenantScope, UNIT, unwrap } from '@lockstep/kernel';
import type { FeeScheduleVersion } from '@lockstep/ledger';
import {
  type FillRow,
  fillIdOf,
  IDEMPOTENCY_TTL_MS,
  INTERNAL_ORDER,
  type NewRow,
  orderIdOf,
  runOperatorIdempotent,
  useSignature,
} from '@lockstep/storage';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestStorage, type TestStorage } from '../../../../libs/storage/src/testing/test-storage';
import { Relay } from '../relay';
import { copyNumber, fillOf, postAs, type TestContext, testContext } from '../testing/test-context';
import { accrualOf, accrueMarkup, isIncrease } from './accrue-markup';
import { closeMonths, monthStart } from './close-months';
import { foldBalances } from './fold-balances';
import { forgetExpired, forgetOperatorKeys } from './forget-expired';
import { keepPartitions } from './keep-partitions';
import { proveLedger } from './prove-ledger';
import { Timetable } from './timetable';

const AT = Date.UTC(2026, 10, 20);
let test: TestStorage;
let ctx: TestContext;
let names = 0;

beforeAll(async () => {
  test = await openTestStorage();
  ctx = await testContext(test);
});
afterAll(() => test.close());
const newTenant = (): Promise<TenantScope> => test.tenant(`Brand ${++names}`);

describe('accrual of markup', () => {
  const version = (over: Partial<FeeScheduleVersion>): FeeScheduleVersion => ({
    version: 1,
    announcedAtMs: 0,
    effectiveFromMs: 0,
    markupTenthsBp: 30,
    flow: 'all',
    builderOwner: 'tenant',
    builderAddress: null,
    operatorShare: rate(RATE_ONE / 2n),
    missingApproval: 'deny_entries',
    ...over,
  });
  const fill = {
    fillId: 'f',
    copyId: copyNumber(1),
    createdAt: AT,
    coin: 'BTC',
    feeAsset: 'USDC',
    startPosition: size(0n),
    quantity: size(UNIT / 1_000n),
    price: price(50_000n * UNIT),
    venue: 'hyperliquid',
    orderId: null,
  };
  const scheduleRow = () => ({
    id: test.ids.next('feeSchedule'),
    version: 1,
    markupTenths: 30,
    flow: 'all' as const,
    builderAddress: null,
    builderOwner: 'tenant' as const,
    operatorShare: RATE_ONE / 2n,
    missingApproval: 'deny_entries' as const,
    actor: 'test',
    createdAt: AT - 1,
    effectiveFrom: AT - 1,
  });

  it.each([
    [0n, 1n, true],
    [0n, -1n, true],
    [1n, 1n, true],
    [1n, -1n, false],
    [-1n, -1n, true],
    [-1n, 1n, false],
  ])('from %s by %s increases: %s', (start, quantity, expected) => {
    expect(isIncrease(size(start), size(quantity))).toBe(expected);
  });

  it.each([
    ['by the schedule of its time', [version({}), version({ version: 2, markupTenthsBp: 90, effectiveFromMs: AT + 1 })], 1_500_000n],
    ['not where the venue collects', [version({ builderAddress: `0x${'1'.repeat(40)}` })], 0n],
    ['not before the first schedule', [version({ effectiveFromMs: AT + 1 })], 0n],
    ['not on spared flow', [version({ flow: 'increases_only' })], 1_500_000n],
  ])('charges %s', (_name, versions, expected) => {
    const cost = accrualOf(fill, versions)?.entries.find((entry) => entry.account.endsWith('markup_cost'))?.amount ?? 0n;
    expect(cost).toBe(expected);
  });

  it('charges at a venue whose orders carry no builder fee, whatever builder the schedule names', () => {
    const accrued = accrualOf({ ...fill, venue: 'perps_studio' }, [version({ builderAddress: `0x${'1'.repeat(40)}` })]);
    expect(accrued?.entries.find((entry) => entry.account.endsWith('markup_cost'))?.amount).toBe(1_500_000n);
  });

  it.each<[string, number, bigint, boolean]>([
    ['an entry', 2, 0n, true],
    ['an entry against what the follower holds beside the copy', 2, -UNIT, true],
    ['an exit', 0, -UNIT, false],
    ['an exit of an account whose position is not known', 0, 0n, false],
    ['an exit against what the follower holds beside the copy', 1, UNIT, false],
  ])('of increases alone charges by the order’s part in the copy, not by the account: %s', (_name, leg, startPosition, charged) => {
    const orderId = orderIdOf({ moveId: 1n, copyNo: 1n, instance: 1, leg, attempt: 0 });
    const accrued = accrualOf({ ...fill, venue: 'perps_studio', startPosition: size(startPosition), orderId }, [version({ flow: 'increases_only' })]);
    expect(accrued !== null).toBe(charged);
  });

  it('comes to fills behind more of them than it reads at once that owe nothing', async () => {
    const scope = await newTenant();
    const app = await test.as('app');
    await app.scoped(scope, (unit) => unit.feeSchedules.insert({ ...scheduleRow(), flow: 'increases_only' }));
    const exits = [1, 2, 3, 4].map((no) => ({ ...fillRow(no, AT, 0n), side: 'sell' as const, startPosition: UNIT }));
    const engine = await test.as('engine');
    await engine.scoped(scope, (unit) => unit.fills.insert([...exits, fillRow(5, AT + 1, 0n)]));
    expect(await accrueMarkup({ ...ctx, limits: { ...ctx.limits, accrueMax: 2 } }, scope, AT - 1)).toBe(1);
    expect(await accrueMarkup({ ...ctx, limits: { ...ctx.limits, accrueMax: 2 } }, scope, AT - 1)).toBe(0);
  });

  it('charges each recorded fill once, and never those with a builder fee, nor what copies of one account made with each other', async () => {
    const scope = await newTenant();
    const app = await test.as('app');
    await app.scoped(scope, (unit) => unit.feeSchedules.insert(scheduleRow()));
    const engine = await test.as('engine');
    await engine.scoped(scope, (unit) =>
      unit.fills.insert([
        fillRow(1, AT, 0n),
        fillRow(2, AT + 1, 0n),
        fillRow(3, AT + 2, 1_000n),
        { ...fillRow(4, AT + 3, 0n), venueOrderId: INTERNAL_ORDER },
      ]),
    );
    expect(await accrueMarkup(ctx, scope, AT - 1)).toBe(2);
    expect(await accrueMarkup(ctx, scope, AT - 1)).toBe(0);
    const sums = await ctx.storage.scoped(scope, (unit) => unit.ledger.sums(100n));
    expect(sums.find((one) => one.account === 'tenant:markup_payable')?.sum).toBe(-unwrap(parseMoney('0.015'), 'half of both'));
  });
});

describe('balances and proof', () => {
  it('a sound ledger proves itself, folded or not; a changed row does not', async () => {
    const scope = await newTenant();
    await postAs(test, scope, [fillOf(1, 1, AT), fillOf(2, 2, AT)]);
    const prove = () => ctx.storage.scoped(scope, proveLedger, { isolation: 'repeatable read', readOnly: true });
    expect(await prove()).toEqual([]);
    await foldBalances.run(ctx, scope);
    await postAs(test, scope, [fillOf(3, 1, AT)]);
    expect(await prove()).toEqual([]);
    await foldBalances.run(ctx, scope);
    expect(await prove()).toEqual([]);
    await asOwner(`update ledger_transactions set memo = '{"coin":"ETH"}' where tenant_id = '${scope.tenantId}' and seq = 2`);
    expect(await prove()).toEqual(['broken_chain']);
    await asOwner(`update ledger_accounts set balance = balance + 1 where tenant_id = '${scope.tenantId}' and code = 'tenant:markup_revenue'`);
    expect(await prove()).toEqual(['broken_chain', 'balances_differ']);
  });
});

describe('month end', () => {
  it.each([
    [Date.UTC(2026, 10, 22, 12), Date.UTC(2026, 10, 1)],
    [Date.UTC(2026, 11, 1), Date.UTC(2026, 11, 1)],
    [Date.UTC(2026, 11, 1) - 1, Date.UTC(2026, 10, 1)],
  ])('of %i began at %i', (at, start) => {
    expect(monthStart(at)).toBe(start);
  });

  const claim = (scope: TenantScope) => ctx.storage.scoped(scope, (unit) => unit.jobs.claim(['settlement.close'], 10, 1_000));
  const october = { periodStartMs: Date.UTC(2026, 9, 1), periodEndMs: Date.UTC(2026, 10, 1) };

  it.each([
    ['once for the month before', [Date.UTC(2026, 9, 5)], [october]],
    ['from the month of the first booking', [Date.UTC(2026, 10, 3), Date.UTC(2026, 7, 31)], [{ ...october, periodStartMs: Date.UTC(2026, 7, 1) }]],
    ['not for a tenant whose first booking is of this month, which closes its first period where it likes', [Date.UTC(2026, 10, 1)], []],
    ['not for a tenant without bookings', [], []],
  ])('asks %s', async (_name, bookedAt, periods) => {
    const scope = await newTenant();
    if (bookedAt.length > 0)
      await postAs(
        test,
        scope,
        bookedAt.map((at, index) => fillOf(index + 1, 1, at)),
      );
    for (let look = 0; look < 2; look += 1) await closeMonths.run(ctx, scope);
    expect((await claim(scope)).map((job) => job.payload)).toMatchObject(periods);
  });
});

describe('the relay', () => {
  it('wakes the gateways when a stream moved since its last look, and only then', async () => {
    const scope = await newTenant();
    const relay = new Relay(ctx);
    const engine = await test.as('engine');
    const append = () =>
      engine.scoped(scope, (unit) => unit.events.append([{ id: test.ids.next('event'), type: 'copy.flat', version: 1, occurredAt: AT, data: '{}' }]));
    expect(await relay.look(scope)).toBe(false);
    await append();
    expect(await relay.look(scope)).toBe(true);
    expect(await relay.look(scope)).toBe(false);
    await append();
    expect(await relay.look(scope)).toBe(true);
  });
});

describe('housekeeping', () => {
  it('removes keys past their time and keeps the others', async () => {
    const scope = await newTenant();
    const app = await test.as('app');
    const insert = (key: string, expires: number) =>
      app.scoped(scope, (unit) =>
        unit.execute(
          `insert into idempotency_keys (tenant_id, environment, key, fingerprint, request_id, status, headers, body, created_at, expires_at)
           values ($1, $2, $3, '\\x00', 'req', 200, '{}', '', $4, $4)`,
          [...unit.scopeParameters, key, new Date(expires)],
        ),
      );
    await insert('old', test.clock.now());
    await insert('new', test.clock.now() + 1);
    await forgetExpired.run(ctx, scope);
    const left = await app.scoped(scope, (unit) =>
      unit.query('select key from idempotency_keys where tenant_id = $1 and environment = $2', [...unit.scopeParameters]),
    );
    expect(left).toEqual([{ key: 'new' }]);
  });

  it('removes used signatures past their time and keeps the others', async () => {
    const scope = await newTenant();
    const app = await test.as('app');
    for (const [text, expiresAt] of [
      ['old', test.clock.now()],
      ['new', test.clock.now() + 1],
    ] as const)
      expect(await app.scoped(scope, (unit) => useSignature(unit, { digest: Buffer.from(text), expiresAt }))).toBe(true);
    await forgetExpired.run(ctx, scope);
    const left = await app.scoped(scope, (unit) =>
      unit.query(`select encode(digest, 'escape') as digest from used_signatures where tenant_id = $1 and environment = $2`, [
        ...unit.scopeParameters,
      ]),
    );
    expect(left).toEqual([{ digest: 'new' }]);
  });

  it('removes the operator’s keys past their time and keeps the others', async () => {
    const app = await test.as('app');
    const keep = (key: string) =>
      app.platform((unit) =>
        runOperatorIdempotent(unit, { key, fingerprint: Buffer.alloc(1), requestId: 'req' }, async () => ({
          answer: { status: 200, headers: {}, body: key },
          keep: true,
        })),
      );
    const started = test.clock.now();
    await keep('old');
    test.clock.set(started + IDEMPOTENCY_TTL_MS);
    await keep('new');
    await forgetOperatorKeys.run(ctx);
    expect(await app.platform((unit) => unit.query('select key from operator_idempotency_keys'))).toEqual([{ key: 'new' }]);
    test.clock.set(started);
  });

  it('makes partitions ahead, and none twice', async () => {
    await keepPartitions.run(ctx);
    expect(await ctx.storage.platform((unit) => unit.makePartitions(ctx.limits.partitionsAheadMonths))).toBe(0);
  });

  it('runs a chore at its time, and one that fails stops no other', async () => {
    const ran: string[] = [];
    const chore = (name: string, everyMs: number, fails = false) => ({
      name,
      everyMs,
      run: async () => {
        ran.push(name);
        if (fails) throw new Error('on purpose');
      },
    });
    const scope = await newTenant();
    const timetable = new Timetable(ctx, [chore('bad', 10, true), chore('good', 20)], []);
    for (const wait of [0, 10, 10]) {
      test.clock.set(test.clock.now() + wait);
      await timetable.runScope(scope);
    }
    expect(ran).toEqual(['bad', 'good', 'bad', 'bad', 'good']);
  });
});

async function asOwner(statement: string): Promise<void> {
  const client = new Client({ connectionString: test.ownerUrl });
  await client.connect();
  await client.query(statement);
  await client.end();
}

function fillRow(no: number, at: number, builderFee: bigint): NewRow<FillRow> {
  const key = { venueAccountNo: 1n, coin: 'BTC', timeMs: at, tradeId: String(no), venueOrderId: '9', copyNo: 1n };
  return {
    id: fillIdOf(key),
    createdAt: at,
    venueAccountNo: 1n,
    venueTimeMs: at,
    tradeId: String(no),
    venueOrderId: '9',
    orderId: null,
    moveId: null,
    copyNo: 1n,
    copyId: makeId('copy', 1, new Uint8Array(10)),
    coin: 'BTC',
    side: 'buy',
    price: 50_000n * UNIT,
    size: UNIT / 1_000n,
    startPosition: 0n,
    closedPnl: 0n,
    fee: builderFee,
    feeAsset: 'USDC',
    builderFee,
    crossed: true,
    liquidation: false,
    recordedAt: at,
  };
}
