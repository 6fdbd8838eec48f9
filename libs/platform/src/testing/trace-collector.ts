import { createServer } from 'node:http';
import { z } from 'zod';

const exported = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(z.object({ key: z.string(), value: z.looseObject({ stringValue: z.string().optional() }) })) }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              name: z.string(),
              kind: z.number(),
              startTimeUnixNano: z.string(),
              endTimeUnixNano: z.string(),
              attributes: z.array(z.object({ key: z.string(), value: z.looseObject({}) })),
              status: z.object({ code: z.number() }),
            }),
          ),
        }),
      ),
    }),
  ),
});
type Exported = z.output<typeof exported>['resourceSpans'][number]['scopeSpans'][number]['spans'][number];

/** An OpenTelemetry collector on a port of its own that keeps the spans it is sent, for tests. */
export interface TraceCollector {
  readonly url: string;
  readonly spans: readonly (Exported & { readonly service: string | undefined })[];
  readonly authorizations: readonly (string | undefined)[];
  close(): void;
}

/** Opens one that answers with `status`. */
export async function collectTraces(status = 200): Promise<TraceCollector> {
  const spans: (Exported & { service: string | undefined })[] = [];
  const authorizations: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      authorizations.push(request.headers.authorization);
      for (const { resource, scopeSpans } of exported.parse(JSON.parse(Buffer.concat(chunks).toString())).resourceSpans) {
        const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue;
        for (const span of scopeSpans.flatMap((scope) => scope.spans)) spans.push({ ...span, service });
      }
      response.writeHead(status, { 'Content-Type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/v1/traces`,
    spans,
    authorizations,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
