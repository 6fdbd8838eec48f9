import type { TenantScope } from '@lockstep/kernel';
import type { SandboxTaskRow } from '@lockstep/storage';
import type { BackofficeContext } from '../context';
import { failed, TaskStopped } from './task-end';

/** One task in the hands of its worker. */
export interface Work {
  readonly ctx: BackofficeContext;
  readonly scope: TenantScope;
  readonly worker: string;
  readonly task: SandboxTaskRow;
}

const BEGUN = { begun: true };

/** From here on the task must not be done again: a run that finds it begun ends it. */
export async function beginOnce({ ctx, scope, task }: Work): Promise<void> {
  if (task.plan !== null) throw failed('interrupted', task.result ?? undefined);
  const ours = await ctx.storage.scoped(scope, (unit) => unit.sandboxTasks.note(task, { plan: BEGUN }));
  if (!ours) throw new TaskStopped({ kind: 'later' });
}

/** Keeps the world for this worker and writes what was done so far. Stops where another worker has taken over. */
export async function keepWorld({ ctx, scope, task, worker }: Work, result: unknown): Promise<void> {
  const ours = await ctx.storage.scoped(scope, async (unit) => {
    return (await unit.sandboxes.keepFor(worker, ctx.limits.worldKeptMs)) && (await unit.sandboxTasks.note(task, { result }));
  });
  if (!ours) throw new TaskStopped({ kind: 'later' });
}
