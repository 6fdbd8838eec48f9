import { Controller, Get, Inject } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { Public } from '../../auth/access';
import { Answers } from '../../http/documented';
import { ProblemException } from '../../http/problem-exception';
import { liveSchema, readySchema } from './health-body';

/** For the load balancer: is the process alive, and can it serve. */
@ApiTags('health')
@Public()
@Controller('health')
export class HealthController {
  constructor(@Inject(CONTEXT) private readonly context: GatewayContext) {}

  @Get('live')
  @Answers(200, liveSchema)
  live() {
    return { status: 'live' as const };
  }

  @Get('ready')
  @Answers(200, readySchema)
  async ready() {
    const { ok } = await this.context.health.ready();
    if (!ok) throw new ProblemException('unavailable', { headers: { 'Retry-After': '2' } });
    return { status: 'ready' as const };
  }
}
