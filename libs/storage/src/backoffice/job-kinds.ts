import type { EpochMs, FollowerId, Id, Ids } from '@lockstep/kernel';
import type { NewJob } from '../unit/job-queue';

/** Jobs the back office runs inside a tenant's scope. Their payloads are the contract between whoever asks and the runner. */
export const TENANT_JOBS = {
  closePeriod: 'settlement.close',
  renderExport: 'export.render',
  sandbox: 'sandbox.work',
  eraseFollower: 'follower.erase',
} as const;

export interface ClosePeriodPayload {
  readonly settlementId: Id<'settlement'>;
  readonly exportId: Id<'export'>;
  readonly periodStartMs: EpochMs;
  readonly periodEndMs: EpochMs;
}

export interface RenderExportPayload {
  readonly exportId: Id<'export'>;
}

export interface EraseFollowerPayload {
  readonly followerId: FollowerId;
}

/** What an export row of kind `fills` or `fees` holds as `params`: rows from `fromMs` on, before `toMs`. */
export interface ExportParams {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
}

/** Attempts before a job counts as failed. */
const ATTEMPTS_MAX = 8;
/** Work on a world waits for the simulated venue as long as it may take to come back. */
const SANDBOX_ATTEMPTS_MAX = 40;

/** An erasure that was promised is tried until it is done. */
const ERASURE_ATTEMPTS_MAX = 100_000;

/** A period's key in the settlements table: its two moments. */
export const periodKey = (startMs: EpochMs, endMs: EpochMs): string => `${new Date(startMs).toISOString()}/${new Date(endMs).toISOString()}`;

/** Asks for a period to be closed. The unique key lets a period be asked for once, also by two gateways at the same moment. */
export function closePeriodJob(ids: Ids, now: EpochMs, payload: ClosePeriodPayload): NewJob {
  const uniqueKey = `settlement:${periodKey(payload.periodStartMs, payload.periodEndMs)}`;
  return { id: ids.next('job'), kind: TENANT_JOBS.closePeriod, uniqueKey, payload, runAt: now, attemptsMax: ATTEMPTS_MAX };
}

/** Asks for what is queued for a scope's own world to be carried out: one job works until nothing is left, and a second one at the same time finds it taken. */
export function sandboxJob(ids: Ids, now: EpochMs): NewJob {
  return { id: ids.next('job'), kind: TENANT_JOBS.sandbox, uniqueKey: null, payload: {}, runAt: now, attemptsMax: SANDBOX_ATTEMPTS_MAX };
}

/** Asks for an export row (status `queued`) to be rendered. */
export function renderExportJob(ids: Ids, now: EpochMs, payload: RenderExportPayload): NewJob {
  const uniqueKey = `export:${payload.exportId}`;
  return { id: ids.next('job'), kind: TENANT_JOBS.renderExport, uniqueKey, payload, runAt: now, attemptsMax: ATTEMPTS_MAX };
}

/** Asks for what is known of a follower's person to be erased; the erasure's row stands already. `erasedAt`: when it was before, where something came back since. */
export function eraseFollowerJob(ids: Ids, now: EpochMs, payload: EraseFollowerPayload, erasedAt: EpochMs | null = null): NewJob {
  const uniqueKey = `erasure:${payload.followerId}${erasedAt === null ? '' : `:${erasedAt}`}`;
  return { id: ids.next('job'), kind: TENANT_JOBS.eraseFollower, uniqueKey, payload, runAt: now, attemptsMax: ERASURE_ATTEMPTS_MAX };
}
