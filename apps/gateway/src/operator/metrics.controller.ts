import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { CONTEXT, type GatewayContext } from '../app/context';
import { Public } from '../auth/access';

/** Prometheus metrics, on the operator listener alone: they tell of all tenants together. */
@ApiExcludeController()
@Public()
@Controller('metrics')
export class MetricsController {
  constructor(@Inject(CONTEXT) private readonly context: GatewayContext) {}

  @Get()
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  render(): Promise<string> {
    return this.context.metrics.render();
  }
}
