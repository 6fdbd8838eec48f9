import { SANDBOX_LIMITS, WAKEUP_CHANNELS } from '@lockstep/delivery';
import { err, type Id, isId, ok } from '@lockstep/kernel';
import type { SandboxFaultRow, ScopedUnit } from '@lockstep/storage';
import { Body, Controller, Delete, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { Needs } from '../../auth/access';
import { FaultTargets } from '../../faults/fault-targets';
import { madeWith } from '../../http/audit-change';
import { type Call, CurrentCall } from '../../http/call';
import { Cursors, pageQuery } from '../../http/cursors';
import { Answers } from '../../http/documented';
import { idField, timeCursor } from '../../http/fields';
import { Mutations } from '../../http/mutations';
import { NOT_FOUND, ProblemException, refusal } from '../../http/problem-exception';
import { Reads } from '../../http/reads';
import {
  type FaultTerms,
  faultDraft,
  faultsRemovedSchema,
  faultTerms,
  sandboxFaultBody,
  sandboxFaultListSchema,
  sandboxFaultSchema,
  seedBelow,
  unknownOperation,
} from './fault-body';
import { testScope } from './sandbox-tasks';

class SetFaultDto extends createZodDto(faultDraft) {}
class FaultPath extends createZodDto(z.object({ id: idField('flt') })) {}
class FaultsQuery extends createZodDto(pageQuery) {}

/** Faults a tenant sets on its own test environment, to see how its app meets them. A live key is refused on every route; no fault strikes these routes. */
@ApiTags('sandbox')
@Controller('v1/sandbox/faults')
export class SandboxFaultsController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Mutations) private readonly mutations: Mutations,
    @Inject(Reads) private readonly reads: Reads,
    @Inject(Cursors) private readonly cursors: Cursors,
    @Inject(FaultTargets) private readonly targets: FaultTargets,
  ) {}

  @Post()
  @Answers(201, sandboxFaultSchema)
  @Needs('sandbox:write')
  create(@CurrentCall() call: Call, @Body() body: SetFaultDto) {
    testScope(call);
    const operation = this.operationOf(body.operation);
    return this.mutations.run(call, 201, async (unit) => {
      await unit.sandboxFaults.hold();
      const keyId = body.key_id === undefined ? null : await ownKey(unit, body.key_id);
      if (keyId === undefined) return err(NOT_FOUND);
      if ((await unit.sandboxFaults.inForce()).length >= SANDBOX_LIMITS.faultsMax)
        return err(refusal('state_conflict', `${SANDBOX_LIMITS.faultsMax} faults are in force: end one of them first.`));
      await unit.sandboxFaults.forgetEnded(SANDBOX_LIMITS.endedFaultsMax);
      const row = await this.set(unit, call, faultTerms(body, operation, keyId), body.seed ?? this.context.random.below(seedBelow));
      await this.tell(unit);
      const made = sandboxFaultBody(row, unit.now);
      await this.mutations.audit(unit, call, 'sandbox_fault.create', row.id, body, madeWith({ kind: row.kind, operation, ends_at: made.ends_at }));
      return ok(made);
    });
  }

  @Get()
  @Answers(200, sandboxFaultListSchema)
  @Needs('sandbox:read')
  list(@CurrentCall() call: Call, @Query() query: FaultsQuery) {
    testScope(call);
    const request = this.cursors.request(call.scope, 'sandbox-faults', query, timeCursor);
    return this.reads.run(call, async (unit) =>
      this.cursors.body(call.scope, 'sandbox-faults', query, await unit.sandboxFaults.page(request), (row) => sandboxFaultBody(row, unit.now)),
    );
  }

  @Get(':id')
  @Answers(200, sandboxFaultSchema)
  @Needs('sandbox:read')
  get(@CurrentCall() call: Call, @Param() path: FaultPath) {
    testScope(call);
    return this.reads.one(call, async (unit) => {
      const row = isId('sandboxFault', path.id) ? await unit.sandboxFaults.findOne({ id: path.id }) : null;
      return row === null ? null : sandboxFaultBody(row, unit.now);
    });
  }

  @Delete(':id')
  @Answers(200, sandboxFaultSchema)
  @Needs('sandbox:write')
  remove(@CurrentCall() call: Call, @Param() path: FaultPath) {
    testScope(call);
    return this.mutations.run(call, 200, async (unit) => {
      await unit.sandboxFaults.hold();
      const row = isId('sandboxFault', path.id) ? await unit.sandboxFaults.remove(path.id) : null;
      if (row === null) return err(NOT_FOUND);
      await this.tell(unit);
      const { id, kind, met, struck } = row;
      await this.mutations.audit(unit, call, 'sandbox_fault.remove', id, {}, { before: { kind, met, struck }, after: null });
      return ok(sandboxFaultBody(row, unit.now));
    });
  }

  @Delete()
  @Answers(200, faultsRemovedSchema)
  @Needs('sandbox:write')
  removeAll(@CurrentCall() call: Call) {
    testScope(call);
    return this.mutations.run(call, 200, async (unit) => {
      await unit.sandboxFaults.hold();
      const removed = await unit.sandboxFaults.removeAll();
      await this.tell(unit);
      await this.mutations.audit(unit, call, 'sandbox_fault.remove_all', call.scope.tenantId, { removed });
      return ok({ removed });
    });
  }

  private operationOf(name: string | undefined): string | null {
    if (name === undefined) return null;
    const found = this.targets.find(name);
    if (found === null) throw new ProblemException('invalid_request', { errors: [unknownOperation] });
    return found;
  }

  private async set(unit: ScopedUnit, call: Call, { forS, ...terms }: FaultTerms, seed: number): Promise<SandboxFaultRow> {
    const row: SandboxFaultRow = {
      ...terms,
      tenantId: unit.scope.tenantId,
      environment: unit.scope.environment,
      id: this.context.ids.next('sandboxFault'),
      seed,
      met: 0,
      struck: 0,
      lastStruckAt: null,
      actor: call.key.keyId,
      createdAt: unit.now,
      endsAt: unit.now + forS * 1_000,
    };
    await unit.sandboxFaults.insert(row);
    return row;
  }

  /** Has every gateway know what is in force from its next request on, and its open streams at once. */
  private async tell(unit: ScopedUnit): Promise<void> {
    await unit.sandboxFaults.tellKeys();
    this.mutations.wake(unit, WAKEUP_CHANNELS.faults);
  }
}

/** A key of the caller's scope; undefined: it has none with this id. */
async function ownKey(unit: ScopedUnit, id: string): Promise<Id<'apiKey'> | undefined> {
  return isId('apiKey', id) && (await unit.apiKeys.findOne({ id })) !== null ? id : undefined;
}
