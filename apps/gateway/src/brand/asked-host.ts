import { domainToASCII, domainToUnicode } from 'node:url';
import { isDomainName } from '@lockstep/tenancy';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** The host a caller asked for, and how to reach it again. */
export interface AskedHost {
  /** Lower-case ASCII, without port and closing dot; null: no name a brand could have. */
  readonly name: string | null;
  /** As the caller wrote it, where it was not the scheme's own. */
  readonly port: string | null;
  readonly scheme: 'http' | 'https';
}

/**
 * Reads it from `Host`, or behind trusted proxies from `X-Forwarded-Host` and `X-Forwarded-Proto`: of several values the one that the outermost trusted
 * proxy wrote, as with addresses. Without trusted proxies forwarded fields are anybody's word and are not looked at.
 */
export function askedHost(headers: Headers, proxyHops: number): AskedHost {
  const forwarded = (name: string): string | null => (proxyHops === 0 ? null : entryBefore(headers[name], proxyHops));
  const text = forwarded('x-forwarded-host') ?? String(headers.host ?? '');
  const [, host = '', port = null] = /^([^:[\]]*)(?::(\d{1,5}))?$/.exec(text.trim().toLowerCase()) ?? [];
  const name = host.replace(/\.$/, '');
  return { name: isDomainName(name) ? name : null, port, scheme: forwarded('x-forwarded-proto') === 'https' ? 'https' : 'http' };
}

function entryBefore(value: string | string[] | undefined, hops: number): string | null {
  const entries = String(value ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
  return entries[Math.max(0, entries.length - hops)] ?? null;
}

/** Where the host is reached, e.g. `https://api.acme.example`; null when it has no name a brand could have. */
export const originOf = ({ scheme, name, port }: AskedHost): string | null =>
  name === null ? null : `${scheme}://${name}${port === null || port === DEFAULT_PORTS[scheme] ? '' : `:${port}`}`;

const DEFAULT_PORTS = { http: '80', https: '443' } as const;

/** A host name as people write one, in the form it is kept in: lower case, international names in their `xn--` form, without a closing dot. Null: it is none. */
export function domainOf(text: string): string | null {
  // What a URL would take for more than a host is refused before it is read as one.
  if (/[\s%/\\@:?#[\]]/.test(text)) return null;
  const name = domainToASCII(text.trim()).replace(/\.$/, '');
  return isDomainName(name) && isReadable(name) ? name : null;
}

/** Every `xn--` label stands for a name. Node 24 lets names of ASCII letters pass without looking, and leaves what it cannot read as it is. */
const isReadable = (name: string): boolean =>
  !domainToUnicode(name)
    .split('.')
    .some((label) => label.startsWith('xn--'));
