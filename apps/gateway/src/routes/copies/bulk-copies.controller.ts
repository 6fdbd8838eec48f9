import { ok } from '@lockstep/kernel';
import { Body, Controller, Inject, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { CountsAs, Needs } from '../../auth/access';
import { bulkAnswer, bulkBody, bulkResultOf } from '../../http/bulk';
import { type Call, CurrentCall } from '../../http/call';
import { Answers } from '../../http/documented';
import { Mutations } from '../../http/mutations';
import { makeCopies, newCopy, readCopies } from './make-copies';

class BulkCopiesDto extends createZodDto(bulkBody(newCopy)) {}
const bulkCopiesSchema = bulkResultOf('BulkCopiesResult', 'cpy');

/** Many copies by one call. */
@ApiTags('copies')
@Controller('v1/copies')
export class BulkCopiesController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Mutations) private readonly mutations: Mutations,
  ) {}

  @Post('bulk')
  @Answers(200, bulkCopiesSchema)
  @Needs('copies:write')
  @CountsAs('orders')
  create(@CurrentCall() call: Call, @Body() { items }: BulkCopiesDto) {
    const { context, mutations } = this;
    return mutations.run(call, 200, async (unit) => {
      const asked = readCopies(items);
      return asked.ok ? ok(bulkAnswer(await makeCopies({ context, mutations }, unit, call, asked.value))) : asked;
    });
  }
}
