import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { PROBLEM_MEDIA_TYPE, PROBLEMS, type ProblemCode, problem, SUBPROTOCOL } from '@lockstep/delivery';
import { err, ok, type Result } from '@lockstep/kernel';
import { allows, type VerifiedKey } from '@lockstep/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';
import { Authenticator } from '../auth/authenticator';
import { FailureLimit } from '../auth/failure-limit';
import { ProblemException } from '../http/problem-exception';
import { StreamTickets } from './tickets';

export const STREAM_PATH = '/v1/stream';

/** Decides in the HTTP upgrade who may open a stream, before a single frame is read. */
@Injectable()
export class StreamDoor {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Authenticator) private readonly authenticator: Authenticator,
    @Inject(FailureLimit) private readonly failures: FailureLimit,
    @Inject(StreamTickets) private readonly tickets: StreamTickets,
  ) {}

  async admit(request: IncomingMessage): Promise<Result<VerifiedKey, ProblemCode>> {
    if ((request.url ?? '').split('?')[0] !== STREAM_PATH) return err('not_found');
    const origin = request.headers.origin;
    if (origin !== undefined && !(this.context.config.allowedOrigins ?? []).includes(origin)) return err('origin_not_allowed');
    const address = request.socket.remoteAddress ?? 'unknown';
    try {
      await this.failures.check(address);
      const key = await this.keyOf(request);
      if (!key.ok) {
        await this.failures.charge(address);
        return key;
      }
      return allows(key.value.scopes, ['events:read']) ? key : err('missing_scope');
    } catch (error) {
      return err(error instanceof ProblemException ? error.code : 'internal');
    }
  }

  /** Refuses an upgrade with a problem document and ends the socket. */
  refuse(socket: Duplex, code: ProblemCode): void {
    const body = JSON.stringify(problem(code, { requestId: this.context.ids.next('request') }));
    const { status, title } = PROBLEMS[code];
    socket.end(
      `HTTP/1.1 ${status} ${title}\r\nContent-Type: ${PROBLEM_MEDIA_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  }

  private async keyOf(request: IncomingMessage): Promise<Result<VerifiedKey, ProblemCode>> {
    if (request.headers.authorization !== undefined) return this.authenticator.tenant(request.headers.authorization);
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim());
    const ticket = offered.find((each) => each.startsWith('stk_'));
    if (ticket === undefined || !offered.includes(SUBPROTOCOL)) return err('missing_key');
    const key = this.tickets.take(ticket);
    return key === null ? err('ticket_invalid') : ok(key);
  }
}
