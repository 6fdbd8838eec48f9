import { PROBLEM_MEDIA_TYPE, type ProblemCode, problem } from '@lockstep/delivery';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ZodValidationException } from 'nestjs-zod';
import { ZodError } from 'zod';
import { CONTEXT, type GatewayContext } from '../app/context';
import { observeRefusal } from '../app/observe';
import { ConnectionDropped, FaultProblem } from '../faults/fault-answers';
import { awayRefusal } from './away';
import type { GatewayRequest } from './call';
import { ProblemException, type ProblemOptions, problemOf } from './problem-exception';

const BY_STATUS: Readonly<Record<number, ProblemCode>> = {
  400: 'invalid_request',
  401: 'invalid_key',
  404: 'not_found',
  405: 'method_not_allowed',
  406: 'not_acceptable',
  408: 'request_timeout',
  413: 'body_too_large',
  414: 'uri_too_long',
  415: 'unsupported_media_type',
  426: 'upgrade_required',
  431: 'headers_too_large',
};

/** Turns everything that reaches the edge into a problem document. What nobody expected is logged and answered without its text. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly host: HttpAdapterHost,
    @Inject(CONTEXT) private readonly context: GatewayContext,
  ) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    if (exception instanceof ConnectionDropped) return;
    const http = host.switchToHttp();
    const request = http.getRequest<GatewayRequest>();
    const response: unknown = http.getResponse();
    const requestId = request.requestId ?? this.context.ids.next('request');
    const away = awayRefusal(exception, this.context.random);
    const { code, options } = away === null ? explain(exception) : explain(problemOf(away));
    if (away !== null) this.context.log.warn('a request failed with the database', { requestId, error: faultOf(exception) });
    const ours = !(exception instanceof FaultProblem);
    if (ours && code === 'internal') this.context.log.error('request failed', { requestId, error: faultOf(exception) });
    const { headers, ...details } = options;
    if (ours) observeRefusal(this.context.metrics, { code, ...details });
    const { httpAdapter } = this.host;
    for (const [name, value] of Object.entries(headers ?? {})) httpAdapter.setHeader(response, name, value);
    httpAdapter.setHeader(response, 'X-Request-Id', requestId);
    httpAdapter.setHeader(response, 'Content-Type', PROBLEM_MEDIA_TYPE);
    const body = problem(code, { requestId, ...details });
    httpAdapter.reply(response, JSON.stringify(body), body.status);
  }
}

/** What may be logged of a defect: never the values it met, which a driver's error carries along. */
function faultOf(exception: unknown): { readonly type: string; readonly message: string; readonly stack: string } {
  if (!(exception instanceof Error)) return { type: typeof exception, message: 'not an error', stack: '' };
  return { type: exception.name, message: exception.message, stack: exception.stack ?? '' };
}

function explain(exception: unknown): { readonly code: ProblemCode; readonly options: ProblemOptions } {
  if (exception instanceof ProblemException) return { code: exception.code, options: exception.options };
  if (exception instanceof ZodValidationException) return { code: 'invalid_request', options: { errors: fieldErrors(exception.getZodError()) } };
  if (exception instanceof HttpException) return { code: BY_STATUS[exception.getStatus()] ?? 'internal', options: {} };
  return { code: bodyParserCode(exception) ?? 'internal', options: {} };
}

/** The adapter's body parser raises plain errors with a status and a type. */
function bodyParserCode(exception: unknown): ProblemCode | null {
  if (typeof exception !== 'object' || exception === null || !('status' in exception) || typeof exception.status !== 'number') return null;
  if ('type' in exception && exception.type === 'entity.parse.failed') return 'invalid_json';
  return BY_STATUS[exception.status] ?? null;
}

/** Faults of one body that an answer names. */
export const FIELD_ERRORS_MAX = 50;

/** Field errors of a failed parse. The values sent are never repeated: they may be secrets. */
export function fieldErrors(error: unknown): { readonly pointer: string; readonly code: string; readonly detail: string }[] {
  if (!(error instanceof ZodError)) return [];
  return error.issues.slice(0, FIELD_ERRORS_MAX).map((issue) => ({
    pointer: `/${issue.path.map((part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`,
    code: issue.code,
    detail: issue.message,
  }));
}
