import { type FieldProblem, PROBLEM_MEDIA_TYPE, type ProblemCode, problem } from '@lockstep/delivery';
import type { GatewayContext } from '../app/context';
import { type Door, observeRequest } from '../app/observe';
import type { RequestLog } from '../auth/request-log';
import { askedHost } from '../brand/asked-host';
import type { Brand } from '../brand/brand';
import type { Brands } from '../brand/brands';
import { brandedName, readPrefixed } from '../brand/own-headers';
import { bodyFault } from './body-checks';
import { type GatewayRequest, header } from './call';

/** As much of a response as a step before the routes needs; every HTTP adapter has it. */
export interface EdgeResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
  once(event: 'close', listener: () => void): unknown;
  readonly writableFinished: boolean;
}
type Next = (error?: unknown) => void;
export type EdgeStep = (request: GatewayRequest, response: EdgeResponse, next: Next) => void;

const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;
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
      const { admittedAs, verifiedKey: key, requestId = '' } = request;
      const ended = { status: response.statusCode, ms: context.clock.monotonic() - from, admittedAs, aborted: !response.writableFinished };
      observeRequest(context.metrics, { ...ended, door, method: request.method });
      log?.finished({ ...ended, requestId, operation: operationOf(request), key });
    });
    next();
  };

function operationOf({ method, route }: GatewayRequest): string {
  const path = route?.path;
  return path === undefined ? 'unmatched' : `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`;
}

/** Path templates of a contract with the methods they serve. */
export interface ServedPath {
  readonly pattern: RegExp;
  readonly methods: readonly string[];
}

/** Reads the templates of an OpenAPI document. */
export const servedPaths = (paths: Readonly<Record<string, object>>): readonly ServedPath[] =>
  Object.entries(paths).map(([template, item]) => ({
    pattern: new RegExp(`^${template.replaceAll(/[.]/g, '\\.').replaceAll(/\{[^}]+\}/g, '[^/]+')}/?$`),
    methods: Object.keys(item).map((method) => method.toUpperCase()),
  }));

/** A path that is served, by a method that is not: 405 with what is allowed, whoever asks. */
export const refuseMethods =
  (context: GatewayContext, served: readonly ServedPath[]): EdgeStep =>
  (request, response, next) => {
    const path = (request.originalUrl ?? request.url).split('?')[0] ?? '';
    const allowed = served.filter((one) => one.pattern.test(path)).flatMap((one) => one.methods);
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    if (allowed.length === 0 || allowed.includes(method)) return next();
    answer(context, request, response, 'method_not_allowed', { Allow: allowed.join(', ') });
  };

/** A plain GET of the stream's address: it speaks WebSocket only. */
export const refusePlainStream =
  (context: GatewayContext, streamPath: string): EdgeStep =>
  (request, response, next) => {
    const path = (request.originalUrl ?? request.url).split('?')[0];
    if (path !== streamPath || request.method !== 'GET') return next();
    answer(context, request, response, 'upgrade_required', { Upgrade: 'websocket', Connection: 'Upgrade' });
  };

/** Whether a request is a bulk call, whose body may be larger. */
export const isBulk = ({ method, originalUrl, url }: { readonly method?: string; readonly originalUrl?: string; readonly url?: string }): boolean =>
  method === 'POST' && /^\/v1\/[a-z-]+\/bulk\/?$/.test((originalUrl ?? url ?? '').split('?')[0] ?? '');

/** A body of another type than JSON is refused before it is read. */
export const requireJson =
  (context: GatewayContext): EdgeStep =>
  (request, response, next) => {
    const hasBody = (header(request, 'content-length') ?? '0') !== '0' || header(request, 'transfer-encoding') !== null;
    const type = (header(request, 'content-type') ?? '').split(';')[0]?.trim().toLowerCase();
    if (!WITH_BODY.has(request.method) || !hasBody || type === 'application/json') return next();
    answer(context, request, response, 'unsupported_media_type', { Accept: 'application/json' });
  };

/** What no route takes in its address or in any field of a body, whichever it is. */
export const refuseOdd =
  (context: GatewayContext): EdgeStep =>
  (request, response, next) => {
    const fault = bodyFault(request.body);
    if (fault !== null) return answer(context, request, response, 'invalid_request', {}, [fault]);
    if (!(request.originalUrl ?? request.url).includes('%00')) return next();
    answer(context, request, response, 'invalid_request', {}, [{ pointer: '', code: 'zero_character', detail: 'An address has no zero character.' }]);
  };

/** No body at all is an empty object, so that requests without fields need not send `{}`. */
export const fillEmptyBody = (): EdgeStep => (request, _response, next) => {
  if (WITH_BODY.has(request.method) && request.body === undefined) Object.assign(request, { body: {} });
  next();
};

/** Errors raised by the body parser, before Nest sees the request, as the same problem documents. */
export const answerBodyError = (context: GatewayContext) => (error: unknown, request: GatewayRequest, response: EdgeResponse, next: Next) => {
  const code = bodyErrorCode(error);
  if (code === null) return next(error);
  answer(context, request, response, code, {});
};

function bodyErrorCode(error: unknown): ProblemCode | null {
  const type = typeof error === 'object' && error !== null && 'type' in error ? error.type : null;
  if (type === 'entity.too.large') return 'body_too_large';
  if (type === 'entity.parse.failed') return 'invalid_json';
  if (type === 'encoding.unsupported' || type === 'charset.unsupported') return 'unsupported_media_type';
  return type === 'request.aborted' || type === 'request.size.invalid' ? 'invalid_request' : null;
}

function answer(
  context: GatewayContext,
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
