import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { OpenAPIObject } from '@nestjs/swagger';
import { type GatewayRequest, header } from '../http/call';
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

/** As much of Express as serving texts needs. */
export interface TextResponse {
  status(code: number): TextResponse;
  set(fields: Readonly<Record<string, string>>): TextResponse;
  end(body?: string | Buffer): void;
}
export interface TextRoutes {
  get(path: string, handler: (request: GatewayRequest, response: TextResponse) => void): unknown;
}

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

/** Serves /openapi.json and /docs, as the brand whose host is asked. */
export function serveDocumentation(routes: TextRoutes, { document, defaultName, proxyHops }: Documentation): void {
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
  routes.get('/openapi.json', (request, response) => response.set({ 'Content-Type': 'application/json; charset=utf-8' }).end(documentFor(request)));
  routes.get('/docs', (request, response) => response.set(page).end(docsPage(presentationOf(request, plain))));
  routes.get('/docs/brand.css', (request, response) =>
    response.set({ 'Content-Type': 'text/css; charset=utf-8' }).end(docsStyle(presentationOf(request, plain))),
  );
  routes.get('/docs/start.js', (_request, response) => response.set({ 'Content-Type': 'text/javascript; charset=utf-8' }).end(DOCS_SCRIPT));
  for (const [name, type] of Object.entries(FILES)) {
    const bytes = readFileSync(createRequire(__filename).resolve(`swagger-ui-dist/${name}`));
    const tag = `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"`;
    routes.get(`/docs/${name}`, (request, response) => {
      response.set({ 'Content-Type': type, ETag: tag, 'Cache-Control': 'public, max-age=3600' });
      if (header(request, 'if-none-match') === tag) response.status(304).end();
      else response.end(bytes);
    });
  }
}

/** Everything but whose brand it is: that is nobody's to see. */
function presentationOf({ brand }: GatewayRequest, plain: Presentation): Presentation {
  if (brand == null) return plain;
  const { name, colors, settings, logo } = brand;
  return { name, colors, settings, logo };
}
