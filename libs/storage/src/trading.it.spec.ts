import { money, price, size, type TenantScope } from '@lockstep/kernel';
import { compose, copyAccount, houseAccount, type LedgerTransaction } from '@lockstep/ledger';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { constraintOf, sqlState } from './failures';
import type { NewMove } from './rows/platform';
import type { OrderRow } from './rows/trading';
import type { Storage } from './storage';
import { sampleFills, sampleLeaderFill, sampleOrders } from './testing/sample-rows';
import { openTestStorage, type TestStorage } from './testing/test-storage';
import { orderIdOf } from './trading/record-ids';

const BULK_ROWS = 10_000;

let test: TestStorage;
let engine: Storage;
let red: TenantScope;
let blue: TenantScope;

beforeAll(async () => {
  test = await openTestStorage();
  engine = await test.as('engine');
  red = await test.tenant('Red');
  blue = await test.tenant('Blue');
});
afterAll(() => test.close());

const measured: Record<string, number> = {};
async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const value = await work();
  measured[name] = Math.round(performance.now() - start);
  return value;
}

const transfer = (source: string, amount: bigint, asset = 'USDC'): LedgerTransaction => ({
  source,
  kind: 'fill',
  copyId: null,
  occurredAtMs: test.clock.now(),
  memo: { note: `a "quoted" \\ text, {with} braces` },
  entries: [
    { account: houseAccount('tenant', 'markup_receivable'), asset, amount: money(amount) },
    { account: houseAccount('tenant', 'markup_revenue'), asset, amount: money(-amount) },
  ],
});

describe('the inbox', () => {
  const move = (venueKey: string, after: bigint): NewMove => ({
    coin: 'BTC',
    venueKey,
    positionBefore: size(0n),
    positionAfter: size(after),
    vwap: price(6_400_000_000_000n),
    firstFillMs: 1_763_800_000_000,
    lastFillMs: 1_763_800_000_000,
    leaderEquity: null,
    receivedAt: 1_763_800_000_040.5,
    detail: { increments: 1 },
  });

  it('takes a fill once, whoever tells it again', async () => {
    const watched = await engine.platform((unit) => unit.inbox.watch('hyperliquid', 'sim', `0x${'a'.repeat(40)}`));
    expect(await engine.platform((unit) => unit.inbox.watch('hyperliquid', 'sim', `0x${'a'.repeat(40)}`))).toEqual(watched);
    const first = [sampleLeaderFill('1'), sampleLeaderFill('2', { cloid: '0x01', receivedAt: 1_763_800_000_041.125 })];
    expect(await engine.platform((unit) => unit.inbox.insertFills(watched.no, first))).toHaveLength(2);
    const again = [sampleLeaderFill('2'), sampleLeaderFill('3'), sampleLeaderFill('1', { coin: 'ETH' })];
    const fresh = await engine.platform((unit) => unit.inbox.insertFills(watched.no, again));
    expect(fresh.map((key) => `${key.coin} ${key.tid}`).sort()).toEqual(['BTC 3', 'ETH 1']);
  });

  it('numbers moves of an account without gaps and knows a move by its venue key', async () => {
    const watched = await engine.platform((unit) => unit.inbox.watch('hyperliquid', 'sim', `0x${'b'.repeat(40)}`));
    const rounds = Array.from({ length: 12 }, (_, n) =>
      engine.platform((unit) => unit.inbox.recordMoves(watched.no, [move(`k${n % 8}`, BigInt(n)), move(`m${n}`, 1n)])),
    );
    const recorded = (await Promise.all(rounds)).flatMap((round) => round.moves);
    expect(recorded).toHaveLength(20);
    const all = await engine.platform((unit) => unit.inbox.movesAfter(watched.no, 0n, 100));
    expect(all.map((row) => row.seq)).toEqual(all.map((_, index) => BigInt(index + 1)));
    expect(all).toHaveLength(20);
    await engine.platform((unit) => unit.inbox.setMoveStatus([all[0]?.id ?? 0n], 'done'));
    expect((await engine.platform((unit) => unit.inbox.openMoves(1_000))).some((row) => row.id === all[0]?.id)).toBe(false);
  });

  it('ends a move that is never planned with its reason', async () => {
    const watched = await engine.platform((unit) => unit.inbox.watch('hyperliquid', 'sim', `0x${'c'.repeat(40)}`));
    const { moves } = await engine.platform((unit) => unit.inbox.recordMoves(watched.no, [move('unlisted', 1n)]));
    const id = moves[0]?.id ?? 0n;
    await engine.platform((unit) => unit.inbox.giveUpMoves([id], 'unlisted_instrument'));
    expect((await engine.platform((unit) => unit.inbox.openMoves(1_000))).some((row) => row.id === id)).toBe(false);
    expect(await engine.platform((unit) => unit.inbox.move(id))).toMatchObject({ status: 'given_up', detail: { givenUp: 'unlisted_instrument' } });
  });
});

describe('the wave journal', () => {
  const row = (moveId: bigint, packed: Buffer) => ({
    moveId,
    shard: 0,
    part: 0,
    instance: 1,
    leaderId: test.ids.next('leader'),
    coin: 'BTC',
    packed,
    orderCount: 2,
    decisionCount: 3,
    maxNonce: 123n,
  });

  it('writes a wave once, lists it until completed, and gives the bytes back', async () => {
    const packed = Buffer.from([0, 1, 2, 255]);
    expect(await engine.scoped(red, (unit) => unit.journal.insert(row(900n, packed)))).toBe(true);
    expect(await engine.scoped(red, (unit) => unit.journal.insert(row(900n, Buffer.from('other'))))).toBe(false);
    const [open] = await engine.scoped(red, (unit) => unit.journal.unfinished(0, 10));
    expect(open?.packed.equals(packed)).toBe(true);
    expect(await engine.scoped(blue, (unit) => unit.journal.unfinished(0, 10))).toEqual([]);
    expect(await engine.scoped(red, (unit) => unit.journal.complete({ moveId: 900n, shard: 0, part: 0 }))).toBe(true);
    expect(await engine.scoped(red, (unit) => unit.journal.complete({ moveId: 900n, shard: 0, part: 0 }))).toBe(false);
    expect(await engine.scoped(red, (unit) => unit.journal.unfinished(0, 10))).toEqual([]);
    expect(await engine.scoped(red, (unit) => unit.journal.ofMove(900n))).toHaveLength(1);
  });

  it('writes many rows at once, more than one statement takes, and says how many were new', async () => {
    const rows = Array.from({ length: 1_003 }, (_, index) => row(10_000n + BigInt(index), Buffer.from([index % 256])));
    expect(await engine.scoped(red, (unit) => unit.journal.insertAll(rows))).toBe(1_003);
    expect(await engine.scoped(red, (unit) => unit.journal.insertAll([...rows.slice(0, 2), row(12_000n, Buffer.from([9]))]))).toBe(1);
    expect(await engine.scoped(red, (unit) => unit.journal.insertAll([]))).toBe(0);
    const [last] = await engine.scoped(red, (unit) => unit.journal.ofMove(11_002n));
    expect([...(last?.packed ?? [])]).toEqual([1_002 % 256]);
    expect(await engine.scoped(blue, (unit) => unit.journal.ofMove(11_002n))).toEqual([]);
  });

  it('takes a packed megabyte', async () => {
    await timed('journal_1mb_ms', () => engine.scoped(red, (unit) => unit.journal.insert(row(901n, Buffer.alloc(1_000_000, 7)))));
    expect((await engine.scoped(red, (unit) => unit.journal.ofMove(901n)))[0]?.packed.length).toBe(1_000_000);
  });
});

describe('orders and fills', () => {
  it('are written in bulk, and writing them again takes over the outcome only', async () => {
    const at = test.clock.now();
    const orders = sampleOrders(test.ids, 1_000n, BULK_ROWS, at);
    await timed('orders_insert_10k_ms', () => engine.scoped(red, (unit) => unit.orders.save(orders)));
    const outcome = orders.map((order) => ({
      ...order,
      status: 'filled' as const,
      filledSize: order.size,
      avgPrice: order.price,
      m4: at + 80.5,
      size: 1n,
    }));
    await timed('orders_outcome_10k_ms', () => engine.scoped(red, (unit) => unit.orders.save(outcome)));
    const id = orderIdOf({ moveId: 1_000n, copyNo: 77n, instance: 1, leg: 0, attempt: 0 });
    expect(await engine.scoped(red, (unit) => unit.orders.get(id))).toMatchObject({
      status: 'filled',
      size: 100_000n,
      filledSize: 100_000n,
      m4: at + 80.5,
      m0: at - 40.5,
    });
    expect(await engine.scoped(blue, (unit) => unit.orders.get(id))).toBeNull();
  });

  it('are told once by the venue key, across two engines as well', async () => {
    const orders = sampleOrders(test.ids, 1_001n, BULK_ROWS, test.clock.now());
    const fills = sampleFills(orders, test.clock.now() + 30);
    const fresh = await timed('fills_insert_10k_ms', () => engine.scoped(red, (unit) => unit.fills.insert(fills)));
    expect(fresh.size).toBe(BULK_ROWS);
    expect((await engine.scoped(red, (unit) => unit.fills.insert(fills.slice(0, 100)))).size).toBe(0);
    expect(await engine.scoped(red, (unit) => unit.fills.lastVenueTime(5n))).toBe(test.clock.now() + 30);
    expect(await engine.scoped(blue, (unit) => unit.fills.lastVenueTime(5n))).toBeNull();
  });

  it('page both ways without losing or repeating a row while others are written', async () => {
    const at = test.clock.now();
    const mine = sampleOrders(test.ids, 2_000n, 25, at, { coin: 'SOL' });
    await engine.scoped(red, (unit) => unit.orders.save(mine));
    for (const order of ['oldest_first', 'newest_first'] as const) {
      const seen: OrderRow[] = [];
      let after: string | null = null;
      let pages = 0;
      do {
        const page = await engine.scoped(red, (unit) => unit.orders.page({ limit: 7, after, order }, { coin: 'SOL' }));
        seen.push(...page.rows);
        after = page.next;
        pages += 1;
        await engine.scoped(red, (unit) =>
          unit.orders.save(sampleOrders(test.ids, 1_999n - BigInt(pages), 1, at, { coin: order === 'oldest_first' ? 'SOL' : 'ETH' })),
        );
      } while (after !== null);
      const ids = mine.map((row) => row.id);
      const ours = seen.map((row) => row.id).filter((id) => ids.includes(id));
      expect(ours).toEqual(order === 'oldest_first' ? ids : [...ids].reverse());
      expect(pages).toBeGreaterThanOrEqual(4);
    }
  });
});

describe('lists by time', () => {
  it('keep every row of one millisecond', async () => {
    const app = await test.as('app');
    const rows = Array.from({ length: 23 }, () => ({
      id: test.ids.next('follower'),
      externalRef: null,
      status: 'active' as const,
      createdAt: 5_000,
      updatedAt: 5_000,
    }));
    await app.scoped(blue, async (unit) => {
      for (const row of rows) await unit.followers.insert(row);
    });
    const seen: string[] = [];
    let after = null;
    do {
      const page: Awaited<ReturnType<typeof next>> = await next(after);
      seen.push(...page.rows.map((row) => row.id));
      after = page.next;
    } while (after !== null);
    expect(seen).toEqual(rows.map((row) => row.id).reverse());

    function next(from: { readonly at: number; readonly id: string } | null) {
      return app.scoped(blue, (unit) => unit.followers.page({ limit: 5, after: from, order: 'newest_first' }));
    }
  });
});

describe('the ledger', () => {
  it('posts each source once, chains, folds and proves itself', async () => {
    const report = await engine.scoped(blue, (unit) => unit.ledger.post([transfer('a', 5n), transfer('b', -7n), transfer('a', 5n)]));
    expect(report).toEqual({ posted: 2, known: 1, topSeq: 2n });
    const rounds = Array.from({ length: 10 }, (_, n) => engine.scoped(blue, (unit) => unit.ledger.post([transfer('b', 1n), transfer(`c${n}`, 1n)])));
    expect((await Promise.all(rounds)).reduce((sum, round) => sum + round.posted, 0)).toBe(10);
    const all = await engine.scoped(blue, (unit) => unit.ledger.after(0n, 100));
    expect(all.map((row) => row.sequence)).toEqual(all.map((_, index) => BigInt(index + 1)));
    expect(all[0]?.transaction).toEqual(transfer('a', 5n));
    expect(await engine.scoped(blue, (unit) => unit.ledger.firstBrokenLink())).toBeNull();
    const backoffice = await test.as('backoffice');
    expect(await backoffice.scoped(blue, (unit) => unit.ledger.fold(5))).toBe(5);
    expect(await backoffice.scoped(blue, (unit) => unit.ledger.fold(100))).toBe(7);
    const sums = await backoffice.scoped(blue, (unit) => unit.ledger.sums(12n));
    const balances = await backoffice.scoped(blue, (unit) => unit.ledger.balances());
    expect(balances.map((row) => [row.code, row.balance])).toEqual(sums.map((row) => [row.account, row.sum]));
    expect(sums.map((row) => row.sum)).toEqual([8n, -8n]);
    expect(await engine.scoped(red, (unit) => unit.ledger.after(0n, 10))).toEqual([]);
  });

  it.each([
    ['one entry', [['USDC', 5n]]],
    [
      'a sum that is not zero',
      [
        ['USDC', 5n],
        ['USDC', -4n],
      ],
    ],
    [
      'assets that only balance together',
      [
        ['USDC', 5n],
        ['USDH', -5n],
      ],
    ],
  ] as const)('refuses %s', async (_name, entries) => {
    const broken: LedgerTransaction = {
      ...transfer('broken', 1n),
      entries: entries.map(([asset, amount]) => ({ account: houseAccount('tenant', 'rounding'), asset, amount: money(amount) })),
    };
    const attempt = engine.scoped(blue, (unit) => unit.ledger.post([broken]));
    await expect(attempt).rejects.toSatisfy((failure) => constraintOf(failure) === 'ledger_transactions_balanced');
  });

  it('lets no process change or remove what was posted, and finds what an owner changed', async () => {
    for (const statement of [`update ledger_transactions set kind = 'x'`, 'delete from ledger_transactions', 'truncate ledger_transactions']) {
      await expect(engine.scoped(blue, (unit) => unit.execute(statement))).rejects.toSatisfy((failure) => sqlState(failure) === '42501');
    }
    await asOwner(`update ledger_transactions set amounts = array[6, -6]::bigint[] where tenant_id = '${blue.tenantId}' and seq = 4`);
    expect(await engine.scoped(blue, (unit) => unit.ledger.firstBrokenLink())).toBe(4n);
  });

  it('takes 10,000 fills of six entries', async () => {
    const transactions = Array.from({ length: BULK_ROWS }, (_, n) => fillPosting(`bulk:${n}`));
    const report = await timed('ledger_10k_x_6_ms', () => engine.scoped(red, (unit) => unit.ledger.post(transactions)));
    expect(report.posted).toBe(BULK_ROWS);
    expect(await timed('ledger_verify_10k_ms', () => engine.scoped(red, (unit) => unit.ledger.firstBrokenLink()))).toBeNull();
  });

  function fillPosting(source: string): LedgerTransaction {
    const copyId = test.ids.next('copy');
    const entry = (account: LedgerTransaction['entries'][number]['account'], amount: bigint) => ({ account, asset: 'USDC', amount: money(amount) });
    const composed = compose({ source, kind: 'fill', copyId, occurredAtMs: test.clock.now(), memo: { coin: 'BTC' } }, [
      entry(copyAccount(copyId, 'venue_cash'), -6_000n),
      entry(copyAccount(copyId, 'trading_fee'), 4_500n),
      entry(copyAccount(copyId, 'builder_fee'), 1_500n),
      entry(houseAccount('platform', 'markup_receivable'), 1_500n),
      entry(houseAccount('platform', 'markup_payable'), -1_000n),
      entry(houseAccount('platform', 'markup_revenue'), -500n),
    ]);
    if (composed === null) throw new Error('the posting has entries');
    return composed;
  }
});

describe('partitions', () => {
  it('are made ahead of time, and rows that came too early move into their month', async () => {
    const backoffice = await test.as('backoffice');
    const strayed = () => backoffice.platform((unit) => unit.rowsInDefaultPartitions());
    // The clock of these tests may stand before the month the schema was made in: its rows get their month first.
    await asOwner(`select make_partitions('${new Date(test.clock.now()).toISOString()}', 2)`);
    expect(await strayed()).toBe(0);
    const far = Date.now() + 200 * 86_400_000;
    await engine.scoped(red, (unit) => unit.orders.save(sampleOrders(test.ids, 3_000n, 3, far)));
    expect(await strayed()).toBe(3);
    expect(await backoffice.platform((unit) => unit.makePartitions(12))).toBeGreaterThan(0);
    expect(await backoffice.platform((unit) => unit.makePartitions(12))).toBe(0);
    expect(await strayed()).toBe(0);
    const id = orderIdOf({ moveId: 3_000n, copyNo: 2n, instance: 1, leg: 0, attempt: 0 });
    expect(await engine.scoped(red, (unit) => unit.orders.get(id))).toMatchObject({ createdAt: far });
    const unguarded = await asOwner(
      `select relname from pg_class c join pg_inherits i on i.inhrelid = c.oid where c.relkind = 'r' and not (relrowsecurity and relforcerowsecurity)`,
    );
    expect(unguarded).toEqual([]);
  });

  it('are not for the other processes to make', async () => {
    await expect(engine.platform((unit) => unit.makePartitions(1))).rejects.toSatisfy((failure) => sqlState(failure) === '42501');
  });
});

async function asOwner(statement: string): Promise<unknown> {
  const source = await new DataSource({ type: 'postgres', url: test.ownerUrl }).initialize();
  try {
    return await source.query(statement);
  } finally {
    await source.destroy();
  }
}

afterAll(() => {
  console.log(JSON.stringify({ bulk: measured, fsync: false }));
});
