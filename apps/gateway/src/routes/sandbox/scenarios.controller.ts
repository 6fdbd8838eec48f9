import { SCENARIO_NAMES, SCENARIOS } from '@lockstep/delivery';
import { Body, Controller, Get, Inject, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { Needs } from '../../auth/access';
import { type Call, CurrentCall } from '../../http/call';
import { wholeList } from '../../http/cursors';
import { Answers } from '../../http/documented';
import { ProblemException } from '../../http/problem-exception';
import { SCENARIO_CATALOGUE, sandboxTaskSchema, scenarioListSchema } from './sandbox-body';
import { SandboxTaskQueue, testScope } from './sandbox-tasks';

class PlayDto extends createZodDto(
  z.strictObject({
    name: z.enum([...SCENARIO_NAMES] as [(typeof SCENARIO_NAMES)[number], ...(typeof SCENARIO_NAMES)[number][]]),
    params: z.record(z.string().max(40), z.unknown()).default({}).describe('As `GET /v1/sandbox/scenarios` describes them.'),
  }),
) {}

/** Scripted market scenarios in a tenant's own world. */
@ApiTags('sandbox')
@Controller('v1/sandbox/scenarios')
export class SandboxScenariosController {
  constructor(@Inject(SandboxTaskQueue) private readonly tasks: SandboxTaskQueue) {}

  @Get()
  @Answers(200, scenarioListSchema)
  @Needs('sandbox:read')
  list(@CurrentCall() call: Call) {
    testScope(call);
    return wholeList([...SCENARIO_CATALOGUE]);
  }

  @Post()
  @Answers(202, sandboxTaskSchema)
  @Needs('sandbox:write')
  play(@CurrentCall() call: Call, @Body() body: PlayDto) {
    testScope(call);
    const params = SCENARIOS[body.name].params.safeParse(body.params);
    if (!params.success) throw new ProblemException('invalid_request', { errors: params.error.issues.map(fieldProblem) });
    return this.tasks.ask(call, 'scenario', { name: body.name, params: params.data });
  }
}

const fieldProblem = ({ path, message }: { readonly path: readonly PropertyKey[]; readonly message: string }) => ({
  pointer: `/params${path.map((part) => `/${String(part)}`).join('')}`,
  code: 'invalid',
  detail: message,
});
