import { isSandboxTaskKind, WAKEUP_CHANNELS } from '@lockstep/delivery';
import { err, ok, type Result, type TenantScope } from '@lockstep/kernel';
import { type SandboxTaskRow, type ScopedUnit, sandboxJob } from '@lockstep/storage';
import { type BackofficeContext, wake } from '../context';
import { carryOut } from './carry-out';
import { TaskStopped } from './task-end';

/**
 * Carries out what is queued for a scope's world, one task after the other in the order they were asked for, until nothing is left. One worker has a world at a
 * time; a second one leaves at once, because the first finds what was queued meanwhile. Returns how many tasks it ended; `later`: the simulated venue is away.
 */
export async function workOnWorld(ctx: BackofficeContext, scope: TenantScope, worker: string): Promise<Result<number, 'later'>> {
  for (let ended = 0; ; ended += 1) {
    const task = await nextTask(ctx, scope, worker);
    if (task === null) return ok(ended);
    if ((await endOf(ctx, scope, task, worker)) === 'later') return err('later');
  }
}

/** The next task, begun; null when there is none, and the world is left, or when another worker has it. */
async function nextTask(ctx: BackofficeContext, scope: TenantScope, worker: string): Promise<SandboxTaskRow | null> {
  return ctx.storage.scoped(scope, async (unit) => {
    // The row is held: whoever queues a task holds it too, so none is queued between the last look and leaving.
    if ((await unit.sandboxes.own(true)) === null || !(await unit.sandboxes.keepFor(worker, ctx.limits.worldKeptMs))) return null;
    const task = await unit.sandboxTasks.claim();
    if (task === null) await unit.sandboxes.leave(worker);
    return task;
  });
}

async function endOf(ctx: BackofficeContext, scope: TenantScope, task: SandboxTaskRow, worker: string): Promise<'ended' | 'later'> {
  const end = async (error: string | null, result?: unknown): Promise<'ended'> => {
    await ctx.storage.scoped(scope, async (unit) => {
      await unit.sandboxTasks.end(task, { error, ...(result === undefined ? {} : { result }) });
      if (error !== null) await leaveClosed(unit);
    });
    // The engine reads clocks with what stops risk.
    await wake(ctx, WAKEUP_CHANNELS.stops, scope);
    return 'ended';
  };
  if (!isSandboxTaskKind(task.kind)) return end('interrupted');
  try {
    return await end(null, await carryOut({ ctx, scope, worker, task }, task.kind));
  } catch (failure) {
    if (!(failure instanceof TaskStopped)) throw failure;
    const { stop } = failure;
    return stop.kind === 'later' ? 'later' : end(stop.error, stop.result);
  }
}

/** The venue stayed away: the task that waited for it fails, and those behind it are tried. */
export async function giveUpWork(ctx: BackofficeContext, scope: TenantScope, worker: string): Promise<void> {
  await ctx.storage.scoped(scope, async (unit) => {
    await unit.sandboxes.own(true);
    if (!(await unit.sandboxes.keepFor(worker, ctx.limits.worldKeptMs))) return;
    const task = await unit.sandboxTasks.claim();
    if (task !== null) await unit.sandboxTasks.end(task, { error: 'venue_unavailable' });
    await leaveClosed(unit);
    await unit.sandboxes.leave(worker);
    if ((await unit.sandboxTasks.open()) > 0) await unit.jobs.enqueue(sandboxJob(ctx.ids, unit.now));
  });
}

/** A world that could not be opened can be asked for again. */
async function leaveClosed(unit: ScopedUnit): Promise<void> {
  await unit.sandboxes.update({ status: 'opening' }, { status: 'closed' });
}
