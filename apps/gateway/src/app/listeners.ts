import type { Server } from 'node:http';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import type { OpenAPIObject } from '@nestjs/swagger';
import { RequestLog } from '../auth/request-log';
import { Brands } from '../brand/brands';
import { serveDocumentation } from '../brand/documentation-door';
import { keepBodyDigest } from '../http/body-digest';
import {
  answerBodyError,
  fillEmptyBody,
  findBrand,
  isBulk,
  markAnswer,
  markRequest,
  refuseHostFault,
  refuseMethods,
  refuseOdd,
  refusePlainStream,
  requireJson,
  servedPaths,
  watchEnd,
} from '../http/edge-checks';
import { STREAM_PATH, StreamDoor } from '../stream/door';
import { StreamGateway } from '../stream/stream.gateway';
import { StreamAdapter } from '../stream/stream-adapter';
import type { GatewayContext } from './context';
import { openApiDocument } from './documentation';
import { operatorModule, publicModule } from './modules';
import type { Door } from './observe';

/** Bounds of the HTTP servers. Keep-alive outlasts the idle time of a load balancer, so that it never meets a closing socket. */
const HTTP_LIMITS = {
  bodyMaxBytes: 102_400,
  bulkBodyMaxBytes: 262_144,
  requestTimeoutMs: 30_000,
  headersTimeoutMs: 15_000,
  keepAliveTimeoutMs: 65_000,
  connectionsMax: 20_000,
} as const;

export interface Listener {
  readonly port: number;
  /** For checks of the routes against their documentation. */
  readonly app: INestApplicationContext;
  readonly document: OpenAPIObject;
  close(): Promise<void>;
}

/** The public listener: REST, documentation and the stream on one port. */
export async function listenPublic(context: GatewayContext): Promise<Listener> {
  const { app, document } = await makeApp(context, publicModule(context), context.config.defaultBrandName, 'public');
  const server: Server = app.getHttpServer();
  app.useWebSocketAdapter(new StreamAdapter(app, server, app.get(StreamDoor), context.streamLimits));
  await app.init();
  const forgetBrands = await app.get(Brands).start();
  const stream = app.get(StreamGateway);
  await stream.start();
  await app.listen(context.config.gatewayPort, context.config.gatewayHost);
  const close = async (): Promise<void> => {
    await stream.drain();
    await forgetBrands();
    await app.close();
  };
  return { port: portOf(server), app, document, close };
}

/** The operator's listener: keep it off the public network. */
export async function listenOperator(context: GatewayContext): Promise<Listener> {
  const { app, document } = await makeApp(context, operatorModule(context), 'Lockstep, operator', 'operator');
  await app.listen(context.config.operatorPort, context.config.operatorHost);
  return { port: portOf(app.getHttpServer()), app, document, close: () => app.close() };
}

async function makeApp(
  context: GatewayContext,
  module: Parameters<typeof NestFactory.create>[0],
  name: string,
  door: Door,
): Promise<{ readonly app: NestExpressApplication; readonly document: OpenAPIObject }> {
  const app = await NestFactory.create<NestExpressApplication>(module, new ExpressAdapter(), {
    logger: ['error', 'fatal'],
    bodyParser: false,
    abortOnError: false,
  });
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', context.config.trustProxyHops);
  const document = openApiDocument(app, name);
  const isPublic = door === 'public';
  // Whose host it is may have to be asked: a caller that goes away meanwhile has ended its request.
  const watched = watchEnd(context, door, isPublic ? app.get(RequestLog) : null);
  const brand = isPublic ? [findBrand(context, app.get(Brands))] : [];
  for (const step of [markAnswer(), watched, ...brand, markRequest(context), refuseHostFault(context)]) app.use(step);
  app.use(refusePlainStream(context, STREAM_PATH));
  app.use(refuseMethods(context, servedPaths(document.paths)));
  app.use(requireJson(context));
  // Whatever the first of them has read, the second leaves alone.
  app.useBodyParser('json', { limit: HTTP_LIMITS.bulkBodyMaxBytes, strict: true, type: isBulk, verify: keepBodyDigest });
  app.useBodyParser('json', { limit: HTTP_LIMITS.bodyMaxBytes, strict: true, verify: keepBodyDigest });
  app.use(answerBodyError(context));
  app.use(refuseOdd(context));
  app.use(fillEmptyBody());
  serveDocumentation(app.getHttpAdapter().getInstance(), { document, defaultName: name, proxyHops: context.config.trustProxyHops });
  const server: Server = app.getHttpServer();
  server.requestTimeout = HTTP_LIMITS.requestTimeoutMs;
  server.headersTimeout = HTTP_LIMITS.headersTimeoutMs;
  server.keepAliveTimeout = HTTP_LIMITS.keepAliveTimeoutMs;
  server.maxConnections = HTTP_LIMITS.connectionsMax;
  return { app, document };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
