import type { EpochMs, Id, Ids } from '@lockstep/kernel';
import type { NewJob } from '../unit/job-queue';

/** Jobs the back office runs inside a tenant's scope. Their payloads are the contract between whoever asks and the runner. */
export const TENANT_JOBS = {
  closePeriod: 'settlement.close',
  renderExport: 'export.render',
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

/** What an export row of kind `fills` or `fees` holds as `params`: rows from `fromMs` on, before `toMs`. */
export interface ExportParams {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
}

/** Attempts before a job counts as failed. */
const ATTEMPTS_MAX = 8;

/** A period's key in the settlements table: its two moments. */
export const periodKey = (startMs: EpochMs, endMs: EpochMs): string => `${new Date(startMs).toISOString()}/${new Date(endMs).toISOString()}`;

/** Asks for a period to be closed. The unique key lets a period be asked for once, also by two gateways at the same moment. */
export function closePeriodJob(ids: Ids, now: EpochMs, payload: ClosePeriodPayload): NewJob {
  const uniqueKey = `settlement:${periodKey(payload.periodStartMs, payload.periodEndMs)}`;
  return { id: ids.next('job'), kind: TENANT_JOBS.closePeriod, uniqueKey, payload, runAt: now, attemptsMax: ATTEMPTS_MAX };
}

/** Asks for an export row (status `queued`) to be rendered. */
export function renderExportJob(ids: Ids, now: EpochMs, payload: RenderExportPayload): NewJob {
  const uniqueKey = `export:${payload.exportId}`;
  return { id: ids.next('job'), kind: TENANT_JOBS.renderExport, uniqueKey, payload, runAt: now, attemptsMax: ATTEMPTS_MAX };
}
