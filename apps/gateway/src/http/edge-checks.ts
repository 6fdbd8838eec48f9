import { IncomingMessage, ServerResponse } from 'node:http';
import { type FieldProblem, PROBLEM_MEDIA_TYPE, type ProblemCode, problem } from '@lockstep/delivery';
import { json } from 'body-parser';
import type { GatewayContext } from '../app/context';
import { type Door, observeRequest } from '../app/observe';
import { traceRequest } from '../app/trace-request';
import type { RequestLog } from '../auth/request-log';
import { askedHost } from '../brand/asked-host';
import type { Brand } from '../brand/brand';
import type { Brands } from '../brand/brands';
import { brandedName, readPrefixed } from '../brand/own-headers';
import { bodyFault } from './body-checks';
import { keepBodyDigest } from './body-digest';
import { type GatewayRequest, header } from './call';
import type { ServedPaths } from './served-paths';

/** As much of a response as a step before the routes needs; every HTTP adapter has it. */
export interface EdgeResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body: string | Buffer): unknown;
  once(event: 'close', listener: () => void): unknown;
  readonly writableFinished: boolean;
}
type Next = () => void;
export type EdgeStep = (request: GatewayRequest, response: EdgeResponse, next: Next) => void;

/** Steps one after the other, as one. */
export const inOrder = (steps: readonly EdgeStep[]): EdgeStep =>
  steps.toReversed().reduce<EdgeStep>(
    (rest, step) => (request, response, next) => step(request, response, () => rest(request, response, next)),
    (_request, _response, next) => next(),
  );

/** What an answer of the edge is made with. */
type AnswerContext = Pick<GatewayContext, 'ids' | 'log'>;

const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;
/** What HTTP takes for space; a text's own `trim` takes more. */
const SPACE_AROUND = /^[ \t]+|[ \t]+$/g;
const WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PATCH', 'PUT']);

/** Is asked of the process, not of a brand, and has to answer when the database does not. */
const HEALTH = /^\/health(\/|$)/;

/** Finds out whose host is asked. Our own header fields may have that brand's prefix in the request, and have it in the answer as well, whoever sets them. */
export const findBrand =
  (context: GatewayContext, brands: Brands): EdgeStep =>
  (request, response, next) => {
    if (HEALTH.test(request.originalUrl ?? request.url)) return next();
    const known = (brand: Brand | null): void => {
      request.brand = brand;
      const prefix = brand?.settings.header_prefix;
      if (prefix !== undefined) answerUnder(prefix, response);
      const fault = prefix === undefined ? null : readPrefixed(request.headers, prefix);
      if (fault !== null) request.hostFault = { code: 'invalid_request', errors: [fault] };
      next();
    };
    const unknown = (error: unknown): void => {
      context.log.warn('whose host is asked could not be read', { error });
      request.hostFault = { code: 'unavailable', headers: { 'Retry-After': '2' } };
      next();
    };
    brands.find(askedHost(request.headers, context.config.trustProxyHops).name).then(known, unknown);
  };

/** Has the answer carry our own fields under the brand's names too. */
function answerUnder(prefix: string, response: EdgeResponse): void {
  const setHeader = response.setHeader.bind(response);
  response.setHeader = (name, value) => {
    const branded = brandedName(prefix, name);
    if (branded !== null) setHeader(branded, value);
    return setHeader(name, value);
  };
}

/** Refuses what `findBrand` could not make sense of. */
export const refuseHostFault =
  (context: GatewayContext): EdgeStep =>
  (request, response, next) => {
    if (request.hostFault === undefined) return next();
    const { code, headers, errors } = request.hostFault;
    answer(context, request, response, code, headers ?? {}, errors);
  };

/** Gives every answer the headers all answers carry. */
export const markAnswer = (): EdgeStep => (_request, response, next) => {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Referrer-Policy', 'no-referrer');
  next();
};

/** Gives every request and its answer an id, the caller's where it sent one. */
export const markRequest =
  (context: GatewayContext): EdgeStep =>
  (request, response, next) => {
    const given = header(request, 'x-request-id');
    request.requestId = given !== null && REQUEST_ID.test(given) ? given : context.ids.next('request');
    response.setHeader('X-Request-Id', request.requestId);
    next();
  };

/** When a request ends, by its answer or by its caller: gives its place back, counts it, and writes its line where its listener has a log of them. */
export const watchEnd =
  (context: GatewayContext, door: Door, log: RequestLog | null): EdgeStep =>
  (request, response, next) => {
    const from = context.clock.monotonic();
    response.once('close', () => {
      request.ended = true;
      request.release?.();
      const { method, admittedAs, verifiedKey: key, requestId = '', fault, commandNo = null } = request;
      const { statusCode: status } = response;
      const ms = context.clock.monotonic() - from;
      const aborted = !response.writableFinished;
      const operation = operationOf(request);
      const struck = fault !== undefined;
      observeRequest(context.metrics, { door, method, status, ms, admittedAs, aborted, struck });
      log?.finished({ requestId, operation, status, ms, key, admittedAs, aborted, fault });
      if (!context.traces.on) return;
      const traceparent = header(request, 'traceparent');
      const endedAt = context.clock.now();
      traceRequest(context.traces, {
        door,
        method,
        status,
        ms,
        admittedAs,
        aborted,
        struck,
        endedAt,
        requestId,
        operation,
        traceparent,
        key,
        commandNo,
      });
    });
    next();
  };

const pathOf = (request: GatewayRequest): string => (request.originalUrl ?? request.url).split('?', 1)[0] ?? '';

function operationOf({ method, route }: GatewayRequest): string {
  const path = route?.path;
  return path === undefined ? 'unmatched' : `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`;
}

/** A path that is served, by a method that is not: 405 with what is allowed, whoever asks. */
export const refuseMethods =
  (context: GatewayContext, served: ServedPaths): EdgeStep =>
  (request, response, next) => {
    const allowed = served.methodsOf(pathOf(request));
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    if (allowed.length === 0 || allowed.includes(method)) return next();
    answer(context, request, response, 'method_not_allowed', { Allow: allowed.join(', ') });
  };

/** A plain GET of the stream's address: it speaks WebSocket only. */
export const refusePlainStream =
  (context: GatewayContext, streamPath: string): EdgeStep =>
  (request, response, next) => {
    if (pathOf(request) !== streamPath || request.method !== 'GET') return next();
    answer(context, request, response, 'upgrade_required', { Upgrade: 'websocket', Connection: 'Upgrade' });
  };

/** Whether a request is a bulk call, whose body may be larger. */
export const isBulk = ({ method, originalUrl, url }: { readonly method?: string; readonly originalUrl?: string; readonly url?: string }): boolean =>
  method === 'POST' && /^\/v1\/[a-z-]+\/bulk\/?$/.test((originalUrl ?? url ?? '').split('?')[0] ?? '');

/** A body of another type than JSON is refused before it is read. */
export const requireJson =
  (context: AnswerContext): EdgeStep =>
  (request, response, next) => {
    const type = (header(request, 'content-type') ?? '').split(';')[0]?.replaceAll(SPACE_AROUND, '').toLowerCase();
    if (!WITH_BODY.has(request.method) || !hasBody(request) || type === 'application/json') return next();
    answer(context, request, response, 'unsupported_media_type', { Accept: 'application/json' });
  };

const ZERO_IN_ADDRESS: FieldProblem = { pointer: '', code: 'zero_character', detail: 'An address has no zero character.' };
const BADLY_ENCODED: FieldProblem = { pointer: '', code: 'encoding', detail: 'A path is percent-encoded UTF-8.' };

function isEncoded(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** What no route takes in its address or in any field of a body, whichever it is. */
export const refuseOdd =
  (context: GatewayContext): EdgeStep =>
  (request, response, next) => {
    const fault = bodyFault(request.body);
    if (fault !== null) return answer(context, request, response, 'invalid_request', {}, [fault]);
    const address = request.originalUrl ?? request.url;
    if (!address.includes('%')) return next();
    const detail = address.includes('%00') ? ZERO_IN_ADDRESS : isEncoded(pathOf(request)) ? null : BADLY_ENCODED;
    if (detail === null) return next();
    answer(context, request, response, 'invalid_request', {}, [detail]);
  };

/** No body at all is an empty object, so that requests without fields need not send `{}`. One that was sent is never taken for none. */
export const fillEmptyBody = (): EdgeStep => (request, _response, next) => {
  if (WITH_BODY.has(request.method) && !hasBody(request)) Object.assign(request, { body: {} });
  next();
};

/** Bounds of the bodies that are read. */
export interface BodyLimits {
  readonly bodyMaxBytes: number;
  readonly bulkBodyMaxBytes: number;
}

/**
 * Reads the body of a request that has one, and parses it. What cannot be is answered as a problem document. The reader hands a request on unread when it takes
 * its type for another than we do, and when its caller went away before (steps in front of it may wait): without its fields it would be another request.
 */
export const readBody = (context: AnswerContext, { bodyMaxBytes, bulkBodyMaxBytes }: BodyLimits): EdgeStep => {
  const readerOf = (limit: number) => json({ limit, strict: true, verify: keepBodyDigest });
  const readers = { bulk: readerOf(bulkBodyMaxBytes), other: readerOf(bodyMaxBytes) };
  const refuse = answerBodyError(context);
  return (request, response, next) => {
    if (!hasBody(request) || !(request instanceof IncomingMessage) || !(response instanceof ServerResponse)) return next();
    readers[isBulk(request) ? 'bulk' : 'other'](request, response, (error?: unknown) => {
      if (error !== undefined && error !== null) refuse(error, request, response);
      else if (request.body === undefined) answer(context, request, response, 'unsupported_media_type', { Accept: 'application/json' });
      else next();
    });
  };
};

const hasBody = (request: GatewayRequest): boolean =>
  (header(request, 'content-length') ?? '0') !== '0' || header(request, 'transfer-encoding') !== null;

/** Errors raised by the body parser, before the routes see the request, as the same problem documents. */
const answerBodyError =
  (context: AnswerContext) =>
  (error: unknown, request: GatewayRequest, response: EdgeResponse): void => {
    const code = bodyErrorCode(error);
    if (code === 'internal') context.log.error('a body could not be read', { requestId: request.requestId, error });
    answer(context, request, response, code, {});
  };

function bodyErrorCode(error: unknown): ProblemCode {
  const of = (name: 'type' | 'status'): unknown => (typeof error === 'object' && error !== null ? Reflect.get(error, name) : null);
  const type = of('type');
  if (type === 'entity.too.large') return 'body_too_large';
  if (type === 'entity.parse.failed') return 'invalid_json';
  if (type === 'encoding.unsupported' || type === 'charset.unsupported') return 'unsupported_media_type';
  // What it was sent in (a cut stream, a wrong length, a broken compression) is the caller's; everything else is ours.
  return of('status') === 400 ? 'invalid_request' : 'internal';
}

function answer(
  context: Pick<GatewayContext, 'ids'>,
  request: GatewayRequest,
  response: EdgeResponse,
  code: ProblemCode,
  headers: Readonly<Record<string, string>>,
  errors: readonly FieldProblem[] = [],
): void {
  const body = problem(code, { requestId: request.requestId ?? context.ids.next('request'), ...(errors.length > 0 && { errors }) });
  response.statusCode = body.status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.setHeader('Content-Type', `${PROBLEM_MEDIA_TYPE}; charset=utf-8`);
  response.end(JSON.stringify(body));
}
