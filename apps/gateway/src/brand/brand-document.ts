import { OWN_HEADERS, prefixedHeader } from '@lockstep/tenancy';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { Presentation } from './brand';

/**
 * The contract as a host shows it: the brand's name, logo and links, this host as the server, and our header fields under the brand's prefix. `origin` null:
 * the server is whoever serves the document.
 */
export function presentDocument(document: OpenAPIObject, { name, settings, logo }: Presentation, origin: string | null): OpenAPIObject {
  const { support_email: email, support_url: url, terms_url: terms, privacy_url: privacy, header_prefix: prefix } = settings;
  const contact = { name, ...(email !== undefined && { email }), ...(url !== undefined && { url }) };
  const base = origin ?? '';
  const info = {
    ...document.info,
    title: `${name} API`,
    ...(privacy !== undefined && { description: `${document.info.description ?? ''}\n\n[Privacy](${privacy})` }),
    ...((email !== undefined || url !== undefined) && { contact }),
    ...(terms !== undefined && { termsOfService: terms }),
    ...(logo !== null && { 'x-logo': { url: `${base}/brand/logo`, altText: name } }),
  };
  return {
    ...(prefix === undefined ? document : underPrefix(document, prefix)),
    info: underPrefix(info, prefix),
    servers: [{ url: base === '' ? '/' : base }],
  };
}

/** The same part of a document with our header fields as the brand calls them, in names and in texts. */
function underPrefix<T extends object>(part: T, prefix: string | undefined): T {
  if (prefix === undefined) return part;
  const text = OWN_HEADERS.reduce((written, name) => written.replaceAll(name, prefixedHeader(prefix, name)), JSON.stringify(part));
  return JSON.parse(text);
}
