/**
 * Every metric Lockstep exposes. Labels are closed lists: no id, address or text from outside ever becomes a label,
 * so the number of series is bounded by this file. Times in milliseconds, names end in their unit.
 */
export interface MetricSpec {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: Readonly<Record<string, readonly string[]>>;
  readonly buckets?: readonly number[];
}

const FAST_MS = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];
const spec = <const S extends MetricSpec>(value: S): S => value;

export const METRICS = {
  lockstep_http_requests_total: spec({
    kind: 'counter',
    help: 'Requests answered by the gateway.',
    labels: {
      door: ['public', 'operator'],
      method: ['GET', 'POST', 'PATCH', 'PUT', 'DELETE', 'other'],
      status: ['2xx', '3xx', '4xx', '5xx', 'aborted'],
    },
  }),
  lockstep_http_request_ms: spec({
    kind: 'histogram',
    help: 'Time from a request to its answer, by what limits saw in it; `none`: it was not let in, or nothing counts it.',
    labels: { door: ['public', 'operator'], class: ['reads', 'writes', 'orders', 'exports', 'stops', 'kill_switches', 'none'] },
    buckets: FAST_MS,
  }),
  lockstep_rate_limited_total: spec({
    kind: 'counter',
    help: 'Requests refused by a limit.',
    labels: { kind: ['rate', 'concurrency', 'quota', 'credentials'] },
  }),
  lockstep_shed_total: spec({
    kind: 'counter',
    help: 'Requests refused because the process could not keep up.',
    labels: { class: ['reads', 'writes', 'orders', 'exports'] },
  }),
  lockstep_sandbox_faults_total: spec({
    kind: 'counter',
    help: 'Requests, streams and events that a fault of a sandbox struck.',
    labels: {
      kind: ['too_many_requests', 'server_error', 'slow', 'dropped_request', 'dropped_answer', 'stream_dropped', 'event_repeated'],
    },
  }),
  lockstep_idempotent_replays_total: spec({ kind: 'counter', help: 'Answers given again for a repeated Idempotency-Key.', labels: {} }),
  lockstep_stream_connections: spec({ kind: 'gauge', help: 'Open stream connections.', labels: {} }),
  lockstep_stream_events_total: spec({ kind: 'counter', help: 'Events sent on streams.', labels: {} }),
  lockstep_stream_closes_total: spec({
    kind: 'counter',
    help: 'Stream connections ended by us, by reason.',
    labels: { reason: ['slow_consumer', 'lapsed', 'going_away', 'client_fault', 'connection_limit', 'server_error'] },
  }),
  lockstep_waves_total: spec({ kind: 'counter', help: 'Waves, by how they ended.', labels: { end: ['done', 'superseded', 'failed'] } }),
  lockstep_wave_copies_total: spec({
    kind: 'counter',
    help: 'Decisions for copies in waves.',
    labels: { decision: ['ordered', 'skipped', 'denied', 'deferred'] },
  }),
  lockstep_orders_total: spec({ kind: 'counter', help: 'Orders sent, by outcome.', labels: { outcome: ['accepted', 'rejected', 'unknown'] } }),
  lockstep_orders_in_flight: spec({ kind: 'gauge', help: 'Orders sent whose outcome is not known.', labels: {} }),
  lockstep_stage_ms: spec({
    kind: 'histogram',
    help: 'Time spent in each stage of a wave.',
    labels: { stage: ['detect', 'plan', 'journal', 'send', 'answer', 'total'] },
    buckets: FAST_MS,
  }),
  lockstep_detection_ms: spec({
    kind: 'histogram',
    help: 'Time from a leader’s fill at the venue, by its clock, to the frame that told it, by network; `world`: tenants’ own.',
    labels: { venue: ['hyperliquid', 'perps_studio'], network: ['sim', 'world', 'mainnet', 'testnet'] },
    buckets: FAST_MS,
  }),
  lockstep_settlements_total: spec({ kind: 'counter', help: 'Settlement jobs, by result.', labels: { result: ['closed', 'failed'] } }),
  lockstep_jobs_total: spec({
    kind: 'counter',
    help: 'Jobs of tenants, by how an attempt ended.',
    labels: { result: ['done', 'failed', 'retried'] },
  }),
  lockstep_exports_total: spec({ kind: 'counter', help: 'Export files made.', labels: {} }),
  lockstep_relay_wakeups_total: spec({ kind: 'counter', help: 'Streams for which the relay woke the gateways.', labels: {} }),
  lockstep_alarms_total: spec({
    kind: 'counter',
    help: 'What a person should look at.',
    labels: {
      kind: [
        'ledger_unbalanced',
        'exit_stuck',
        'order_unknown',
        'overfilled',
        'gate_refused',
        'wave_failed',
        'leader_unseen',
        'network_unread',
        'account_cannot_sign',
        'account_unread',
        'stops_unread',
        'command_failed',
        'breaker_unwritten',
        'protective_stop',
        'books_unwritten',
        'engine_ends',
        'other',
      ],
    },
  }),
} as const satisfies Record<string, MetricSpec>;
