import { SUBPROTOCOL, wireTime } from '@lockstep/delivery';
import { Body, Controller, Inject, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CountsAs, Needs } from '../auth/access';
import { canonicalAddress } from '../auth/addresses';
import { FailureLimit } from '../auth/failure-limit';
import { type Call, CurrentCall } from '../http/call';
import { Answers } from '../http/documented';
import { SIGNATURE_USED } from '../http/mutations';
import { ProblemException, problemOf } from '../http/problem-exception';
import { STREAM_PATH } from './door';
import { streamTicketSchema } from './ticket-body';
import { StreamTickets } from './tickets';

class CreateStreamTicketDto extends createZodDto(
  z.strictObject({
    address: z
      .string()
      .max(60)
      .refine((text) => canonicalAddress(text) !== null, 'an IPv4 or IPv6 address')
      .optional()
      .describe('The address that will open the stream, as we see it. Left out: the one this request comes from.')
      .meta({ examples: ['203.0.113.7'] }),
  }),
) {}

/** Tickets for browsers: offered as WebSocket subprotocols `copy-events.v1` and the ticket, good once, for a minute and from one address. */
@ApiTags('stream')
@Controller('v1/stream-tickets')
export class StreamTicketsController {
  constructor(
    @Inject(StreamTickets) private readonly tickets: StreamTickets,
    @Inject(FailureLimit) private readonly failures: FailureLimit,
  ) {}

  @Post()
  @Answers(201, streamTicketSchema)
  @Needs('events:read')
  @CountsAs('reads')
  async create(@CurrentCall() call: Call, @Body() body: CreateStreamTicketDto) {
    const address = canonicalAddress(body.address ?? call.address);
    if (address === null) throw new ProblemException('invalid_request', { detail: 'Name the `address` that will open the stream.' });
    const issued = await this.tickets.issue(call, address);
    if (issued === null) {
      await this.failures.charge(call.address);
      throw problemOf(SIGNATURE_USED);
    }
    const { ticket, expiresAt } = issued;
    return { ticket, path: STREAM_PATH, subprotocols: [SUBPROTOCOL, ticket], expires_at: wireTime(expiresAt) };
  }
}
