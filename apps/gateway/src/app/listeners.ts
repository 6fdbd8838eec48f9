import type { Server } from 'node:http';
import type { HttpServer } from '@lockstep/platform';
import type { INestApplication, INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { OpenAPIObject } from '@nestjs/swagger';
import { RequestLog } from '../auth/request-log';
import { Brands } from '../brand/brands';
import { serveDocumentation } from '../brand/documentation-door';
import { FaultTargets } from '../faults/fault-targets';
import { Faults } from '../faults/faults';
import {
  fillEmptyBody,
  findBrand,
  inOrder,
  markAnswer,
  markRequest,
  readBody,
  refuseHostFault,
  refuseMethods,
  refuseOdd,
  refusePlainStream,
  requireJson,
  watchEnd,
} from '../http/edge-checks';
import { ServedPaths } from '../http/served-paths';
import { STREAM_PATH, StreamDoor } from '../stream/door';
import { StreamGateway } from '../stream/stream.gateway';
import { StreamAdapter } from '../stream/stream-adapter';
import type { GatewayContext } from './context';
import { openApiDocument } from './documentation';
import { httpFramework } from './http-adapters';
import { operatorModule, publicModule } from './modules';
import type { Door } from './observe';

/** Bounds of every HTTP server. Keep-alive outlasts the idle time of a load balancer, so that it never meets a closing socket. */
const HTTP_LIMITS = {
  bodyMaxBytes: 102_400,
  bulkBodyMaxBytes: 262_144,
  requestTimeoutMs: 30_000,
  headersTimeoutMs: 15_000,
  keepAliveTimeoutMs: 65_000,
  headerMaxBytes: 16_384,
  connectionsMax: 20_000,
  farewellMaxMs: 2_000,
} as const;
/** What each listener's callers, one after the other, may take of the drain. */
const FAREWELL_SHARE = 4;

export interface Listener {
  readonly port: number;
  /** For checks of the routes against their documentation. */
  readonly app: INestApplicationContext;
  readonly document: OpenAPIObject;
  /** Every path that is routed, as `/v1/copies/:id`. */
  paths(): readonly string[];
  /** From now on every answer ends its connection and says so; new ones are still taken. */
  startDraining(): void;
  /** Takes nothing new, finishes the requests in flight and ends every connection. */
  close(): Promise<void>;
}

/** The public listener: REST, documentation and the stream on one port. */
export async function listenPublic(context: GatewayContext): Promise<Listener> {
  const { app, servers, ...served } = await makeApp(context, publicModule(context), context.config.defaultBrandName, 'public');
  const server: Server = app.getHttpServer();
  for (const each of servers) each.server.on('upgrade', (_request, socket) => each.handOver(socket));
  app.useWebSocketAdapter(new StreamAdapter(app, server, app.get(StreamDoor), context.streamLimits));
  await app.init();
  app.get(FaultTargets).learn(served.document);
  const forgetBrands = await app.get(Brands).start();
  const stream = app.get(StreamGateway);
  await stream.start();
  await app.listen(context.config.gatewayPort, context.config.gatewayHost);
  const close = async (): Promise<void> => {
    app.get(Faults).holdUpNobody();
    const drained = stream.drain();
    await Promise.all(servers.map((each) => each.close(() => drained)));
    await forgetBrands();
    await app.close();
  };
  return { ...served, port: portOf(server), app, close };
}

/** The operator's listener: keep it off the public network. */
export async function listenOperator(context: GatewayContext): Promise<Listener> {
  const { app, servers, ...served } = await makeApp(context, operatorModule(context), 'Lockstep, operator', 'operator');
  await app.listen(context.config.operatorPort, context.config.operatorHost);
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((each) => each.close()));
    await app.close();
  };
  return { ...served, port: portOf(app.getHttpServer()), app, close };
}

async function makeApp(
  context: GatewayContext,
  module: Parameters<typeof NestFactory.create>[0],
  name: string,
  door: Door,
): Promise<{ readonly app: INestApplication; readonly servers: readonly HttpServer[] } & Pick<Listener, 'document' | 'paths' | 'startDraining'>> {
  const farewellMaxMs = Math.min(HTTP_LIMITS.farewellMaxMs, context.config.drainTimeoutMs / FAREWELL_SHARE);
  const framework = httpFramework(context.config, { ...HTTP_LIMITS, farewellMaxMs });
  const { servers, paths } = framework;
  const app = await NestFactory.create(module, framework.adapter, { logger: ['error', 'fatal'], bodyParser: false, abortOnError: false });
  const document = openApiDocument(app, name);
  const isPublic = door === 'public';
  // Whose host it is may have to be asked: a caller that goes away meanwhile has ended its request.
  const watched = watchEnd(context, door, isPublic ? app.get(RequestLog) : null);
  const brand = isPublic ? [findBrand(context, app.get(Brands))] : [];
  framework.setEdge(
    inOrder([
      markAnswer(),
      watched,
      ...brand,
      markRequest(context),
      refuseHostFault(context),
      refusePlainStream(context, STREAM_PATH),
      refuseMethods(context, new ServedPaths(document.paths)),
      requireJson(context),
      readBody(context, HTTP_LIMITS),
      refuseOdd(context),
      fillEmptyBody(),
      serveDocumentation({ document, defaultName: name, proxyHops: context.config.trustProxyHops }),
    ]),
  );
  const startDraining = (): void => {
    for (const each of servers) each.startDraining();
  };
  return { app, servers, document, paths, startDraining };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
