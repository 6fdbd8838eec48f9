import type { EpochMs } from '@lockstep/kernel';
import { type EndedSpan, readTraceparent, type SpanRef, type Traces, traceOfCommand } from '@lockstep/platform';
import type { VerifiedKey } from '@lockstep/tenancy';
import type { EndedRequest } from './observe';

/** A request that is over, as its trace tells of it. */
export interface TracedRequest extends EndedRequest {
  readonly endedAt: EpochMs;
  readonly requestId: string;
  /** Method and template of the route, or `unmatched`. */
  readonly operation: string;
  /** `traceparent` of the request; a caller's own trace goes on in ours. */
  readonly traceparent: string | null;
  readonly key: VerifiedKey | undefined;
  /** The first command for the engine that it left behind; null: none. */
  readonly commandNo: bigint | null;
}

/**
 * Tells of a request that is over: of the share that is traced, of every one that failed on our side, and of every one that asked something of the engine. The trace
 * of the last is that of its command, in which the engine tells what became of it; where its caller has a trace of its own, it stands in both.
 */
export function traceRequest(traces: Traces, request: TracedRequest): void {
  if (!traces.on) return;
  const caller = readTraceparent(request.traceparent);
  const cause = causeOfCommand(request);
  // What a test environment's own fault answers is no failure of ours.
  const failed = request.status >= 500 && !request.struck;
  const traceId = caller?.traceId ?? cause?.traceId ?? traces.newTraceId();
  if (!failed && cause === null && !traces.samples(traceId)) return;
  const span = spanOf(request, failed);
  if (cause === null || caller !== null) traces.tell({ ...span, parent: caller, traceId });
  if (cause !== null) traces.tell({ ...span, parent: null, ...cause });
}

/** The place of a request in the trace of the command it left behind. */
function causeOfCommand({ commandNo, key }: TracedRequest): SpanRef | null {
  return commandNo === null || key === undefined ? null : traceOfCommand(key, commandNo.toString()).cause;
}

function spanOf(request: TracedRequest, failed: boolean): Omit<EndedSpan, 'parent'> {
  const { operation, door, method, status, ms, admittedAs, aborted, struck, requestId, key, endedAt, commandNo } = request;
  return {
    name: operation === 'unmatched' ? method : operation,
    startMs: endedAt - ms,
    endMs: endedAt,
    kind: 'server',
    failed,
    facts: {
      'http.request.method': method,
      'http.response.status_code': status,
      'request.id': requestId,
      'request.door': door,
      'request.aborted': aborted,
      ...(struck && { 'request.struck': true }),
      ...(operation !== 'unmatched' && { 'http.route': operation.slice(operation.indexOf(' ') + 1) }),
      ...(admittedAs !== undefined && { 'request.class': admittedAs }),
      ...(key !== undefined && { 'tenant.id': key.tenantId, 'tenant.environment': key.environment, 'key.id': key.keyId }),
      ...(commandNo !== null && { 'command.no': commandNo.toString() }),
    },
  };
}
