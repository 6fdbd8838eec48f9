import { Controller, Get, Inject } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { Public } from '../../auth/access';
import { ProblemException } from '../../http/problem-exception';

/** For the load balancer: is the process alive, and can it serve. */
@ApiTags('health')
@Public()
@Controller('health')
export class HealthController {
  constructor(@Inject(CONTEXT) private readonly context: GatewayContext) {}

  @Get('live')
  live() {
    return { status: 'live' };
  }

  @Get('ready')
  async ready() {
    const ready = await this.context.storage.ping().then(
      () => true,
      () => false,
    );
    if (!ready) throw new ProblemException('unavailable', { headers: { 'Retry-After': '2' } });
    return { status: 'ready' };
  }
}
