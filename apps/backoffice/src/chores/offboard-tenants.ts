import { WAKEUP_CHANNELS } from '@lockstep/delivery';
import { ENVIRONMENTS, type EpochMs, type TenantId, type TenantScope } from '@lockstep/kernel';
import {
  ARCHIVE_KIND,
  ARCHIVE_TABLES,
  type ArchiveFile,
  archiveFiles,
  askToErase,
  clearEvents,
  destroySecrets,
  followersToErase,
  holdOffboarding,
  OFFBOARDING_ACTOR,
  type OffboardingRow,
  offboardingStanding,
  type PlatformUnit,
  removeAnswers,
  removeFileParts,
  renderExportJob,
  type ScopedUnit,
  standsOpen,
} from '@lockstep/storage';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { type BackofficeContext, wake } from '../context';
import { eraseAndTell } from '../jobs/erase-follower';
import { retryDelayMs } from '../jobs/handlers';
import { HOUR_MS, MINUTE_MS, type PlatformChore } from './chore';
import { closeScope, isStillClosed } from './close-tenant';

/** The first wait before a file that failed is made again; it doubles up to the other. */
const FILE_AGAIN_FIRST_MS = MINUTE_MS;
const FILE_AGAIN_MAX_MS = HOUR_MS;

/**
 * Carries tenants out of the deployment, a step at a time. Where each stands is written down; every step looks at what is there and does what is missing, and goes on
 * by one statement from the step it knows. So it may die anywhere, run twice, or on two machines at once.
 */
export const offboardTenants: PlatformChore = {
  name: 'offboarding',
  everyMs: 5_000,
  async run(ctx) {
    const underway = await ctx.storage.platform((unit) => unit.offboardings.underway(), { readOnly: true });
    for (const row of underway) {
      try {
        await workOn(ctx, row);
      } catch (error) {
        // One tenant's trouble keeps nobody else's offboarding up.
        ctx.log.error('an offboarding could not go on', { tenant: row.tenantId, step: row.step, error });
      }
    }
  },
};

/** Does what the step asks for, and goes on to the next once it is done. */
async function workOn(ctx: BackofficeContext, row: OffboardingRow): Promise<void> {
  switch (row.step) {
    case 'closing':
      if (await everyScope(row, (scope) => closeScope(ctx, row, scope))) await goOn(ctx, row, { step: 'exporting', closedAt: ctx.clock.now() });
      return;
    case 'exporting':
      if (await everyScope(row, (scope) => isExported(ctx, row, scope))) {
        const now = ctx.clock.now();
        await goOn(ctx, row, { step: 'waiting', exportedAt: now, eraseAt: now + row.waitingMs });
      }
      return;
    case 'waiting':
      if (row.eraseAt === null || ctx.clock.now() < row.eraseAt) return;
      await goOn(ctx, row, (await everyScope(row, (scope) => isStillClosed(ctx, row, scope))) ? { step: 'erasing' } : ANEW);
      return;
    case 'erasing':
      await erase(ctx, row);
      return;
    default:
  }
}

type Change = Partial<OffboardingRow> & Pick<OffboardingRow, 'step'>;

/** Something is open again: it is closed, settled, exported and waited for anew, for the archive lacks it. */
const ANEW: Change = { step: 'closing', closedAt: null, exportedAt: null, eraseAt: null };

async function goOn(ctx: BackofficeContext, row: OffboardingRow, change: Change): Promise<void> {
  const went = await ctx.storage.platform((unit) => goOnIn(unit, row, change));
  if (went) ctx.log.info('an offboarding went on', { tenant: row.tenantId, from: row.step, to: change.step });
}

/** Goes on with a tenant that is still suspended. It is locked before its offboarding, as everybody does. */
async function goOnIn(unit: PlatformUnit, row: OffboardingRow, change: Change): Promise<boolean> {
  const tenant = await unit.tenants.findOne({ id: row.tenantId }, { lock: true });
  return tenant?.status === 'suspended' && (await unit.offboardings.goOn(row, change));
}

/** Looks at every scope, also where the first is not done: both are worked on at once. */
async function everyScope({ tenantId }: OffboardingRow, done: (scope: TenantScope) => Promise<boolean>): Promise<boolean> {
  let every = true;
  for (const scope of scopesOf(tenantId)) every = (await done(scope)) && every;
  return every;
}

/** True when every file of a scope's archive is ready; asks for those that are missing or failed. */
async function isExported(ctx: BackofficeContext, row: OffboardingRow, scope: TenantScope): Promise<boolean> {
  return ctx.storage.scoped(scope, async (unit) => {
    if (!(await holdOffboarding(unit, row))) return false;
    const files = await archiveFiles(unit, row.beganAt, row.closedAt);
    const wanted = ARCHIVE_TABLES.filter((table) => isDue(files.get(table), ctx.clock.now()));
    for (const table of wanted) await askForFile(ctx, unit, table, row);
    return ARCHIVE_TABLES.every((table) => files.get(table)?.status === 'ready');
  });
}

/** Whether a table's file is to be asked for: it never was, or it failed and the wait, which doubles with each time, is over. */
function isDue(file: ArchiveFile | undefined, now: EpochMs): boolean {
  if (file === undefined) return true;
  return (
    file.status === 'failed' && now >= (file.completedAt ?? file.createdAt) + retryDelayMs(file.failures, FILE_AGAIN_FIRST_MS, FILE_AGAIN_MAX_MS)
  );
}

async function askForFile(ctx: BackofficeContext, unit: ScopedUnit, table: string, { beganAt }: OffboardingRow): Promise<void> {
  const id = ctx.ids.next('export');
  await unit.exports.begin({ id, kind: ARCHIVE_KIND, params: { table, begunAtMs: beganAt, fromMs: 0, toMs: unit.now } });
  await unit.jobs.enqueue(renderExportJob(ctx.ids, unit.now, { exportId: id }));
  unit.afterCommit(() => wake(ctx, WAKEUP_CHANNELS.jobs, unit.scope));
}

/** Erases a bounded part of each scope, for everybody else's chores wait meanwhile, and closes the tenant once nothing is left. */
async function erase(ctx: BackofficeContext, row: OffboardingRow): Promise<void> {
  let left = false;
  for (const scope of scopesOf(row.tenantId)) {
    const part = await ctx.storage.scoped(scope, (unit) => erasePart(ctx, unit, row));
    if (part === 'open') return goOn(ctx, row, ANEW);
    if (part !== 'nothing_left') left = true;
  }
  if (!left) await close(ctx, row);
}

/** `open`: something is open in the scope. `elsewhere`: the offboarding is not where it was known to be. Of both nothing was erased. */
type Erased = 'open' | 'elsewhere' | 'more_left' | 'nothing_left';

/**
 * Erases what a unit may hold of a scope. Answers kept for repetition go first: each person's erasure looks through what there is of them. Secrets go last, once
 * nothing else is left.
 */
async function erasePart(ctx: BackofficeContext, unit: ScopedUnit, row: OffboardingRow): Promise<Erased> {
  const { retentionMax, erasedMax, erasedEventsMax, filePartsMax } = ctx.limits;
  if (!(await holdOffboarding(unit, row))) return 'elsewhere';
  if (standsOpen(await offboardingStanding(unit, row.beganAt))) return 'open';
  if ((await removeAnswers(unit, retentionMax)) === retentionMax) return 'more_left';
  const ids = await followersToErase(unit, erasedMax);
  await askToErase(unit, ids, OFFBOARDING_ACTOR);
  for (const id of ids) {
    if ((await clearEvents(unit, id, erasedEventsMax)) === erasedEventsMax) return 'more_left';
    await eraseAndTell(ctx, unit, id);
  }
  if (ids.length === erasedMax) return 'more_left';
  if ((await removeFileParts(unit, filePartsMax)) === filePartsMax) return 'more_left';
  await destroySecrets(unit);
  return 'nothing_left';
}

/** Closes a tenant of whom nothing is left; its books stay. */
async function close(ctx: BackofficeContext, row: OffboardingRow): Promise<void> {
  const { tenantId, actor } = row;
  const closed = await ctx.storage.platform(async (unit) => {
    if (!(await goOnIn(unit, row, { step: 'erased', endedAt: unit.now }))) return false;
    await unit.tenants.update({ id: tenantId }, { status: 'closed', updatedAt: unit.now });
    const change = { before: { status: 'suspended' }, after: { status: 'closed' } };
    const line = { actor, action: 'tenant.erased', targetId: tenantId, requestId: null, detail: {}, ...change };
    unit.audit.note({ id: ctx.ids.next('audit'), createdAt: unit.now, ...line });
    return true;
  });
  if (!closed) return;
  ctx.log.info('a tenant was erased', { tenant: tenantId });
  await ctx.wakeups.publish(WAKEUP_CHANNELS.keys, tenantId).catch((error: unknown) => ctx.log.debug('wake-up not sent', { error }));
}

const scopesOf = (tenantId: TenantId): readonly TenantScope[] => ENVIRONMENTS.map((environment) => scopeFromPlatformList(tenantId, environment));
