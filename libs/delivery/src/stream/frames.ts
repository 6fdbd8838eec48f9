import { err, ok, type Result } from '@lockstep/kernel';
import { z } from 'zod';

/**
 * Frames of the WebSocket stream, one JSON text each.
 * Client: `subscribe`, `ack`, `ping`. Server: `hello`, `subscribed`, `event`, `heartbeat`, `pong`, `going_away`, `error`.
 * A position is (epoch, seq): seq counts 1, 2, 3 … without holes inside one epoch of a tenant's stream, as decimal text of any size.
 */
export const SUBPROTOCOL = 'copy-events.v1';
/** Largest client frame, in bytes. */
export const CLIENT_FRAME_MAX_BYTES = 8_192;
/** Most event types one subscription may filter by. */
const TYPES_MAX = 100;

const seqText = z.string().regex(/^(0|[1-9]\d{0,18})$/);
export const positionSchema = z.object({ epoch: z.string().regex(/^[0-9a-z]{1,32}$/), seq: seqText }).meta({ id: 'StreamPosition' });
export type WirePosition = z.infer<typeof positionSchema>;

const clientFrame = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('subscribe'),
    /** Absent: from now on. */
    after: positionSchema.optional(),
    /** Absent: all types. A filtered stream keeps its seqs, with holes where types are left out. */
    types: z.array(z.string().max(64)).min(1).max(TYPES_MAX).optional(),
  }),
  z.strictObject({ op: z.literal('ack'), seq: seqText }),
  z.strictObject({ op: z.literal('ping'), id: z.string().max(64).optional() }),
]);
export type ClientFrame = z.infer<typeof clientFrame>;

/** Reads a client's frame. */
export function parseClientFrame(text: string): Result<ClientFrame, 'bad_frame'> {
  const parsed = clientFrame.safeParse(parseJson(text));
  return parsed.success ? ok(parsed.data) : err('bad_frame');
}

export interface StreamPosition {
  readonly epoch: string;
  readonly seq: bigint;
}

export const wirePosition = (at: StreamPosition): WirePosition => ({ epoch: at.epoch, seq: at.seq.toString() });

/** `epoch:seq`, the form used in REST (`after=`) and SSE (`id:`). */
export const positionText = (at: StreamPosition): string => `${at.epoch}:${at.seq}`;

/** Reads `epoch:seq`. */
export function parsePositionText(text: string): Result<StreamPosition, 'bad_position'> {
  const [epoch, seq, ...more] = text.split(':');
  const parsed = positionSchema.safeParse({ epoch, seq });
  return parsed.success && more.length === 0 ? ok({ epoch: parsed.data.epoch, seq: BigInt(parsed.data.seq) }) : err('bad_position');
}

/** First frame: who you are and the bounds that hold. */
export const helloFrame = (connectionId: string, top: StreamPosition, heartbeatMs: number): string =>
  JSON.stringify({
    op: 'hello',
    connection_id: connectionId,
    ...wirePosition(top),
    heartbeat_ms: heartbeatMs,
    frame_max_bytes: CLIENT_FRAME_MAX_BYTES,
  });

/** Answer to subscribe. `recovered`: every event after the asked position follows; false: reload by REST, events follow from `seq` on. */
export const subscribedFrame = (from: StreamPosition, top: StreamPosition, recovered: boolean): string =>
  JSON.stringify({ op: 'subscribed', epoch: from.epoch, seq: from.seq.toString(), top_seq: top.seq.toString(), recovered });

/** One event. `eventJson` is the event as stored: it is serialised once for all its readers. */
export const eventFrame = (at: StreamPosition, eventJson: string): string =>
  `{"op":"event","epoch":${JSON.stringify(at.epoch)},"seq":"${at.seq}","event":${eventJson}}`;

/** Carries the top, so that a client notices a loss while connected. */
export const heartbeatFrame = (top: StreamPosition, time: string): string => JSON.stringify({ op: 'heartbeat', ...wirePosition(top), time });

export const pongFrame = (id: string | undefined): string => JSON.stringify({ op: 'pong', ...(id === undefined ? {} : { id }) });

/** The server drains; reconnect after the delay, which differs per connection. */
export const goingAwayFrame = (reconnectAfterMs: number): string => JSON.stringify({ op: 'going_away', reconnect_after_ms: reconnectAfterMs });

/** A refusal that does not close the connection. */
export const errorFrame = (code: string, detail: string): string => JSON.stringify({ op: 'error', code, detail });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
