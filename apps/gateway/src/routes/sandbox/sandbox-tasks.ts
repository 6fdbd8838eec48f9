import { SANDBOX_LIMITS, type SandboxTaskKind, WAKEUP_CHANNELS } from '@lockstep/delivery';
import { err, ok, type Result } from '@lockstep/kernel';
import { type SandboxRow, type SandboxTaskRow, type ScopedUnit, sandboxJob } from '@lockstep/storage';
import { type TestScope, testScopeOf } from '@lockstep/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../../app/context';
import type { Answer } from '../../http/answer';
import { madeWith } from '../../http/audit-change';
import type { Call } from '../../http/call';
import { Mutations } from '../../http/mutations';
import { ProblemException, type Refusal, refusal } from '../../http/problem-exception';
import { auditedParams } from './audited-params';
import { sandboxTaskBody, type sandboxTaskSchema } from './sandbox-body';

/** The caller's scope as one that may have a sandbox. Throws the one refusal a live key ever gets here. */
export function testScope(call: Call): TestScope {
  const scope = testScopeOf(call.scope);
  if (scope === null) throw new ProblemException('test_environment_only');
  return scope;
}

/** Queues what is asked of a sandbox; the back office does it. */
@Injectable()
export class SandboxTaskQueue {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Mutations) private readonly mutations: Mutations,
  ) {}

  /** Answers 202 with the queued task; refused while the caller's sandbox is not open, and while too many tasks wait. */
  async ask(call: Call, kind: SandboxTaskKind, params: object): Promise<Answer<z.output<typeof sandboxTaskSchema>>> {
    testScope(call);
    return this.mutations.run(call, 202, async (unit) => {
      const sandbox = await unit.sandboxes.own(true);
      if (sandbox === null || sandbox.status !== 'open') return err(NOT_OPEN);
      const queued = await this.queue(unit, call, sandbox, kind, params);
      return queued.ok ? ok(sandboxTaskBody(queued.value)) : queued;
    });
  }

  /** Queues a task of a sandbox whose row is held. */
  async queue(unit: ScopedUnit, call: Call, sandbox: SandboxRow, kind: SandboxTaskKind, params: object): Promise<Result<SandboxTaskRow, Refusal>> {
    if ((await unit.sandboxTasks.open()) >= SANDBOX_LIMITS.openTasksMax)
      return err(refusal('state_conflict', `${SANDBOX_LIMITS.openTasksMax} tasks of your sandbox are on their way: wait for one to end.`));
    const { ids } = this.context;
    const id = ids.next('sandboxTask');
    const { tenantId, environment } = unit.scope;
    const row = {
      tenantId,
      environment,
      id,
      kind,
      params,
      status: 'queued',
      plan: null,
      result: null,
      error: null,
      runs: 0,
      actor: call.key.keyId,
      createdAt: unit.now,
      startedAt: null,
      endedAt: null,
    } as const;
    await unit.sandboxTasks.insert(row);
    await unit.sandboxes.update({ id: sandbox.id }, { usedAt: unit.now });
    await unit.jobs.enqueue(sandboxJob(ids, unit.now));
    this.mutations.wake(unit, WAKEUP_CHANNELS.jobs);
    await this.mutations.audit(unit, call, `sandbox.${kind}`, id, auditedParams(params), madeWith({ kind }));
    return ok(row);
  }
}

export const NOT_OPEN = refusal('state_conflict', 'Your sandbox is not open: POST /v1/sandbox, and wait until its status is `open`.');
