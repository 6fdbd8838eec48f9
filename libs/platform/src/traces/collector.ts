import { type Context, context, DiagLogLevel, diag, ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { type EndedSpan, type SpanRef, TRACE_LIMITS, type TraceOptions, type Traces } from './spans';

/** Shares are compared on so many leading hex digits of a trace's id. */
const SHARE_DIGITS = 8;
const SHARE_OF = 16 ** SHARE_DIGITS;

/** Spans to an OpenTelemetry collector over HTTP, in batches, from a bounded queue. A collector that is away costs spans and one warning, and nothing else. */
export function collectorTraces(options: TraceOptions & { readonly url: string }): Traces {
  const { url, authorization, share, process, random, log } = options;
  const hex = (digits: number): string => Buffer.from(random.bytes(digits / 2)).toString('hex');
  // The ids of a trace and of a span may be known before: the generator is asked while a span is begun, and nothing else runs meanwhile.
  let known: string | undefined;
  let knownSpan: string | undefined;
  const complain = log.child({ part: 'traces' });
  diag.setLogger(
    {
      error: (text) => complain.warn(text),
      warn: (text) => complain.warn(text),
      info: () => undefined,
      debug: () => undefined,
      verbose: () => undefined,
    },
    DiagLogLevel.WARN,
  );
  const exporter = new OTLPTraceExporter({
    url,
    timeoutMillis: TRACE_LIMITS.exportTimeoutMs,
    ...(authorization !== null && { headers: { Authorization: authorization.reveal() } }),
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.namespace': 'lockstep', 'service.name': process }),
    sampler: new AlwaysOnSampler(),
    idGenerator: { generateTraceId: () => known ?? hex(32), generateSpanId: () => knownSpan ?? hex(16) },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        maxQueueSize: TRACE_LIMITS.waitingSpansMax,
        maxExportBatchSize: TRACE_LIMITS.batchSpansMax,
        scheduledDelayMillis: TRACE_LIMITS.sendEveryMs,
        exportTimeoutMillis: TRACE_LIMITS.exportTimeoutMs,
      }),
    ],
  });
  const tracer = provider.getTracer('lockstep');
  const tell = (span: EndedSpan): SpanRef => {
    known = span.traceId;
    knownSpan = span.spanId;
    const begun = tracer.startSpan(
      span.name,
      {
        startTime: span.startMs,
        kind: span.kind === 'server' ? SpanKind.SERVER : SpanKind.INTERNAL,
        attributes: span.facts,
        root: span.parent === null,
      },
      span.parent === null ? ROOT_CONTEXT : below(span.parent),
    );
    known = undefined;
    knownSpan = undefined;
    if (span.failed) begun.setStatus({ code: SpanStatusCode.ERROR });
    begun.end(span.endMs);
    const { traceId, spanId } = begun.spanContext();
    return { traceId, spanId };
  };
  return {
    on: true,
    tell,
    samples: (traceId) => Number.parseInt(traceId.slice(-SHARE_DIGITS), 16) < share * SHARE_OF,
    newTraceId: () => hex(32),
    close: () => provider.shutdown().catch((error: unknown) => complain.warn('the last spans were not sent', { error })),
  };
}

const below = ({ traceId, spanId }: SpanRef): Context =>
  trace.setSpanContext(context.active(), { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true });
