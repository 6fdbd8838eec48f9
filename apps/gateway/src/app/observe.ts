import type { CloseName } from '@lockstep/delivery';
import type { LabelsOf, Metrics } from '@lockstep/platform';
import type { RouteClass } from '@lockstep/tenancy';
import type { Refusal } from '../http/problem-exception';
import { kindOfTooMany } from '../http/too-many';

/** Which listener a request came to. */
export type Door = 'public' | 'operator';

/** A request that is over, as the metrics count it. */
export interface EndedRequest {
  readonly door: Door;
  readonly method: string;
  readonly status: number;
  readonly ms: number;
  /** What it was let in as, if it was. */
  readonly admittedAs: RouteClass | undefined;
  readonly aborted: boolean;
  /** A fault of its sandbox struck it: status and time say nothing of this gateway. */
  readonly struck: boolean;
}

type Requests = LabelsOf<'lockstep_http_requests_total'>;
const METHODS: ReadonlySet<string> = new Set<Requests['method']>(['GET', 'POST', 'PATCH', 'PUT', 'DELETE']);
const isCounted = (method: string): method is Requests['method'] => METHODS.has(method);

/** Counts a request that is over. One that a fault struck is counted with the faults instead. */
export function observeRequest(metrics: Metrics, { door, method, status, ms, admittedAs, aborted, struck }: EndedRequest): void {
  if (struck) return;
  metrics.count('lockstep_http_requests_total', {
    door,
    method: isCounted(method) ? method : 'other',
    status: aborted ? 'aborted' : hundreds(status),
  });
  metrics.observe('lockstep_http_request_ms', { door, class: admittedAs ?? 'none' }, ms);
}

function hundreds(status: number): Requests['status'] {
  if (status < 300) return '2xx';
  if (status < 400) return '3xx';
  return status < 500 ? '4xx' : '5xx';
}

/** Counts a refusal where it is one for too much, and by what. */
export function observeRefusal(metrics: Metrics, refusal: Refusal): void {
  const kind = kindOfTooMany(refusal);
  if (kind !== null) metrics.count('lockstep_rate_limited_total', { kind });
}

type Closes = LabelsOf<'lockstep_stream_closes_total'>;
const CLOSED_FOR: Readonly<Record<CloseName, Closes['reason']>> = {
  going_away: 'going_away',
  slow_consumer: 'slow_consumer',
  idle_timeout: 'client_fault',
  subscribe_timeout: 'client_fault',
  insufficient_state: 'server_error',
  server_error: 'server_error',
  connection_limit: 'connection_limit',
  message_rate: 'client_fault',
  bad_frame: 'client_fault',
  frame_too_large: 'client_fault',
  key_revoked: 'lapsed',
  key_expired: 'lapsed',
  tenant_suspended: 'lapsed',
  missing_scope: 'lapsed',
  address_not_allowed: 'lapsed',
};

/** What streams tell of themselves. */
export interface StreamObserver {
  open(connections: number): void;
  closed(name: CloseName): void;
  sent(events: number): void;
}

export const streamObserver = (metrics: Metrics): StreamObserver => ({
  open: (connections) => metrics.set('lockstep_stream_connections', {}, connections),
  closed: (name) => metrics.count('lockstep_stream_closes_total', { reason: CLOSED_FOR[name] }),
  sent: (events) => metrics.count('lockstep_stream_events_total', {}, events),
});
