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
    labels: { door: ['public', 'operator'], method: ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'], status: ['2xx', '3xx', '4xx', '5xx'] },
  }),
  lockstep_http_request_ms: spec({
    kind: 'histogram',
    help: 'Time from a request to its answer.',
    labels: { door: ['public', 'operator'] },
    buckets: FAST_MS,
  }),
  lockstep_rate_limited_total: spec({
    kind: 'counter',
    help: 'Requests refused by a limit.',
    labels: { policy: ['tier', 'key', 'orders', 'exports', 'sockets', 'failures'] },
  }),
  lockstep_idempotent_replays_total: spec({ kind: 'counter', help: 'Answers given again for a repeated Idempotency-Key.', labels: {} }),
  lockstep_stream_connections: spec({ kind: 'gauge', help: 'Open stream connections.', labels: {} }),
  lockstep_stream_events_total: spec({ kind: 'counter', help: 'Events sent on streams.', labels: { way: ['live', 'resumed'] } }),
  lockstep_stream_closes_total: spec({
    kind: 'counter',
    help: 'Stream connections ended by us, by reason.',
    labels: { reason: ['slow_consumer', 'no_pong', 'unauthorized', 'key_revoked', 'going_away', 'bad_message', 'too_many'] },
  }),
  lockstep_moves_total: spec({ kind: 'counter', help: 'Moves of leaders detected.', labels: { kind: ['increase', 'reduce', 'flat', 'flip'] } }),
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
    labels: { stage: ['detect', 'plan', 'journal', 'sign', 'send', 'answer', 'total'] },
    buckets: FAST_MS,
  }),
  lockstep_reconciliations_total: spec({
    kind: 'counter',
    help: 'Comparisons with the truth of a venue.',
    labels: { cause: ['start', 'reconnect', 'unknown', 'timer'], result: ['equal', 'corrected', 'failed'] },
  }),
  lockstep_venue_connections: spec({ kind: 'gauge', help: 'Open connections to venues.', labels: { use: ['watch', 'submit'] } }),
  lockstep_venue_reconnects_total: spec({ kind: 'counter', help: 'Connections to venues opened again.', labels: { use: ['watch', 'submit'] } }),
  lockstep_outbox_waiting: spec({ kind: 'gauge', help: 'Events written and not yet relayed.', labels: {} }),
  lockstep_outbox_delay_ms: spec({ kind: 'histogram', help: 'Time from an event to its relay.', labels: {}, buckets: FAST_MS }),
  lockstep_settlements_total: spec({ kind: 'counter', help: 'Settlement jobs, by result.', labels: { result: ['closed', 'failed'] } }),
  lockstep_jobs_total: spec({
    kind: 'counter',
    help: 'Jobs of tenants, by how an attempt ended.',
    labels: { result: ['done', 'failed', 'retried'] },
  }),
  lockstep_exports_total: spec({ kind: 'counter', help: 'Export files made.', labels: {} }),
  lockstep_relay_wakeups_total: spec({ kind: 'counter', help: 'Streams for which the relay woke the gateways.', labels: {} }),
  lockstep_ledger_entries_total: spec({ kind: 'counter', help: 'Entries written to the ledger.', labels: {} }),
  lockstep_alarms_total: spec({
    kind: 'counter',
    help: 'What a person should look at.',
    labels: { kind: ['exit_stuck', 'ledger_unbalanced', 'agent_invalid', 'clock_offset', 'foreign_trade', 'breaker'] },
  }),
} as const satisfies Record<string, MetricSpec>;
