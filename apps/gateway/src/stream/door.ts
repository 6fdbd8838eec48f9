import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { PROBLEM_MEDIA_TYPE, PROBLEMS, type ProblemCode, problem, SUBPROTOCOL } from '@lockstep/delivery';
import { err, ok, type Result } from '@lockstep/kernel';
import { allows, type VerifiedKey } from '@lockstep/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';
import { Authenticator } from '../auth/authenticator';
import { FailureLimit } from '../auth/failure-limit';
import { EMPTY_BODY_SHA256, type ReceivedRequest, RequestSignatures, SIGNATURE_HEADER, TIMESTAMP_HEADER } from '../auth/request-signatures';
import { TierLimit } from '../auth/tier-limit';
import { ProblemException } from '../http/problem-exception';
import { StreamTickets } from './tickets';

export const STREAM_PATH = '/v1/stream';

/** Why an upgrade is refused, as the HTTP answer says it. */
export interface StreamRefusal {
  readonly code: ProblemCode;
  readonly headers: Readonly<Record<string, string>>;
}
/** Who was let in, and from where. */
export interface Admission {
  readonly key: VerifiedKey;
  readonly address: string;
}
const refused = (code: ProblemCode, headers: StreamRefusal['headers'] = {}): Result<never, StreamRefusal> => err({ code, headers });
const CHALLENGE = { 'WWW-Authenticate': 'Bearer realm="api"' };

/** Decides in the HTTP upgrade who may open a stream, before a single frame is read. */
@Injectable()
export class StreamDoor {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Authenticator) private readonly authenticator: Authenticator,
    @Inject(FailureLimit) private readonly failures: FailureLimit,
    @Inject(TierLimit) private readonly limit: TierLimit,
    @Inject(RequestSignatures) private readonly signatures: RequestSignatures,
    @Inject(StreamTickets) private readonly tickets: StreamTickets,
  ) {}

  async admit(request: IncomingMessage): Promise<Result<Admission, StreamRefusal>> {
    if ((request.url ?? '').split('?')[0] !== STREAM_PATH) return refused('not_found');
    const origin = request.headers.origin;
    if (origin !== undefined && !(this.context.config.allowedOrigins ?? []).includes(origin)) return refused('origin_not_allowed');
    const address = callerOf(request, this.context.config.trustProxyHops);
    try {
      await this.failures.check(address);
      const key = await this.keyOf(request, address);
      if (!key.ok) {
        await this.failures.charge(address);
        return refused(key.error, PROBLEMS[key.error].status === 401 ? CHALLENGE : {});
      }
      await this.limit.admit(key.value);
      return allows(key.value.scopes, ['events:read']) ? ok({ key: key.value, address }) : refused('missing_scope');
    } catch (error) {
      return error instanceof ProblemException ? refused(error.code, error.options.headers) : refused('internal');
    }
  }

  /** Refuses an upgrade with a problem document and ends the socket. */
  refuse(socket: Duplex, { code, headers }: StreamRefusal): void {
    const requestId = this.context.ids.next('request');
    const body = JSON.stringify(problem(code, { requestId }));
    const lines = Object.entries({
      ...headers,
      'X-Request-Id': requestId,
      'Content-Type': PROBLEM_MEDIA_TYPE,
      'Content-Length': String(Buffer.byteLength(body)),
      Connection: 'close',
    });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.end(`HTTP/1.1 ${PROBLEMS[code].status} ${STATUS_CODES[PROBLEMS[code].status] ?? ''}\r\n${head}\r\n${body}`);
  }

  private async keyOf(request: IncomingMessage, address: string): Promise<Result<VerifiedKey, ProblemCode>> {
    if (request.headers.authorization !== undefined) {
      const key = await this.authenticator.tenant(request.headers.authorization, address);
      const fault = key.ok ? await this.signatures.faultOf(key.value, received(request)) : null;
      return fault === null ? key : err(fault.code);
    }
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim());
    const ticket = offered.find((each) => each.startsWith('stk_'));
    if (ticket === undefined || !offered.includes(SUBPROTOCOL)) return err('missing_key');
    const key = await this.tickets.take(ticket, address);
    return key === null ? err('ticket_invalid') : ok(key);
  }
}

const received = ({ method, url, headers }: IncomingMessage): ReceivedRequest => ({
  method: method ?? '',
  target: url ?? '',
  bodySha256: EMPTY_BODY_SHA256,
  timestampHeader: textOf(headers[TIMESTAMP_HEADER]),
  signatureHeader: textOf(headers[SIGNATURE_HEADER]),
});
const textOf = (value: string | string[] | undefined): string | null => (typeof value === 'string' ? value : null);

/** The caller's address behind so many proxies, as the REST side computes it. */
function callerOf(request: IncomingMessage, hops: number): string {
  const forwarded = String(request.headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
  const chain = [...forwarded, request.socket.remoteAddress ?? 'unknown'];
  return chain[Math.max(0, chain.length - 1 - hops)] ?? 'unknown';
}
