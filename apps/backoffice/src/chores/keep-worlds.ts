import { SANDBOX_LIMITS, type SandboxTaskKind, WAKEUP_CHANNELS } from '@lockstep/delivery';
import type { TenantScope } from '@lockstep/kernel';
import { type SandboxRow, type ScopedUnit, sandboxJob } from '@lockstep/storage';
import { testScopeOf } from '@lockstep/tenancy';
import { type BackofficeContext, wake } from '../context';
import type { ScopedChore } from './chore';

/** Who asks where no tenant does. */
const ACTOR = 'backoffice';
/** Ended tasks removed at a time. */
const FORGOTTEN_MAX = 1_000;

/** Opens worlds again that the simulated venue no longer has, closes those that nobody uses, and forgets old tasks. */
export const keepWorlds: ScopedChore = {
  name: 'worlds',
  everyMs: 15_000,
  async run(ctx, scope) {
    if (testScopeOf(scope) === null) return;
    const { sandbox, usedAt } = await ctx.storage.scoped(scope, async (unit) => {
      const found = await unit.sandboxes.own();
      if (found !== null) await unit.sandboxTasks.forget(ctx.clock.now() - SANDBOX_LIMITS.taskKeptMs, FORGOTTEN_MAX);
      return { sandbox: found, usedAt: Math.max(found?.usedAt ?? 0, (found === null ? null : await unit.sandboxes.keyUsedAt()) ?? 0) };
    });
    if (sandbox === null || sandbox.status !== 'open') return;
    if (ctx.clock.now() - usedAt > SANDBOX_LIMITS.idleMaxMs) return ask(ctx, scope, 'close');
    const look = await ctx.worlds.look(sandbox.id);
    if (!look.ok && look.error.error === 'no_world') await ask(ctx, scope, 'open');
  },
};

/** Queues a task, unless one of the scope is on its way: that one meets the same. */
async function ask(ctx: BackofficeContext, scope: TenantScope, kind: SandboxTaskKind): Promise<void> {
  await ctx.storage.scoped(scope, async (unit) => {
    const sandbox = await unit.sandboxes.own(true);
    if (sandbox === null || (await unit.sandboxTasks.open()) > 0) return;
    await queueTask(ctx, unit, sandbox, kind);
  });
  await wake(ctx, WAKEUP_CHANNELS.jobs, scope);
}

async function queueTask(ctx: BackofficeContext, unit: ScopedUnit, _sandbox: SandboxRow, kind: SandboxTaskKind): Promise<void> {
  await unit.sandboxTasks.insert({
    id: ctx.ids.next('sandboxTask'),
    kind,
    params: {},
    status: 'queued',
    plan: null,
    result: null,
    error: null,
    runs: 0,
    actor: ACTOR,
    createdAt: unit.now,
    startedAt: null,
    endedAt: null,
  });
  await unit.jobs.enqueue(sandboxJob(ctx.ids, unit.now));
}
