import { ok } from '@lockstep/kernel';
import { Body, Controller, Inject, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { Needs } from '../../auth/access';
import { bulkAnswer, bulkBody, bulkResultOf } from '../../http/bulk';
import { type Call, CurrentCall } from '../../http/call';
import { Answers } from '../../http/documented';
import { Mutations } from '../../http/mutations';
import { newFollower } from './follower-body';
import { makeFollowers } from './make-followers';

class BulkFollowersDto extends createZodDto(bulkBody(newFollower)) {}
const bulkFollowersSchema = bulkResultOf('BulkFollowersResult', 'flw');

/** Many followers by one call. */
@ApiTags('followers')
@Controller('v1/followers')
export class BulkFollowersController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Mutations) private readonly mutations: Mutations,
  ) {}

  @Post('bulk')
  @Answers(200, bulkFollowersSchema)
  @Needs('followers:write')
  create(@CurrentCall() call: Call, @Body() { items }: BulkFollowersDto) {
    const { context, mutations } = this;
    return mutations.run(call, 200, async (unit) => ok(bulkAnswer(await makeFollowers({ context, mutations }, unit, call, items))));
  }
}
