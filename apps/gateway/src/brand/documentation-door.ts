import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { OpenAPIObject } from '@nestjs/swagger';
import { type GatewayRequest, header } from '../http/call';
import type { EdgeStep } from '../http/edge-checks';
import { askedHost, originOf } from './asked-host';
import { type Presentation, plainPresentation } from './brand';
import { presentDocument } from './brand-document';
import { DOCS_POLICY, DOCS_SCRIPT, docsPage, docsStyle } from './docs-page';
import { Kept } from './kept';

/** Documents that are kept as they were written last, one for each brand and host. */
const DOCUMENTS_MAX = 100;
/** The only files of the reference that are served: its folder has pages of its own, which show another API. */
const FILES: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'swagger-ui-bundle.js.LICENSE.txt': 'text/plain; charset=utf-8',
};

/** What is documented, and as whose. */
export interface Documentation {
  readonly document: OpenAPIObject;
  /** What hosts show that are no brand's. */
  readonly defaultName: string;
  readonly proxyHops: number;
}

/** Addresses that no controller serves: the contract, its page, and what that loads. */
export const DOCUMENTATION_PATHS = [
  '/openapi.json',
  '/docs',
  '/docs/',
  '/docs/brand.css',
  '/docs/start.js',
  ...Object.keys(FILES).map((name) => `/docs/${name}`),
] as const;

/** A text to be served: what it is, and its own header fields. */
interface Served {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** Serves /openapi.json and /docs, as the brand whose host is asked. */
export function serveDocumentation(documentation: Documentation): EdgeStep {
  const pages = pagesOf(documentation);
  return (request, response, next) => {
    const path = (request.originalUrl ?? request.url).split('?', 1)[0] ?? '';
    const page = request.method === 'GET' || request.method === 'HEAD' ? pages.get(path.toLowerCase().replace(/(?<=.)\/$/, '')) : undefined;
    if (page === undefined) return next();
    const { headers, body } = page.serve(request);
    Object.assign(request, { route: { path: page.path } });
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (headers.ETag !== undefined && header(request, 'if-none-match') === headers.ETag) {
      response.statusCode = 304;
      response.end('');
    } else response.end(body);
  };
}

type Page = { readonly path: string; readonly serve: (request: GatewayRequest) => Served };

/** Pages by their path in lower case. */
function pagesOf({ document, defaultName, proxyHops }: Documentation): ReadonlyMap<string, Page> {
  const plain = plainPresentation(defaultName);
  const texts = new Kept<string>(DOCUMENTS_MAX);
  const documentFor = (request: GatewayRequest): string => {
    const presentation = presentationOf(request, plain);
    // A name that is nobody's is not repeated to its caller: anybody can make one up.
    const origin = request.brand == null ? null : originOf(askedHost(request.headers, proxyHops));
    const key = JSON.stringify([origin, presentation]);
    return texts.get(key) ?? texts.put(key, JSON.stringify(presentDocument(document, presentation, origin)));
  };
  const page = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': DOCS_POLICY };
  const served: readonly Page[] = [
    { path: '/openapi.json', serve: (request) => ({ headers: { 'Content-Type': 'application/json; charset=utf-8' }, body: documentFor(request) }) },
    { path: '/docs', serve: (request) => ({ headers: page, body: docsPage(presentationOf(request, plain)) }) },
    {
      path: '/docs/brand.css',
      serve: (request) => ({ headers: { 'Content-Type': 'text/css; charset=utf-8' }, body: docsStyle(presentationOf(request, plain)) }),
    },
    { path: '/docs/start.js', serve: () => ({ headers: { 'Content-Type': 'text/javascript; charset=utf-8' }, body: DOCS_SCRIPT }) },
    ...Object.entries(FILES).map(([name, type]) => filePage(name, type)),
  ];
  return new Map(served.map((one) => [one.path.toLowerCase(), one]));
}

function filePage(name: string, type: string): Page {
  const body = readFileSync(createRequire(__filename).resolve(`swagger-ui-dist/${name}`));
  const tag = `"${createHash('sha256').update(body).digest('hex').slice(0, 32)}"`;
  const headers = { 'Content-Type': type, ETag: tag, 'Cache-Control': 'public, max-age=3600' };
  return { path: `/docs/${name}`, serve: () => ({ headers, body }) };
}

/** Everything but whose brand it is: that is nobody's to see. */
function presentationOf({ brand }: GatewayRequest, plain: Presentation): Presentation {
  if (brand == null) return plain;
  const { name, colors, settings, logo } = brand;
  return { name, colors, settings, logo };
}
