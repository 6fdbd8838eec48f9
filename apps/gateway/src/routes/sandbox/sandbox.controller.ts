import { creditsSchema, tradesSchema } from '@lockstep/delivery';
import { type Id, ok, present, type Result } from '@lockstep/kernel';
import type { ScopedUnit } from '@lockstep/storage';
import { Body, Controller, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { Needs } from '../../auth/access';
import { madeWith } from '../../http/audit-change';
import { type Call, CurrentCall } from '../../http/call';
import { Cursors, pageQuery, wholeList } from '../../http/cursors';
import { Answers } from '../../http/documented';
import { addressField, idField, timeCursor } from '../../http/fields';
import { Mutations } from '../../http/mutations';
import { problemOf, type Refusal, refusal } from '../../http/problem-exception';
import { Reads } from '../../http/reads';
import { ownNetwork } from '../venue';
import {
  sandboxAccountSchema,
  sandboxBody,
  sandboxMarketListSchema,
  sandboxSchema,
  sandboxTaskBody,
  sandboxTaskListSchema,
  sandboxTaskSchema,
} from './sandbox-body';
import { NOT_OPEN, SandboxTaskQueue, testScope } from './sandbox-tasks';
import { readAccount, readMarkets } from './world-reads';

const SEED_MAX = 4_294_967_295;
const NONE_YET = refusal('not_found', 'You have no sandbox yet: POST /v1/sandbox opens it.');
const dexField = z
  .string()
  .regex(/^[a-z]{0,8}$/)
  .default('')
  .describe('Empty for the main dex, or a builder dex.');

class OpenSandboxDto extends createZodDto(
  z.strictObject({
    seed: z.int().min(0).max(SEED_MAX).optional().describe('What its prices follow from; drawn when left out. It is fixed when the sandbox is made.'),
  }),
) {}
class CreditsDto extends createZodDto(creditsSchema) {}
class TradesDto extends createZodDto(tradesSchema) {}
class TaskPath extends createZodDto(z.object({ id: idField('sbt') })) {}
class TasksQuery extends createZodDto(pageQuery) {}
class MarketsQuery extends createZodDto(z.object({ dex: dexField })) {}
class AccountQuery extends createZodDto(z.object({ address: addressField, dex: dexField })) {}

/** A tenant's own world of the simulated venue. A live key is refused on every route. */
@ApiTags('sandbox')
@Controller('v1/sandbox')
export class SandboxController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Mutations) private readonly mutations: Mutations,
    @Inject(Reads) private readonly reads: Reads,
    @Inject(Cursors) private readonly cursors: Cursors,
    @Inject(SandboxTaskQueue) private readonly tasks: SandboxTaskQueue,
  ) {}

  @Post()
  @Answers(202, sandboxSchema)
  @Needs('sandbox:write')
  open(@CurrentCall() call: Call, @Body() body: OpenSandboxDto) {
    testScope(call);
    return this.mutations.run(call, 202, async (unit) => {
      const id = this.context.ids.next('sandbox');
      const seed = body.seed ?? this.context.random.below(SEED_MAX + 1);
      const made = await unit.sandboxes.begin({ id, network: ownNetwork(id), seed });
      const row = present(await unit.sandboxes.own(true), 'the sandbox of the scope');
      if (made) await this.mutations.audit(unit, call, 'sandbox.create', row.id, body, madeWith({ seed: row.seed }));
      const opening = await this.opening(unit, call, made);
      if (!opening.ok) return opening;
      return ok(present(await this.body(unit), 'the sandbox of the scope'));
    });
  }

  /** Queues the opening of a world that is not open. */
  private async opening(unit: ScopedUnit, call: Call, made: boolean): Promise<Result<null, Refusal>> {
    const row = present(await unit.sandboxes.own(), 'the sandbox of the scope');
    if (!made && row.status !== 'closed') return ok(null);
    await unit.sandboxes.update({ id: row.id }, { status: 'opening' });
    const queued = await this.tasks.queue(unit, call, row, 'open', {});
    return queued.ok ? ok(null) : queued;
  }

  @Get()
  @Answers(200, sandboxSchema)
  @Needs('sandbox:read')
  async get(@CurrentCall() call: Call) {
    testScope(call);
    const body = await this.reads.run(call, (unit) => this.body(unit));
    if (body === null) throw problemOf(NONE_YET);
    return body;
  }

  @Post('credits')
  @Answers(202, sandboxTaskSchema)
  @Needs('sandbox:write')
  credit(@CurrentCall() call: Call, @Body() body: CreditsDto) {
    return this.tasks.ask(call, 'credit', body);
  }

  @Post('trades')
  @Answers(202, sandboxTaskSchema)
  @Needs('sandbox:write')
  trade(@CurrentCall() call: Call, @Body() body: TradesDto) {
    return this.tasks.ask(call, 'trade', body);
  }

  @Get('tasks')
  @Answers(200, sandboxTaskListSchema)
  @Needs('sandbox:read')
  list(@CurrentCall() call: Call, @Query() query: TasksQuery) {
    testScope(call);
    const request = this.cursors.request(call.scope, 'sandbox-tasks', query, timeCursor);
    return this.reads.run(call, async (unit) =>
      this.cursors.body(call.scope, 'sandbox-tasks', query, await unit.sandboxTasks.page(request), sandboxTaskBody),
    );
  }

  @Get('tasks/:id')
  @Answers(200, sandboxTaskSchema)
  @Needs('sandbox:read')
  task(@CurrentCall() call: Call, @Param() path: TaskPath) {
    testScope(call);
    return this.reads.one(call, async (unit) => {
      const row = await unit.sandboxTasks.findOne({ id: path.id as Id<'sandboxTask'> });
      return row === null ? null : sandboxTaskBody(row);
    });
  }

  @Get('markets')
  @Answers(200, sandboxMarketListSchema)
  @Needs('sandbox:read')
  async markets(@CurrentCall() call: Call, @Query() query: MarketsQuery) {
    return wholeList(given(await readMarkets(await this.urlOf(call), query.dex)));
  }

  @Get('account')
  @Answers(200, sandboxAccountSchema)
  @Needs('sandbox:read')
  async account(@CurrentCall() call: Call, @Query() query: AccountQuery) {
    return given(await readAccount(await this.urlOf(call), query.address, query.dex));
  }

  /** Where the caller's open world is. */
  private async urlOf(call: Call): Promise<string> {
    testScope(call);
    const network = await this.reads.run(call, (unit) => unit.sandboxes.network());
    if (network === null || network.closedAt !== null) throw problemOf(NOT_OPEN);
    return network.url;
  }

  private async body(unit: ScopedUnit) {
    const row = await unit.sandboxes.own();
    return row === null ? null : sandboxBody(row, await unit.sandboxes.network(), await unit.sandboxes.businessNow(), unit.now);
  }
}

/** What was read; a refusal is thrown. */
function given<T>(read: Result<T, Refusal>): T {
  if (!read.ok) throw problemOf(read.error);
  return read.value;
}
