import type { TenantScope } from '@lockstep/kernel';
import type { JobRow } from '@lockstep/storage';
import type { BackofficeContext } from '../context';
import { HANDLERS, type JobFailure, type JobHandler, retryDelayMs } from './handlers';

/**
 * Runs tenants' jobs: claims with SKIP LOCKED, so that several back offices never wait for each other; a bounded number at once; a heartbeat
 * keeps a long job ours; a job whose runner died is taken over when its lock ran out. Handlers may therefore run twice and must allow it.
 */
export class JobRunner {
  private readonly running = new Set<Promise<void>>();
  private stopped = false;

  constructor(
    private readonly ctx: BackofficeContext,
    private readonly handlers: ReadonlyMap<string, JobHandler> = HANDLERS,
    private readonly jobsMax: number = ctx.limits.jobsMax,
  ) {}

  /** Claims what a scope has to do, as far as there is room, and starts it. Returns the number started. */
  async startDue(scope: TenantScope): Promise<number> {
    const room = this.jobsMax - this.running.size;
    if (room <= 0 || this.stopped) return 0;
    const claimed = await this.ctx.storage.scoped(scope, (unit) => unit.jobs.claim([...this.handlers.keys()], room, this.ctx.limits.jobLockMs));
    for (const job of claimed) this.start(scope, job);
    return claimed.length;
  }

  get busy(): number {
    return this.running.size;
  }

  /** Resolves when a running job ends; at once when none runs. */
  async oneEnded(): Promise<void> {
    await Promise.race(this.running);
  }

  /** Takes no more jobs and waits for those that run. */
  async drain(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running);
  }

  private start(scope: TenantScope, job: JobRow): void {
    const run = this.runOne(scope, job)
      .catch((error: unknown) => this.ctx.log.error('a job could not be ended', { job: job.id, kind: job.kind, error }))
      .finally(() => this.running.delete(run));
    this.running.add(run);
  }

  private async runOne(scope: TenantScope, job: JobRow): Promise<void> {
    const handler = this.handlers.get(job.kind);
    if (handler === undefined) return;
    const stopHeartbeat = this.heartbeat(scope, job);
    let failure: JobFailure | null = null;
    try {
      const ended = await handler.run(this.ctx, scope, job);
      if (ended.ok) {
        await this.ctx.storage.scoped(scope, (unit) => unit.jobs.finish(job, { status: 'done', result: ended.value }));
        this.ctx.counters.jobEnded('done');
        return;
      }
      failure = ended.error;
    } catch (error) {
      this.ctx.log.error('a job failed', { job: job.id, kind: job.kind, attempt: job.attempts, error });
      failure = { reason: 'internal', retry: true };
    } finally {
      stopHeartbeat();
    }
    await this.failed(scope, job, handler, failure);
  }

  private async failed(scope: TenantScope, job: JobRow, handler: JobHandler, failure: JobFailure): Promise<void> {
    const { limits, clock, storage, counters } = this.ctx;
    if (failure.retry && job.attempts < job.attemptsMax) {
      const runAt = clock.now() + retryDelayMs(job.attempts, limits.jobRetryFirstMs, limits.jobRetryMaxMs);
      await storage.scoped(scope, (unit) => unit.jobs.retryAt(job, runAt, failure.reason));
      counters.jobEnded('retried');
      return;
    }
    const ours = await storage.scoped(scope, (unit) => unit.jobs.finish(job, { status: 'failed', error: failure.reason }));
    if (!ours) return;
    this.ctx.log.warn('a job was given up', { job: job.id, kind: job.kind, attempts: job.attempts, reason: failure.reason });
    await handler.giveUp(this.ctx, scope, job, failure.reason);
    counters.jobEnded('failed');
  }

  private heartbeat(scope: TenantScope, job: JobRow): () => void {
    const { jobLockMs } = this.ctx.limits;
    const timer = setInterval(() => {
      this.ctx.storage
        .scoped(scope, (unit) => unit.jobs.extend(job, jobLockMs))
        .catch((error: unknown) => this.ctx.log.warn('job heartbeat failed', { job: job.id, error }));
    }, jobLockMs / 3);
    return () => clearInterval(timer);
  }
}
