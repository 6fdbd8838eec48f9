import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { type Config, type HttpHandler, type HttpLimits, type HttpServer, httpServer } from '@lockstep/platform';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { writeAnswers } from '../http/answer';
import type { GatewayRequest } from '../http/call';
import type { EdgeResponse } from '../http/edge-checks';

/** Longest part of a path that is looked at as an id: longer ones are refused like any id that is none. */
const PARAM_MAX_CHARS = 16_384;

/** What is done with a request before the framework sees it; `next` hands it on. */
export type Edge = (request: GatewayRequest, response: EdgeResponse, next: () => void) => void;

/** An HTTP framework behind an edge that is put in front of it later, before it listens. */
export interface HttpFramework {
  readonly adapter: AbstractHttpAdapter;
  /** Every server it was given: it decides itself how many it listens with. */
  readonly servers: readonly HttpServer[];
  setEdge(edge: Edge): void;
  /** Every path it routes, as `/v1/copies/:id`. */
  paths(): readonly string[];
}

/** The framework of the configuration, with the edge on Node's own requests and answers: both frameworks share it to the byte. Each server it makes has the limits. */
export function httpFramework(config: Config<'gateway'>, limits: HttpLimits): HttpFramework {
  let edge: Edge = (_request, _response, next) => next();
  const before = (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    if (isRequest(request)) edge(request, response, next);
  };
  const setEdge = (put: Edge): void => {
    edge = put;
  };
  const servers: HttpServer[] = [];
  const serve: Serve = (handle) => {
    const made = httpServer(limits, (request, response) => before(request, response, () => handle(request, response)));
    servers.push(made);
    return made.server;
  };
  const made = config.httpAdapter === 'express' ? express(serve, config.trustProxyHops) : fastify(serve, config.trustProxyHops);
  writeAnswers(made.adapter);
  return { ...made, setEdge, servers };
}

/** Makes a server whose requests come to a handler from behind the edge. */
type Serve = (handle: HttpHandler) => Server;

/** Whatever a server receives has both. */
const isRequest = (request: IncomingMessage): request is IncomingMessage & GatewayRequest =>
  request.method !== undefined && request.url !== undefined;

/** Express on a server of ours; Nest would make one of its own. */
class ExpressOnServer extends ExpressAdapter {
  constructor(private readonly serve: Serve) {
    super();
  }

  override initHttpServer(): void {
    this.httpServer = this.serve(this.getInstance());
  }
}

function express(serve: Serve, proxyHops: number): Omit<HttpFramework, 'setEdge' | 'servers'> {
  const adapter = new ExpressOnServer(serve);
  adapter.disable('x-powered-by');
  adapter.disable('etag');
  adapter.set('trust proxy', proxyHops);
  const paths = (): readonly string[] => {
    const layers: { readonly route?: { readonly path: string } }[] = Reflect.get(Reflect.get(adapter.getInstance(), 'router'), 'stack');
    return layers.flatMap(({ route }) => (route === undefined ? [] : [route.path]));
  };
  return { adapter, paths };
}

/** Fields of a request that the edge and the routes share: they are kept on Node's own request, which outlives the framework's. */
const SHARED_FIELDS = [
  'requestId',
  'brand',
  'bodySha256',
  'verifiedKey',
  'usedSignature',
  'operatorKid',
  'apiVersion',
  'admittedAs',
  'release',
  'standings',
  'fault',
  'commandNo',
  'ended',
] as const satisfies readonly (keyof GatewayRequest)[];

function fastify(serve: Serve, proxyHops: number): Omit<HttpFramework, 'setEdge' | 'servers'> {
  const adapter = new FastifyAdapter({
    // Fastify would judge the type once more, of requests without a body too.
    serverFactory: (handle: HttpHandler) =>
      serve((request, response) => {
        Reflect.deleteProperty(request.headers, 'content-type');
        handle(request, response);
      }),
    trustProxy: proxyHops === 0 ? false : proxyHops,
    // Requests on connections that are open are served while the listener closes, as they are by any other server of Node's.
    return503OnClosing: false,
    // The server answers what is no HTTP.
    clientErrorHandler: () => undefined,
    skipMiddie: true,
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, maxParamLength: PARAM_MAX_CHARS },
  });
  const instance = adapter.getInstance();
  const routed = new Set<string>();
  instance.addHook('onRoute', ({ url }) => void routed.add(url));
  for (const field of SHARED_FIELDS) {
    instance.decorateRequest(field, {
      getter() {
        return Reflect.get(this.raw, field);
      },
      setter(value: unknown) {
        Reflect.set(this.raw, field, value);
      },
    });
  }
  // Bodies were read and parsed at the edge.
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('*', (request, _payload, done) => done(null, Reflect.get(request.raw, 'body')));
  instance.addHook('onRequest', (request, _reply, done) => {
    if (!request.is404) Reflect.set(request.raw, 'route', { path: request.routeOptions.url });
    done();
  });
  instance.addHook('preValidation', (request, _reply, done) => {
    request.body = Reflect.get(request.raw, 'body');
    done();
  });
  return { adapter, paths: () => [...routed] };
}
