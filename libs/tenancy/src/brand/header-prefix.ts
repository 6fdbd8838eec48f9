import { err, ok, type Result } from '@lockstep/kernel';

/** Header fields of ours: what a brand may have under its own prefix as well. Fields that a standard defines have one name everywhere. */
export const OWN_HEADERS = [
  'X-Request-Id',
  'X-Original-Request-Id',
  'X-Timestamp',
  'X-Signature',
  'Api-Version',
  'Idempotency-Replayed',
  'Sandbox-Fault',
] as const;

/** Longest prefix, in characters. */
export const HEADER_PREFIX_MAX_CHARS = 24;

/** Words that begin names of registered or widely used fields: a prefix that is or begins with one could spell a field that means something else. */
const RESERVED: ReadonlySet<string> = new Set(
  `a-im accept access age allow alt api apikey auth authentication authorization cache capsule cdn cert cf client close cloudfront connection content
  cookie cross date delta depth destination deprecation device digest dnt dpop early etag expect expires fastly fly forwarded from front function
  grpc host http http2 https idempotency if keep last link location max mime nel optional origin overwrite permissions ping pragma prefer preference
  priority proxy public range ratelimit referer referrer refresh replay reporting repr request retry save sec server service set signature sourcemap
  status strict sunset surrogate tcn te timeout timing topic trace traceparent tracestate trailer transfer true tus upgrade urgency uri user
  vary via want warning www x`.split(/\s+/),
);

export type HeaderPrefixError = 'not_a_token' | 'reserved';

/**
 * Reads a brand's header prefix: words of letters and digits, the first beginning with a letter, joined by single hyphens, 2 to 24 characters. Written as
 * it is given; field names ignore case.
 */
export function parseHeaderPrefix(text: string): Result<string, HeaderPrefixError> {
  if (text.length < 2 || text.length > HEADER_PREFIX_MAX_CHARS || !/^[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*$/.test(text)) return err('not_a_token');
  const [first = ''] = text.toLowerCase().split('-');
  return RESERVED.has(first) ? err('reserved') : ok(text);
}

/** The name one of our fields has under a prefix: `Acme-Request-Id` for `X-Request-Id`. */
export const prefixedHeader = (prefix: string, name: string): string => `${prefix}-${name.replace(/^x-/i, '')}`;
