import { advanceSchema } from '@lockstep/delivery';
import { businessTime } from '@lockstep/tenancy';
import { Body, Controller, Get, Inject, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { Needs } from '../../auth/access';
import { type Call, CurrentCall } from '../../http/call';
import { Answers } from '../../http/documented';
import { Reads } from '../../http/reads';
import { clockBody, sandboxTaskSchema, testClockSchema } from './sandbox-body';
import { SandboxTaskQueue, testScope } from './sandbox-tasks';

class AdvanceDto extends createZodDto(advanceSchema) {}

/** The clock of a tenant's sandbox. A live key is refused on every route, and no live scope has a clock. */
@ApiTags('sandbox')
@Controller('v1/sandbox/clock')
export class SandboxClockController {
  constructor(
    @Inject(Reads) private readonly reads: Reads,
    @Inject(SandboxTaskQueue) private readonly tasks: SandboxTaskQueue,
  ) {}

  @Get()
  @Answers(200, testClockSchema)
  @Needs('sandbox:read')
  get(@CurrentCall() call: Call) {
    testScope(call);
    return this.reads.one(call, async (unit) => {
      const clock = await unit.sandboxes.clock();
      return clock === null ? null : clockBody({ ...clock, shows: businessTime(clock, unit.now) }, unit.now);
    });
  }

  @Post('freeze')
  @Answers(202, sandboxTaskSchema)
  @Needs('sandbox:write')
  freeze(@CurrentCall() call: Call) {
    return this.tasks.ask(call, 'freeze', {});
  }

  @Post('resume')
  @Answers(202, sandboxTaskSchema)
  @Needs('sandbox:write')
  resume(@CurrentCall() call: Call) {
    return this.tasks.ask(call, 'resume', {});
  }

  @Post('advance')
  @Answers(202, sandboxTaskSchema)
  @Needs('sandbox:write')
  advance(@CurrentCall() call: Call, @Body() body: AdvanceDto) {
    return this.tasks.ask(call, 'advance', body);
  }
}
