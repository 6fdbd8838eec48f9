import { isIP } from 'node:net';
import { err, ok, type Result } from '@lockstep/kernel';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { type Dispatcher, Pool } from 'undici';
import type { ClientOptions } from 'ws';
import { throughProxy } from './proxy-tunnel';

/** Where requests leave from. Plain data: it travels to signing workers. A proxy's address carries its credentials and is never logged; `label` is what may be shown. */
export type EgressAddress =
  | { readonly kind: 'default'; readonly label: string }
  | { readonly kind: 'local'; readonly label: string; readonly address: string }
  | { readonly kind: 'proxy'; readonly label: string; readonly url: string }
  /** An address a simulated venue is told by a header: for tests and benches. */
  | { readonly kind: 'claimed'; readonly label: string; readonly address: string };

export const DEFAULT_EGRESS: EgressAddress = { kind: 'default', label: 'default' };

/** Read by the simulated venue alone; nothing real is told it. */
const CLAIMED_HEADER = 'x-test-ip';
/** Numbers of egress addresses are journaled in a byte. */
export const EGRESS_ADDRESSES_MAX = 254;

/** Reads one text of the configuration: `default`, a local IP address, `http(s)://user:password@host:port` of a proxy, or `test:` and an address. The error never repeats the text. */
export function parseEgressAddress(text: string): Result<EgressAddress, 'not_an_egress_address'> {
  if (text === 'default') return ok(DEFAULT_EGRESS);
  if (isIP(text) !== 0) return ok({ kind: 'local', label: text, address: text });
  if (text.startsWith('test:') && isIP(text.slice(5)) !== 0) return ok({ kind: 'claimed', label: text, address: text.slice(5) });
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:'))
    return ok({ kind: 'proxy', label: `proxy ${url.host}`, url: url.href });
  return err('not_an_egress_address');
}

/** Reads a comma-separated list of such texts; throws naming the place of an entry that is none, never the entry. */
export function egressAddresses(list: string): readonly EgressAddress[] {
  return list.split(',').map((text, index) => {
    const address = parseEgressAddress(text);
    if (!address.ok) throw new Error(`entry ${index + 1} of the egress addresses is no address`);
    return address.value;
  });
}

/** Bounds of the connections of an HTTP client. */
export interface HttpPoolLimits {
  readonly connections: number;
  readonly connectTimeoutMs: number;
  /** An answer with a longer body is given up as it comes, with its connection. */
  readonly answerBytesMax: number;
}

/** Kept HTTP connections to one origin that leave from the address. */
export function dispatcherOf(egress: EgressAddress, origin: string, { connections, connectTimeoutMs, answerBytesMax }: HttpPoolLimits): Dispatcher {
  const limits = { connections, pipelining: 1, connectTimeout: connectTimeoutMs, maxResponseSize: answerBytesMax };
  if (egress.kind === 'proxy') return new Pool(origin, { ...limits, connect: throughProxy(egress.url, connectTimeoutMs) });
  return new Pool(origin, egress.kind === 'local' ? { ...limits, localAddress: egress.address } : limits);
}

/** Headers every request from the address carries. */
export const headersOf = (egress: EgressAddress): Readonly<Record<string, string>> =>
  egress.kind === 'claimed' ? { [CLAIMED_HEADER]: egress.address } : {};

/** What makes a WebSocket leave from the address. */
export function socketOptionsOf(egress: EgressAddress): ClientOptions {
  if (egress.kind === 'local') return { localAddress: egress.address };
  if (egress.kind === 'proxy') return { agent: new HttpsProxyAgent(egress.url) };
  return { headers: headersOf(egress) };
}
