import { SUBPROTOCOL, wireTime } from '@lockstep/delivery';
import { Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Needs } from '../auth/access';
import { type Call, CurrentCall } from '../http/call';
import { STREAM_PATH } from './door';
import { StreamTickets } from './tickets';

/** Tickets for browsers: offered as WebSocket subprotocols `lockstep.v1` and the ticket, good once and for a minute. */
@ApiTags('stream')
@Controller('v1/stream-tickets')
export class StreamTicketsController {
  constructor(@Inject(StreamTickets) private readonly tickets: StreamTickets) {}

  @Post()
  @HttpCode(201)
  @Needs('events:read')
  create(@CurrentCall() call: Call) {
    const { ticket, expiresAt } = this.tickets.issue(call.key);
    return { ticket, path: STREAM_PATH, subprotocols: [SUBPROTOCOL, ticket], expires_at: wireTime(expiresAt) };
  }
}
