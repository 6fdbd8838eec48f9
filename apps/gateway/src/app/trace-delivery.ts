import type { EpochMs, TenantScope } from '@lockstep/kernel';
import { type KnownTrace, type SpanRef, type Traces, traceOfCommand, traceOfWave } from '@lockstep/platform';

/** Events that one connection was sent in one go. */
export interface Delivery {
  readonly scope: TenantScope;
  readonly connectionId: string;
  /** Their frames, as they were sent. */
  readonly frames: readonly string[];
  /** When the last of them was handed to the socket. */
  readonly sentAt: EpochMs;
}

/** Waves and commands of one go that are told of. */
export const CAUSES_MAX = 64;
/** Events that happened longer ago are read again, not delivered: how long that took says nothing of us. */
export const DELIVERED_WITHIN_MS = 60_000;

/** As `eventJson` writes it, before the data. */
const OCCURRED_AT = /"occurred_at":"([^"]+)","data":\{/;
/** As the catalogue names them in the data. */
const WAVE = /"move_id":"(\d+)"/;
const COMMAND = /"command_no":"(\d+)"/;

interface Group {
  readonly parent: SpanRef;
  events: number;
  firstAt: EpochMs;
}

/** Tells of events that reached a connection, one span for each wave or command they are of, in its trace: from when the first of them happened to the socket. */
export function traceDelivery(traces: Traces, { scope, connectionId, frames, sentAt }: Delivery): void {
  if (!traces.on) return;
  for (const { parent, events, firstAt } of causesOf(scope, frames, sentAt)) {
    traces.tell({
      name: 'deliver events',
      startMs: Math.min(firstAt, sentAt),
      endMs: sentAt,
      parent,
      kind: 'internal',
      failed: false,
      facts: {
        'delivery.way': 'stream',
        'delivery.events': events,
        'delivery.connection': connectionId,
        'tenant.id': scope.tenantId,
        'tenant.environment': scope.environment,
      },
    });
  }
}

function causesOf(scope: TenantScope, frames: readonly string[], sentAt: EpochMs): Iterable<Group> {
  const groups = new Map<string, Group>();
  for (const frame of frames) {
    const at = Date.parse(OCCURRED_AT.exec(frame)?.[1] ?? '');
    const trace = traceOf(scope, frame);
    if (trace === null || !(sentAt - at <= DELIVERED_WITHIN_MS)) continue;
    const key = trace.whole.traceId;
    const known = groups.get(key);
    if (known === undefined) {
      if (groups.size < CAUSES_MAX) groups.set(key, { parent: trace.whole, events: 1, firstAt: at });
      continue;
    }
    known.events += 1;
    known.firstAt = Math.min(known.firstAt, at);
  }
  return groups.values();
}

function traceOf(scope: TenantScope, frame: string): KnownTrace | null {
  const wave = WAVE.exec(frame)?.[1];
  if (wave !== undefined) return traceOfWave(wave);
  const command = COMMAND.exec(frame)?.[1];
  return command === undefined ? null : traceOfCommand(scope, command);
}
