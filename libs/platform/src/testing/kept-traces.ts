import type { EndedSpan, Traces } from '../traces/spans';

/** Traces that keep what they are told, for tests. Ids count from 1. */
export function keptTraces(share = 1): Traces & { readonly spans: readonly EndedSpan[] } {
  const spans: EndedSpan[] = [];
  let traces = 0;
  return {
    on: true,
    spans,
    tell: (span) => {
      spans.push(span);
      return { traceId: span.parent?.traceId ?? span.traceId ?? '', spanId: span.spanId ?? spans.length.toString(16).padStart(16, '0') };
    },
    samples: () => share > 0,
    newTraceId: () => (++traces).toString(16).padStart(32, '0'),
    close: async () => undefined,
  };
}
