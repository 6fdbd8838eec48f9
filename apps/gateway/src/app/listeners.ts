import type { Server } from 'node:http';
import { PROBLEM_MEDIA_TYPE, problem } from '@lockstep/delivery';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { type GatewayRequest, header } from '../http/call';
import { StreamDoor } from '../stream/door';
import { StreamGateway } from '../stream/stream.gateway';
import { StreamAdapter } from '../stream/stream-adapter';
import type { GatewayContext } from './context';
import { mountDocumentation } from './documentation';
import { operatorModule, publicModule } from './modules';

/** Bounds of the HTTP servers. Keep-alive outlasts the idle time of a load balancer, so that it never meets a closing socket. */
const HTTP_LIMITS = {
  bodyMaxBytes: 102_400,
  requestTimeoutMs: 30_000,
  headersTimeoutMs: 15_000,
  keepAliveTimeoutMs: 65_000,
  connectionsMax: 20_000,
} as const;
const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;

export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

/** The public listener: REST, documentation and the stream on one port. */
export async function listenPublic(context: GatewayContext): Promise<Listener> {
  const app = await makeApp(context, publicModule(context));
  const server: Server = app.getHttpServer();
  app.useWebSocketAdapter(new StreamAdapter(app, server, app.get(StreamDoor)));
  mountDocumentation(app);
  await app.init();
  const stream = app.get(StreamGateway);
  await stream.start();
  await app.listen(context.config.gatewayPort, context.config.gatewayHost);
  const close = async (): Promise<void> => {
    await stream.drain();
    await app.close();
  };
  return { port: portOf(server), close };
}

/** The operator's listener: keep it off the public network. */
export async function listenOperator(context: GatewayContext): Promise<Listener> {
  const app = await makeApp(context, operatorModule(context));
  await app.listen(context.config.operatorPort, context.config.operatorHost);
  const server: Server = app.getHttpServer();
  return { port: portOf(server), close: () => app.close() };
}

async function makeApp(context: GatewayContext, module: Parameters<typeof NestFactory.create>[0]): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(module, new ExpressAdapter(), {
    logger: ['error', 'fatal'],
    bodyParser: false,
    abortOnError: false,
  });
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', context.config.trustProxyHops);
  app.use((request: GatewayRequest, response: { setHeader(name: string, value: string): void }, next: () => void) => {
    const given = header(request, 'x-request-id');
    request.requestId = given !== null && REQUEST_ID.test(given) ? given : context.ids.next('request');
    response.setHeader('X-Request-Id', request.requestId);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Cache-Control', 'no-store');
    next();
  });
  app.useBodyParser('json', { limit: HTTP_LIMITS.bodyMaxBytes, strict: true });
  app.use(answerBodyError(context));
  const server: Server = app.getHttpServer();
  server.requestTimeout = HTTP_LIMITS.requestTimeoutMs;
  server.headersTimeout = HTTP_LIMITS.headersTimeoutMs;
  server.keepAliveTimeout = HTTP_LIMITS.keepAliveTimeoutMs;
  server.maxConnections = HTTP_LIMITS.connectionsMax;
  return app;
}

/** Errors raised by the body parser, before Nest sees the request, as the same problem documents. */
function answerBodyError(context: GatewayContext) {
  return (
    error: unknown,
    request: GatewayRequest,
    response: { statusCode: number; setHeader(name: string, value: string): void; end(body: string): void },
    next: (error?: unknown) => void,
  ) => {
    const type = typeof error === 'object' && error !== null && 'type' in error ? error.type : null;
    const code =
      type === 'entity.too.large'
        ? 'body_too_large'
        : type === 'entity.parse.failed'
          ? 'invalid_json'
          : type === 'encoding.unsupported' || type === 'charset.unsupported'
            ? 'unsupported_media_type'
            : null;
    if (code === null) return next(error);
    const body = problem(code, { requestId: request.requestId ?? context.ids.next('request') });
    response.statusCode = body.status;
    response.setHeader('Content-Type', PROBLEM_MEDIA_TYPE);
    response.end(JSON.stringify(body));
  };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
