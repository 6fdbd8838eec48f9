import type { Random } from '@lockstep/kernel';
import type { ProcessName } from '../config/variables';
import type { Logger } from '../log/logger';
import type { Secret } from '../log/secret';

/** Names a span to those below it. */
export interface SpanRef {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hex digits, not all zero. */
  readonly spanId: string;
}

/** What a span says of its work: OpenTelemetry's names where there are any. Never a secret, never what a follower is called. */
export type SpanFacts = Readonly<Record<string, string | number | boolean>>;

/** Work that is over. */
export interface EndedSpan {
  readonly name: string;
  /** Milliseconds since 1970, with fractions. */
  readonly startMs: number;
  readonly endMs: number;
  /** The span it was part of; null: it begins a trace. */
  readonly parent: SpanRef | null;
  /** Of a span that begins a trace: the trace's id where it is known beforehand. */
  readonly traceId?: string;
  /** The span's own id where it is known beforehand, so that others can name it. */
  readonly spanId?: string;
  /** `server`: asked for from outside. */
  readonly kind: 'server' | 'internal';
  readonly facts: SpanFacts;
  readonly failed: boolean;
}

/** Where spans go. Spans are told once their work is over: nothing runs differently while it is traced. */
export interface Traces {
  /** False where they go nowhere: what would be told of need not be gathered. */
  readonly on: boolean;
  /** Hands over a span. What does not fit in the queue is lost, and nobody waits. */
  tell(span: EndedSpan): SpanRef | null;
  /** True for the share of traces that are told of where not all are, the same for all spans of one. */
  samples(traceId: string): boolean;
  newTraceId(): string;
  /** Sends what waits, for at most `TRACE_LIMITS.exportTimeoutMs`. */
  close(): Promise<void>;
}

/** Bounds of what waits to be sent. */
export const TRACE_LIMITS = { waitingSpansMax: 4_096, batchSpansMax: 512, sendEveryMs: 2_000, exportTimeoutMs: 5_000 } as const;

/** Spans that go nowhere. */
export const NO_TRACES: Traces = {
  on: false,
  tell: () => null,
  samples: () => false,
  newTraceId: () => '',
  close: async () => undefined,
};

export interface TraceOptions {
  /** Where an OpenTelemetry collector takes traces by HTTP; null: nowhere. */
  readonly url: string | null;
  /** Value of the `Authorization` header sent there. */
  readonly authorization: Secret<string> | null;
  /** Share of requests that are traced, 0 to 1. */
  readonly share: number;
  readonly process: ProcessName;
  readonly random: Random;
  readonly log: Logger;
}

/** Reads a `traceparent` of W3C Trace Context, version 00 and what later versions have in common with it; null where it is none. */
export function readTraceparent(text: string | null): SpanRef | null {
  const [, version, traceId = '', spanId = ''] = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?$/.exec(text ?? '') ?? [];
  if (version === undefined || version === 'ff' || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  return { traceId, spanId };
}
