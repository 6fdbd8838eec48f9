import { Controller, Get, Inject } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { OperatorOnly } from '../auth/access';
import { Answers } from '../http/documented';
import { DeepHealthLook, deepHealthSchema } from './deep-health';

/** What the deployment stands on, looked at from this gateway. */
@ApiTags('operator')
@OperatorOnly()
@Controller('v1/operator/health')
export class OperatorHealthController {
  constructor(@Inject(DeepHealthLook) private readonly deep: DeepHealthLook) {}

  @Get()
  @Answers(200, deepHealthSchema)
  get() {
    return this.deep.look();
  }
}
