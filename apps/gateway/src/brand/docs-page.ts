import { readableOn } from '@lockstep/tenancy';
import type { Presentation } from './brand';

/**
 * What the page may do: load its own files and call its own host, nothing else. Styles of elements are set by the reference's own script, which is why
 * inline styles are allowed; scripts are not.
 */
export const DOCS_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Starts the reference. No query of the page's address may choose another document, and no key outlives the page. */
export const DOCS_SCRIPT = `window.ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  docExpansion: 'none',
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  persistAuthorization: false,
  queryConfigEnabled: false,
  tryItOutEnabled: true,
  validatorUrl: null,
});
`;

/** The page of the reference as a brand shows it. Everything of the brand's is escaped. */
export function docsPage({ name, settings, logo }: Presentation): string {
  const { support_email: email, support_url: support, terms_url: terms, privacy_url: privacy } = settings;
  const links = [
    ...(support === undefined ? [] : [link(support, 'Support')]),
    ...(email === undefined ? [] : [link(`mailto:${email}`, email)]),
    ...(terms === undefined ? [] : [link(terms, 'Terms')]),
    ...(privacy === undefined ? [] : [link(privacy, 'Privacy')]),
  ];
  const title = escaped(`${name} API`);
  const picture = logo === null ? null : `/brand/logo?v=${logo.sha256.slice(0, 16)}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="${picture ?? 'data:,'}">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="stylesheet" href="/docs/brand.css">
</head>
<body>
<header class="brand">${picture === null ? '' : `<img src="${picture}" alt="">`}<h1>${title}</h1><nav>${links.join('')}</nav></header>
<p class="brand-note">To try an operation, press “Authorize” and give a test key (<code>…_test_…</code>): it trades on simulated networks only. Calls with a live key are real.</p>
<main id="reference"></main>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;
}

/** The page's colours. They are checked before they are kept: nothing but \`#rrggbb\` can stand here. */
export function docsStyle({ colors: { primary, background, text } }: Presentation): string {
  const on = readableOn(primary);
  return `body { margin: 0; background: ${background}; color: ${text}; }
.brand { display: flex; align-items: center; gap: 16px; padding: 12px 24px; background: ${primary}; color: ${on}; font-family: sans-serif; }
.brand img { height: 40px; max-width: 240px; object-fit: contain; }
.brand h1 { margin: 0; font-size: 20px; }
.brand nav { display: flex; gap: 16px; margin-left: auto; }
.brand a { color: ${on}; }
.brand-note { margin: 0 auto; max-width: 1460px; padding: 16px 20px 0; box-sizing: border-box; font-family: sans-serif; font-size: 14px; }
.swagger-ui, .swagger-ui .info .title, .swagger-ui .info p, .swagger-ui .opblock-tag, .swagger-ui section.models h4 { color: ${text}; }
.swagger-ui .scheme-container { background: transparent; box-shadow: none; }
.swagger-ui .btn.authorize { border-color: ${primary}; color: ${primary}; }
.swagger-ui .btn.authorize svg { fill: ${primary}; }
.swagger-ui .btn.execute { background: ${primary}; border-color: ${primary}; color: ${on}; }
.swagger-ui .info a { color: ${primary}; }
`;
}

const link = (address: string, text: string): string => `<a href="${escaped(address)}" rel="noreferrer">${escaped(text)}</a>`;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
