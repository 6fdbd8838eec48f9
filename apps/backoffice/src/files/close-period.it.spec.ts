import { createHash } from 'node:crypto';
import { manifestHash, manifestSchema, readCsv } from '@lockstep/delivery';
import { type EpochMs, parseMoney, present, type TenantScope, unwrap } from '@lockstep/kernel';
import { type LedgerTransaction, NOTHING_SETTLED, statementRows } from '@lockstep/ledger';
import { type ClosePeriodPayload, closePeriodJob, markOf, markPeriod, type SettlementRow, statementRowsOf } from '@lockstep/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestStorage, type TestStorage } from '../../../../libs/storage/src/testing/test-storage';
import { JobRunner } from '../jobs/runner';
import { fillOf, fundingOf, postAs, type TestContext, testContext } from '../testing/test-context';
import { closePeriod, proveSettlement } from './close-period';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 10, 20);
let test: TestStorage;
let ctx: TestContext;
let names = 0;

beforeAll(async () => {
  test = await openTestStorage();
  ctx = await testContext(test);
});
afterAll(() => test.close());

const newTenant = (): Promise<TenantScope> => test.tenant(`Brand ${++names}`);
const period = (from: EpochMs, to: EpochMs): ClosePeriodPayload => ({
  settlementId: test.ids.next('settlement'),
  exportId: test.ids.next('export'),
  periodStartMs: from,
  periodEndMs: to,
});
const close = async (scope: TenantScope, from: EpochMs, to: EpochMs): Promise<SettlementRow> =>
  unwrap(await closePeriod(ctx, scope, period(from, to)), 'a settlement');

/** The stored file, put together from its chunks as a download does. */
async function fileOf(scope: TenantScope, settlement: SettlementRow, role: 'app' | 'backoffice' = 'app'): Promise<string> {
  const storage = await test.as(role);
  const id = present(settlement.exportId, 'export');
  const parts: Buffer[] = [];
  let at = 0n;
  for (;;) {
    const chunk = await storage.scoped(scope, (unit) => unit.exports.chunkAt(id, at));
    if (chunk === null) return Buffer.concat(parts).toString('utf8');
    expect(chunk.firstByte).toBe(at);
    parts.push(chunk.bytes);
    at += BigInt(chunk.bytes.length);
  }
}

const rowsOf = (file: string): Record<string, string>[] => unwrap(readCsv(file), 'the settlement file');
const sumOf = (rows: readonly Record<string, string>[], account: string, column: string): bigint =>
  rows.filter((row) => row.account === account).reduce((sum, row) => sum + unwrap(parseMoney(row[column] ?? ''), column), 0n);

describe('a settlement', () => {
  it('carries the ledger into a file: rows, totals, digest and manifest agree', async () => {
    const scope = await newTenant();
    const fills = Array.from({ length: 200 }, (_, no) => fillOf(no, no % 20, START + no, BigInt(no) * 1_000_000n));
    await postAs(test, scope, [...fills, fundingOf(1, 3, START + 5, -777n)]);
    const settlement = await close(scope, START, START + DAY_MS);
    const file = await fileOf(scope, settlement);
    const rows = rowsOf(file);
    const manifest = manifestSchema.parse(settlement.manifest);

    expect(settlement.status).toBe('closed');
    expect(sumOf(rows, 'platform:markup_receivable', 'net')).toBe(200n * 1_500_000n);
    expect(sumOf(rows, 'tenant:markup_revenue', 'net')).toBe(-200n * 1_125_000n);
    expect(sumOf(rows, 'copy:funding', 'net')).toBe(777n);
    expect(rows.filter((row) => row.account === 'copy:venue_cash')).toHaveLength(20);
    expect(manifest.row_count).toBe(rows.length);
    expect(manifest.byte_count).toBe(Buffer.byteLength(file));
    expect(manifest.byte_count).toBeGreaterThan(ctx.limits.chunkBytes);
    expect(manifest.sha256).toBe(createHash('sha256').update(file).digest('hex'));
    expect(settlement.manifestHash?.toString('hex')).toBe(manifestHash(manifest));
    const ledger = await (await test.as('engine')).scoped(scope, async (unit) => unit.ledger.sums((await unit.ledger.head()).seq));
    for (const total of manifest.control_totals.filter((one) => one.account !== '*')) {
      const inLedger = ledger
        .filter((one) => one.account.replace(/^copy:cpy_\w+:/, 'copy:') === total.account && one.asset === total.asset)
        .reduce((sum, one) => sum + one.sum, 0n);
      expect([total.account, unwrap(parseMoney(total.closing), 'closing')]).toEqual([total.account, inLedger]);
    }
    expect(manifest.control_totals.find((one) => one.account === '*')).toMatchObject({ closing: '0' });
  });

  it('has the rows the ledger room computes from the same entries', async () => {
    const scope = await newTenant();
    const early = [fillOf(1, 1, START + 1), fundingOf(1, 2, START + 2, 50n)];
    const later = [fillOf(2, 1, START + DAY_MS + 1, 9n), fundingOf(2, 1, START + 3, -7n)];
    await postAs(test, scope, early);
    const first = await close(scope, START, START + DAY_MS);
    await postAs(test, scope, later);
    const second = await close(scope, START + DAY_MS, START + 2 * DAY_MS);
    const entries = (transactions: readonly LedgerTransaction[]) => transactions.flatMap((one) => one.entries);
    const read = async (mark: SettlementRow, previous: SettlementRow | null) =>
      ctx.storage.scoped(scope, async (unit) => {
        const rows = [];
        for await (const row of statementRowsOf(unit, markOf(mark), previous === null ? NOTHING_SETTLED : markOf(previous))) rows.push(row);
        return rows;
      });
    expect(await read(first, null)).toEqual(statementRows([], entries(early)));
    expect(await read(second, first)).toEqual(statementRows(entries(early), entries(later)));
  });

  it('gives the same bytes again, whatever is posted later; late entries fall into the next one', async () => {
    const scope = await newTenant();
    await postAs(test, scope, [fillOf(1, 1, START + 1)]);
    const first = await close(scope, START, START + DAY_MS);
    const before = await fileOf(scope, first);
    await postAs(test, scope, [fillOf(2, 1, START + 2), fillOf(3, 2, START + DAY_MS + 1)]);
    expect(await proveSettlement(ctx, scope, first)).toBe(true);
    expect(await close(scope, START, START + DAY_MS)).toEqual(first);
    expect(await fileOf(scope, first)).toBe(before);
    const second = await close(scope, START + DAY_MS, START + 2 * DAY_MS);
    const rows = rowsOf(await fileOf(scope, second));
    expect(sumOf(rows, 'platform:markup_receivable', 'opening')).toBe(1_500_000n);
    expect(sumOf(rows, 'platform:markup_receivable', 'net')).toBe(3_000_000n);
    expect(manifestSchema.parse(second.manifest).previous_manifest_sha256).toBe(first.manifestHash?.toString('hex'));
    expect(second.prevManifestHash).toEqual(first.manifestHash);
    expect(manifestSchema.parse(first.manifest).previous_manifest_sha256).toBeNull();
  });

  it('notices that the ledger under it was changed', async () => {
    const scope = await newTenant();
    await postAs(test, scope, [fillOf(1, 1, START + 1)]);
    const settlement = await close(scope, START, START + DAY_MS);
    await (await test.as('backoffice')).scoped(scope, (unit) =>
      unit.exports.update({ id: present(settlement.exportId, 'export') }, { sha256: Buffer.alloc(32) }),
    );
    expect(await proveSettlement(ctx, scope, settlement)).toBe(false);
  });

  it('of an empty period is a header alone', async () => {
    const scope = await newTenant();
    const settlement = await close(scope, START, START + DAY_MS);
    expect(rowsOf(await fileOf(scope, settlement))).toEqual([]);
    expect(manifestSchema.parse(settlement.manifest)).toMatchObject({ row_count: 0, as_of_sequence: '0', as_of_hash: '', control_totals: [] });
  });

  it.each([
    ['overlaps', START, START + DAY_MS + 1, 'period_overlaps'],
    ['leaves a gap', START + DAY_MS + 1, START + 2 * DAY_MS, 'period_gap'],
    ['is not over', START + DAY_MS, START + 30 * DAY_MS, 'period_not_over'],
    ['is empty', START + DAY_MS, START + DAY_MS, 'period_empty'],
  ])('is refused when its period %s', async (_name, from, to, error) => {
    const scope = await newTenant();
    await close(scope, START, START + DAY_MS);
    expect(await closePeriod(ctx, scope, period(from, to))).toEqual({ ok: false, error });
  });
});

describe('another tenant', () => {
  it('sees neither settlement, nor file, nor event', async () => {
    const [mine, other] = [await newTenant(), await newTenant()];
    await postAs(test, mine, [fillOf(1, 1, START + 1)]);
    const settlement = await close(mine, START, START + DAY_MS);
    const exportId = present(settlement.exportId, 'export');
    for (const role of ['app', 'backoffice'] as const) {
      const storage = await test.as(role);
      for (const scope of [other, { ...mine, environment: 'test' as const }]) {
        expect(await storage.scoped(scope, (unit) => unit.settlements.findOne({ id: settlement.id }))).toBeNull();
        expect(await storage.scoped(scope, (unit) => unit.exports.findOne({ id: exportId }))).toBeNull();
        expect(await storage.scoped(scope, (unit) => unit.exports.chunkAt(exportId, 0n))).toBeNull();
        expect(await storage.scoped(scope, (unit) => unit.events.head())).toBeNull();
      }
    }
    expect(rowsOf(await fileOf(mine, settlement)).length).toBeGreaterThan(0);
  });

  it('closes the same period for itself', async () => {
    const [mine, other] = [await newTenant(), await newTenant()];
    await postAs(test, mine, [fillOf(1, 1, START + 1)]);
    await close(mine, START, START + DAY_MS);
    expect(rowsOf(await fileOf(other, await close(other, START, START + DAY_MS)))).toEqual([]);
  });
});

describe('closing once', () => {
  const closings = async (scope: TenantScope): Promise<number> => {
    const app = await test.as('app');
    const events = await app.scoped(scope, async (unit) => unit.events.after({ epoch: (await unit.events.head())?.epoch ?? '', seq: 0n }, 100));
    return events.filter((event) => event.type === 'settlement.closed').length;
  };

  it('eight callers at once end in one settlement, one file and one event', async () => {
    const scope = await newTenant();
    await postAs(test, scope, [fillOf(1, 1, START + 1)]);
    const ended = await Promise.all(Array.from({ length: 8 }, () => closePeriod(ctx, scope, period(START, START + DAY_MS))));
    const ids = new Set(ended.map((one) => unwrap(one, 'closed').id));
    expect(ids.size).toBe(1);
    expect(await ctx.storage.scoped(scope, (unit) => unit.settlements.count({}))).toBe(1);
    expect(await ctx.storage.scoped(scope, (unit) => unit.exports.count({}))).toBe(1);
    expect(await closings(scope)).toBe(1);
  });

  it('two runners on two queued jobs of one period run it once', async () => {
    const scope = await newTenant();
    await postAs(test, scope, [fillOf(1, 1, START + 1)]);
    const app = await test.as('app');
    const enqueue = () => app.scoped(scope, (unit) => unit.jobs.enqueue(closePeriodJob(test.ids, unit.now, period(START, START + DAY_MS))));
    expect(await enqueue()).toBe(true);
    expect(await enqueue()).toBe(false);
    const runners = [new JobRunner(ctx), new JobRunner(ctx)];
    const started = await Promise.all(runners.map((runner) => runner.startDue(scope)));
    expect(started.reduce((sum, count) => sum + count, 0)).toBe(1);
    await Promise.all(runners.map((runner) => runner.drain()));
    expect(await closings(scope)).toBe(1);
    expect(ctx.woken).toContain(`events ${scope.tenantId}|${scope.environment}`);
  });

  it('a runner that died after fixing the period is followed by one that finishes it', async () => {
    const scope = await newTenant();
    await postAs(test, scope, [fillOf(1, 1, START + 1)]);
    const wanted = period(START, START + DAY_MS);
    const marked = unwrap(await ctx.storage.scoped(scope, (unit) => markPeriod(unit, wanted)), 'marked');
    await postAs(test, scope, [fillOf(2, 1, START + 2)]);
    expect(await closePeriod(ctx, scope, period(START + DAY_MS, START + 2 * DAY_MS))).toEqual({ ok: false, error: 'earlier_period_open' });
    const closed = unwrap(await closePeriod(ctx, scope, wanted), 'closed');
    expect(closed.id).toBe(marked.id);
    expect(closed.throughSeq).toBe(1n);
    expect(sumOf(rowsOf(await fileOf(scope, closed)), 'platform:markup_receivable', 'net')).toBe(1_500_000n);
  });
});
