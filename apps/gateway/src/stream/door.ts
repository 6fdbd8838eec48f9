import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { PROBLEM_MEDIA_TYPE, PROBLEMS, type ProblemCode, problem, SUBPROTOCOL } from '@lockstep/delivery';
import { err, ok, type Result } from '@lockstep/kernel';
import type { SandboxFaultRow } from '@lockstep/storage';
import { allows, faultScopeOf, type RouteClass, type VerifiedKey } from '@lockstep/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';
import { observeRefusal } from '../app/observe';
import { Authenticator } from '../auth/authenticator';
import { FailureLimit } from '../auth/failure-limit';
import { LoadShed } from '../auth/load-shed';
import { RequestLog } from '../auth/request-log';
import { EMPTY_BODY_SHA256, type ReceivedRequest, RequestSignatures, SIGNATURE_HEADER, TIMESTAMP_HEADER } from '../auth/request-signatures';
import { TierLimit } from '../auth/tier-limit';
import { askedHost } from '../brand/asked-host';
import type { Brand } from '../brand/brand';
import { Brands } from '../brand/brands';
import { readPrefixed, withBranded } from '../brand/own-headers';
import { faultMark, faultRefusal, SANDBOX_FAULT } from '../faults/fault-answers';
import { Faults } from '../faults/faults';
import { awayRefusal } from '../http/away';
import { ProblemException, type Refusal } from '../http/problem-exception';
import type { Admission } from './admission';
import { StreamGateway } from './stream.gateway';
import { StreamTickets } from './tickets';

export const STREAM_PATH = '/v1/stream';

/** Why an upgrade is refused, as the HTTP answer says it. */
export interface StreamRefusal extends Refusal {
  readonly requestId: string;
  /** The brand's prefix of our header fields. */
  readonly headerPrefix: string | null;
  /** The connection is closed without an answer. */
  readonly dropped: boolean;
}

/** The host an upgrade asked for, and whose it is. */
interface AskedBrand {
  readonly host: string | null;
  readonly brand: Brand | null;
}

/** What was found out about an upgrade. */
interface Judged {
  readonly verdict: Result<Admission, Refusal>;
  readonly key?: VerifiedKey;
  readonly admittedAs?: RouteClass;
  /** The fault of its sandbox that struck it. */
  readonly fault?: SandboxFaultRow | null;
}
const refused = (refusal: Refusal, known: Omit<Judged, 'verdict'> = {}): Judged => ({ verdict: err(refusal), ...known });
const CHALLENGE = { 'WWW-Authenticate': 'Bearer realm="api"' };
const OPENED = 101;
const STREAM_OPERATION = 'stream.open';

/** Decides in the HTTP upgrade who may open a stream, before a single frame is read. */
@Injectable()
export class StreamDoor {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Authenticator) private readonly authenticator: Authenticator,
    @Inject(FailureLimit) private readonly failures: FailureLimit,
    @Inject(TierLimit) private readonly limit: TierLimit,
    @Inject(RequestSignatures) private readonly signatures: RequestSignatures,
    @Inject(LoadShed) private readonly load: LoadShed,
    @Inject(StreamTickets) private readonly tickets: StreamTickets,
    @Inject(StreamGateway) private readonly streams: StreamGateway,
    @Inject(Brands) private readonly brands: Brands,
    @Inject(RequestLog) private readonly log: RequestLog,
    @Inject(Faults) private readonly faults: Faults,
  ) {}

  async admit(request: IncomingMessage): Promise<Result<Admission, StreamRefusal>> {
    const from = this.context.clock.monotonic();
    const requestId = this.context.ids.next('request');
    const path = (request.url ?? '').split('?')[0];
    const host = askedHost(request.headers, this.context.config.trustProxyHops).name;
    const brand = await this.brands.find(host).catch(() => undefined);
    const headerPrefix = brand?.settings.header_prefix ?? null;
    const fault = headerPrefix === null ? null : readPrefixed(request.headers, headerPrefix);
    const judge = (): Promise<Judged> | Judged => {
      if (brand === undefined) return refused({ code: 'unavailable', headers: { 'Retry-After': '2' } });
      if (path !== STREAM_PATH) return refused({ code: 'not_found' });
      return fault === null ? this.judge(request, { host, brand }) : refused({ code: 'invalid_request', errors: [fault] });
    };
    const { verdict, key, admittedAs, fault: struck = null } = await judge();
    const dropped = isDrop(struck);
    this.log.finished({
      requestId,
      operation: path === STREAM_PATH ? `GET ${STREAM_PATH}` : 'unmatched',
      status: verdict.ok ? OPENED : PROBLEMS[verdict.error.code].status,
      ms: this.context.clock.monotonic() - from,
      key,
      admittedAs,
      aborted: dropped,
      fault: struck?.id,
    });
    const marks = struck === null ? {} : withBranded(headerPrefix, { [SANDBOX_FAULT]: faultMark(struck) });
    if (verdict.ok) return ok({ ...verdict.value, headers: marks });
    if (struck === null) observeRefusal(this.context.metrics, verdict.error);
    return err({ ...verdict.error, headers: { ...verdict.error.headers, ...marks }, requestId, headerPrefix, dropped });
  }

  private async judge(request: IncomingMessage, at: AskedBrand): Promise<Judged> {
    const origin = request.headers.origin;
    if (origin !== undefined && !(this.context.config.allowedOrigins ?? []).includes(origin)) return refused({ code: 'origin_not_allowed' });
    const shed = this.load.refusal('reads');
    if (shed !== null) return refused(shed);
    const address = callerOf(request, this.context.config.trustProxyHops);
    let key: VerifiedKey | undefined;
    try {
      await this.failures.check(address);
      const proved = await this.keyOf(request, address, at);
      if (!proved.ok) {
        await this.failures.charge(address);
        return refused({ code: proved.error, ...(PROBLEMS[proved.error].status === 401 && { headers: CHALLENGE }) });
      }
      key = proved.value;
      // Opening one is a read; what then stays open has a quota of its own.
      const { headers, release, standings } = await this.limit.admit(key, 'reads', null);
      release();
      const known = { key, admittedAs: 'reads' } as const;
      if (!allows(key.scopes, ['events:read'])) return refused({ code: 'missing_scope', headers }, known);
      const full = tellsByStatus(request) ? this.streams.full(key) : null;
      if (full !== null) return refused({ ...full, headers }, known);
      const fault = await this.strikingFault(key);
      const refusal = fault === null ? null : isDrop(fault) ? DROPPED : faultRefusal(fault, standings);
      if (refusal !== null) return refused({ ...refusal, headers: { ...headers, ...refusal.headers } }, { ...known, fault });
      if (fault?.kind === 'slow') await this.faults.holdUp(fault);
      return { verdict: ok({ key, address, host: at.host, headers: {} }), ...known, fault };
    } catch (error) {
      const known = key === undefined ? {} : { key };
      if (error instanceof ProblemException) return refused({ code: error.code, ...error.options }, known);
      return refused(awayRefusal(error, this.context.random) ?? { code: 'internal' }, known);
    }
  }

  private async strikingFault(key: VerifiedKey): Promise<SandboxFaultRow | null> {
    const scope = faultScopeOf(key, this.context.clock.now());
    return scope === null ? null : this.faults.strikingRequest(scope, { operation: STREAM_OPERATION, keyId: key.keyId });
  }

  /** Refuses an upgrade with a problem document and ends the socket. */
  refuse(socket: Duplex, { code, headers = {}, requestId, headerPrefix, dropped, ...details }: StreamRefusal): void {
    if (dropped) return void socket.destroy();
    const body = JSON.stringify(problem(code, { requestId, ...details }));
    const lines = Object.entries({
      ...headers,
      ...withBranded(headerPrefix, { 'X-Request-Id': requestId }),
      'Content-Type': PROBLEM_MEDIA_TYPE,
      'Content-Length': String(Buffer.byteLength(body)),
      Connection: 'close',
    });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.end(`HTTP/1.1 ${PROBLEMS[code].status} ${STATUS_CODES[PROBLEMS[code].status] ?? ''}\r\n${head}\r\n${body}`);
  }

  private async keyOf(request: IncomingMessage, address: string, { host, brand }: AskedBrand): Promise<Result<VerifiedKey, ProblemCode>> {
    if (request.headers.authorization !== undefined) {
      const key = await this.authenticator.tenant(request.headers.authorization, address, brand);
      const signed = key.ok ? await this.signatures.judge(key.value, received(request)) : null;
      return signed === null || signed.ok ? key : err(signed.error.code);
    }
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim());
    const ticket = offered.find((each) => each.startsWith('stk_'));
    if (ticket === undefined || !offered.includes(SUBPROTOCOL)) return err('missing_key');
    const key = await this.tickets.take(ticket, address, host);
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
/** What nobody is told: the connection is closed instead. */
const DROPPED: Refusal = { code: 'unavailable' };
/** Whether a fault closes the connection of an upgrade. Nothing is done before a stream is open, so both kinds are the same here. */
const isDrop = (fault: SandboxFaultRow | null): boolean => fault?.kind === 'dropped_request' || fault?.kind === 'dropped_answer';
/** Whether the caller can read an answer to its upgrade: a browser, which comes with a ticket, sees close codes alone. */
const tellsByStatus = (request: IncomingMessage): boolean => request.headers.authorization !== undefined;

/** The caller's address behind so many proxies, as the REST side computes it. */
function callerOf(request: IncomingMessage, hops: number): string {
  const forwarded = String(request.headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
  const chain = [...forwarded, request.socket.remoteAddress ?? 'unknown'];
  return chain[Math.max(0, chain.length - 1 - hops)] ?? 'unknown';
}
