import { manifestSchema, readCsv } from '@lockstep/delivery';
import { err, ok, type Result, type TenantScope, unwrap } from '@lockstep/kernel';
import { type ExportRow, fillIdOf, type JobRow, renderExportJob } from '@lockstep/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestStorage, type TestStorage } from '../../../../libs/storage/src/testing/test-storage';
import { copyNumber, fillOf, fundingOf, postAs, type TestContext, testContext } from '../testing/test-context';
import type { JobFailure, JobHandler } from './handlers';
import { JobRunner } from './runner';

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
const runAll = async (scope: TenantScope, runner: JobRunner): Promise<void> => {
  await runner.startDue(scope);
  while (runner.busy > 0) await runner.oneEnded();
};

async function askForExport(scope: TenantScope, kind: string, params: unknown): Promise<ExportRow['id']> {
  const app = await test.as('app');
  const id = test.ids.next('export');
  await app.scoped(scope, async (unit) => {
    await unit.exports.begin({ id, kind, params });
    await unit.jobs.enqueue(renderExportJob(test.ids, unit.now, { exportId: id }));
  });
  return id;
}

async function exportOf(scope: TenantScope, id: ExportRow['id']): Promise<{ readonly row: ExportRow | null; readonly text: string }> {
  const app = await test.as('app');
  const parts: Buffer[] = [];
  for (let at = 0n; ; at += BigInt(parts.at(-1)?.length ?? 0)) {
    const chunk = await app.scoped(scope, (unit) => unit.exports.chunkAt(id, at));
    if (chunk === null) break;
    parts.push(chunk.bytes);
  }
  return { row: await app.scoped(scope, (unit) => unit.exports.findOne({ id })), text: Buffer.concat(parts).toString('utf8') };
}

describe('exports', () => {
  it('of fees hold every fee entry of the range, in posting order', async () => {
    const scope = await newTenant();
    await postAs(test, scope, [fillOf(1, 1, AT), fundingOf(1, 1, AT + 1, -5n), fillOf(2, 1, AT + 1_000)]);
    const id = await askForExport(scope, 'fees', { fromMs: AT, toMs: AT + 1_000 });
    await runAll(scope, new JobRunner(ctx));
    const { row, text } = await exportOf(scope, id);
    const rows = unwrap(readCsv(text), 'fees file');
    expect(row).toMatchObject({ status: 'ready', rowCount: BigInt(rows.length), byteCount: BigInt(Buffer.byteLength(text)) });
    expect(rows.filter((line) => line.sequence === '1').map((line) => [line.account, line.amount, line.notional])).toEqual([
      ['copy:builder_fee', '0.015', '50'],
      ['copy:trading_fee', '0.0225', '50'],
      ['platform:markup_payable', '-0.01125', '50'],
      ['platform:markup_receivable', '0.015', '50'],
      ['platform:markup_revenue', '-0.00375', '50'],
      ['tenant:markup_receivable', '0.01125', '50'],
      ['tenant:markup_revenue', '-0.01125', '50'],
    ]);
    expect(rows.filter((line) => line.sequence === '2').map((line) => [line.account, line.amount, line.notional])).toEqual([
      ['copy:funding', '0.00000005', ''],
    ]);
    expect(rows.some((line) => line.sequence === '3')).toBe(false);
    const manifest = manifestSchema.parse(row?.manifest);
    expect(manifest.control_totals).toContainEqual({
      asset: 'USDC',
      account: 'copy:builder_fee',
      debits: '0.015',
      credits: '0',
      closing: '0.015',
      entry_count: 1,
    });
    expect(manifest.control_totals.reduce((count, total) => count + total.entry_count, 0)).toBe(rows.length);
  });

  it('of fills hold the fills of the range', async () => {
    const scope = await newTenant();
    const engine = await test.as('engine');
    await engine.scoped(scope, (unit) => unit.fills.insert([fillRow(1, AT), fillRow(2, AT + 1_000)]));
    const id = await askForExport(scope, 'fills', { fromMs: AT, toMs: AT + 1_000 });
    await runAll(scope, new JobRunner(ctx));
    const rows = unwrap(readCsv((await exportOf(scope, id)).text), 'fills file');
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      time: '2026-11-20T00:00:00.000Z',
      side: 'sell',
      price: '50000',
      size: '0.001',
      notional: '50',
      closed_pnl: '-1',
      liquidity: 'taker',
    });
  });

  it('of an unknown kind fail, say so once, and are not tried again', async () => {
    const scope = await newTenant();
    const id = await askForExport(scope, 'everything', {});
    await runAll(scope, new JobRunner(ctx));
    expect((await exportOf(scope, id)).row).toMatchObject({ status: 'failed', error: 'bad_request' });
    const app = await test.as('app');
    const events = await app.scoped(scope, async (unit) => unit.events.after({ epoch: (await unit.events.head())?.epoch ?? '', seq: 0n }, 10));
    expect(events.map((event) => [event.type, JSON.parse(event.data)])).toEqual([
      ['export.failed', { export_id: id, kind: 'everything', reason: 'bad_request' }],
    ]);
    expect(await new JobRunner(ctx).startDue(scope)).toBe(0);
  });
});

describe('the runner', () => {
  const failing = (outcomes: Result<unknown, JobFailure>[]): JobHandler & { readonly runs: JobRow[]; readonly givenUp: string[] } => {
    const runs: JobRow[] = [];
    const givenUp: string[] = [];
    return {
      runs,
      givenUp,
      run: async (_ctx, _scope, job) => {
        runs.push(job);
        const outcome = outcomes[runs.length - 1];
        if (outcome === undefined) throw new Error('out of outcomes');
        return outcome;
      },
      giveUp: async (_ctx, _scope, _job, reason) => void givenUp.push(reason),
    };
  };
  const enqueue = async (scope: TenantScope, attemptsMax: number) => {
    const app = await test.as('app');
    const id = test.ids.next('job');
    await app.scoped(scope, (unit) => unit.jobs.enqueue({ id, kind: 'probe', uniqueKey: null, payload: {}, runAt: unit.now, attemptsMax }));
    return async () => app.scoped(scope, (unit) => unit.jobs.get(id));
  };
  const runnerOf = (handler: JobHandler): JobRunner => new JobRunner(ctx, new Map([['probe', handler]]));
  const later = (ms: number): void => test.clock.set(test.clock.now() + ms);

  it('waits longer before each attempt, and gives up after the last', async () => {
    const scope = await newTenant();
    const job = await enqueue(scope, 3);
    const handler = failing([err({ reason: 'busy', retry: true }), err({ reason: 'busy', retry: true }), err({ reason: 'still busy', retry: true })]);
    const runner = runnerOf(handler);
    await runAll(scope, runner);
    expect(await job()).toMatchObject({ status: 'queued', attempts: 1, error: 'busy' });
    expect(await runner.startDue(scope)).toBe(0);
    later(ctx.limits.jobRetryFirstMs);
    await runAll(scope, runner);
    later(ctx.limits.jobRetryFirstMs);
    expect(await runner.startDue(scope)).toBe(0);
    later(ctx.limits.jobRetryFirstMs);
    await runAll(scope, runner);
    expect(await job()).toMatchObject({ status: 'failed', attempts: 3, error: 'still busy' });
    expect(handler.givenUp).toEqual(['still busy']);
  });

  it('a throw is a failed attempt, tried again', async () => {
    const scope = await newTenant();
    const job = await enqueue(scope, 2);
    await runAll(scope, runnerOf(failing([])));
    expect(await job()).toMatchObject({ status: 'queued', error: 'internal' });
  });

  it('a job whose runner died is taken over when its lock ran out, and the dead one ends nothing', async () => {
    const scope = await newTenant();
    const job = await enqueue(scope, 5);
    const [dead] = await ctx.storage.scoped(scope, (unit) => unit.jobs.claim(['probe'], 1, ctx.limits.jobLockMs));
    const handler = failing([ok('fine')]);
    expect(await runnerOf(handler).startDue(scope)).toBe(0);
    later(ctx.limits.jobLockMs + 1);
    await runAll(scope, runnerOf(handler));
    expect(await job()).toMatchObject({ status: 'done', attempts: 2, result: 'fine' });
    if (dead === undefined) throw new Error('nothing was claimed');
    expect(await ctx.storage.scoped(scope, (unit) => unit.jobs.finish(dead, { status: 'failed' }))).toBe(false);
  });
});

function fillRow(no: number, at: number) {
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
    copyId: copyNumber(1),
    coin: 'BTC',
    side: 'sell' as const,
    price: 5_000_000_000_000n,
    size: 100_000n,
    startPosition: 0n,
    closedPnl: -100_000_000n,
    fee: 2_250_000n,
    feeAsset: 'USDC',
    builderFee: 0n,
    crossed: true,
    liquidation: false,
    recordedAt: at,
  };
}
