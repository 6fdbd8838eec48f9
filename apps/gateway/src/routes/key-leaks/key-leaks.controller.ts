import { setTimeout as sleep } from 'node:timers/promises';
import { KEY_MAX_LENGTH } from '@lockstep/tenancy';
import { Body, Controller, Inject, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { Public } from '../../auth/access';
import { FailureLimit } from '../../auth/failure-limit';
import type { GatewayRequest } from '../../http/call';
import { Answers, named } from '../../http/documented';
import { revokeFoundKey } from './revoke-found-key';

/** Every answer comes this long after its request, so that its time does not tell whether there was a key to revoke. */
const ANSWER_AFTER_MS = 500;

const receivedSchema = named(
  'KeyLeakReceipt',
  z.object({ received: z.literal(true) }).describe('The report was dealt with. It says nothing about the key.'),
);

class ReportKeyLeakDto extends createZodDto(
  z.strictObject({
    key: z.string().min(1).max(KEY_MAX_LENGTH).describe('The whole key, as it was found.'),
    found_at: z
      .string()
      .max(500)
      .optional()
      .describe('Where it was found. The key’s owner is told.')
      .meta({ examples: ['https://pastes.example/1'] }),
  }),
) {}

/** For whoever finds a key where it should not be: to hold it is proof enough to end it. */
@ApiTags('key-leaks')
@Public()
@Controller('v1/key-leaks')
export class KeyLeaksController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(FailureLimit) private readonly limit: FailureLimit,
  ) {}

  @Post()
  @Answers(202, receivedSchema)
  async report(@Req() request: GatewayRequest, @Body() body: ReportKeyLeakDto) {
    await this.limit.chargeReport(request.ip ?? 'unknown');
    const found = { text: body.key, foundAt: body.found_at ?? null, requestId: request.requestId ?? null };
    await Promise.all([revokeFoundKey(this.context, found), sleep(ANSWER_AFTER_MS)]);
    return { received: true as const };
  }
}
