import { SUBPROTOCOL, wireTime } from '@lockstep/delivery';
import { Controller, Inject, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CountsAs, Needs } from '../auth/access';
import { type Call, CurrentCall } from '../http/call';
import { Answers } from '../http/documented';
import { STREAM_PATH } from './door';
import { streamTicketSchema } from './ticket-body';
import { StreamTickets } from './tickets';

/** Tickets for browsers: offered as WebSocket subprotocols `lockstep.v1` and the ticket, good once and for a minute. */
@ApiTags('stream')
@Controller('v1/stream-tickets')
export class StreamTicketsController {
  constructor(@Inject(StreamTickets) private readonly tickets: StreamTickets) {}

  @Post()
  @Answers(201, streamTicketSchema)
  @Needs('events:read')
  @CountsAs('reads')
  async create(@CurrentCall() call: Call) {
    const { ticket, expiresAt } = await this.tickets.issue(call);
    return { ticket, path: STREAM_PATH, subprotocols: [SUBPROTOCOL, ticket], expires_at: wireTime(expiresAt) };
  }
}
