import { type EpochMs, err, isId, ok, type Result, type TenantScope } from '@lockstep/kernel';
import { type JobRow, TENANT_JOBS } from '@lockstep/storage';
import { z } from 'zod';
import type { BackofficeContext } from '../context';
import { closePeriod } from '../files/close-period';
import { giveUpExport, renderExport } from '../files/render-export';
import { giveUpWork, workOnWorld } from '../sandbox/work-on-world';
import { carryOutErasure } from './erase-follower';

/** How a job did not end well. `retry`: the same work may succeed later. */
export interface JobFailure {
  readonly reason: string;
  readonly retry: boolean;
}

export interface JobHandler {
  run(ctx: BackofficeContext, scope: TenantScope, job: JobRow): Promise<Result<unknown, JobFailure>>;
  /** Called once when the job is given up. */
  giveUp(ctx: BackofficeContext, scope: TenantScope, job: JobRow, reason: string): Promise<void>;
}

const moment = z.int().min(0).max(8_640_000_000_000_000);
const closePayload = z.object({ settlementId: z.string(), exportId: z.string(), periodStartMs: moment, periodEndMs: moment });
const renderPayload = z.object({ exportId: z.string() });

const refused = (reason: string, retry = false): Result<never, JobFailure> => err({ reason, retry });

/** Refusals of a period that pass by themselves. */
const PASSING: ReadonlySet<string> = new Set(['earlier_period_open', 'conflict', 'period_not_over']);

const closePeriodHandler: JobHandler = {
  async run(ctx, scope, job) {
    const payload = closePayload.safeParse(job.payload);
    if (!payload.success) return refused('bad_payload');
    const { settlementId, exportId, periodStartMs, periodEndMs } = payload.data;
    if (!isId('settlement', settlementId) || !isId('export', exportId)) return refused('bad_payload');
    const closed = await closePeriod(ctx, scope, { settlementId, exportId, periodStartMs, periodEndMs });
    return closed.ok ? ok({ settlementId: closed.value.id, exportId: closed.value.exportId }) : refused(closed.error, PASSING.has(closed.error));
  },
  async giveUp(ctx) {
    ctx.counters.settlementFailed();
  },
};

const renderExportHandler: JobHandler = {
  async run(ctx, scope, job) {
    const payload = renderPayload.safeParse(job.payload);
    if (!payload.success || !isId('export', payload.data.exportId)) return refused('bad_payload');
    const rendered = await renderExport(ctx, scope, payload.data.exportId);
    return rendered.ok ? ok({ exportId: payload.data.exportId }) : refused(rendered.error, rendered.error === 'conflict');
  },
  async giveUp(ctx, scope, job, reason) {
    const payload = renderPayload.safeParse(job.payload);
    if (payload.success && isId('export', payload.data.exportId)) await giveUpExport(ctx, scope, payload.data.exportId, reason);
  },
};

const erasePayload = z.object({ followerId: z.string() });

const eraseFollowerHandler: JobHandler = {
  async run(ctx, scope, job) {
    const payload = erasePayload.safeParse(job.payload);
    if (!payload.success || !isId('follower', payload.data.followerId)) return refused('bad_payload');
    const erased = await carryOutErasure(ctx, scope, payload.data.followerId);
    return erased.ok ? ok({ ended: erased.value }) : refused(erased.error, true);
  },
  async giveUp(ctx, scope, job, reason) {
    ctx.log.error('an erasure was given up', { tenant: scope.tenantId, environment: scope.environment, job: job.id, reason });
  },
};

const sandboxHandler: JobHandler = {
  async run(ctx, scope, job) {
    const worked = await workOnWorld(ctx, scope, job.id);
    return worked.ok ? ok({ tasks: worked.value }) : refused(worked.error, true);
  },
  giveUp: (ctx, scope, job) => giveUpWork(ctx, scope, job.id),
};

/** Who runs which kind of job. A kind that is not here is never claimed. */
export const HANDLERS: ReadonlyMap<string, JobHandler> = new Map([
  [TENANT_JOBS.closePeriod, closePeriodHandler],
  [TENANT_JOBS.renderExport, renderExportHandler],
  [TENANT_JOBS.eraseFollower, eraseFollowerHandler],
]);

/** Work on tenants' own worlds, which may take a quarter of an hour: it has places of its own, so that no settlement waits for it. */
export const WORLD_HANDLERS: ReadonlyMap<string, JobHandler> = new Map([[TENANT_JOBS.sandbox, sandboxHandler]]);

/** The wait before the next attempt: doubling, at most the bound. */
export const retryDelayMs = (attempts: number, firstMs: number, maxMs: number): EpochMs =>
  Math.min(maxMs, firstMs * 2 ** Math.min(20, Math.max(0, attempts - 1)));
