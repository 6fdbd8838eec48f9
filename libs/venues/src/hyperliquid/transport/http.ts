import type { Dispatcher } from 'undici';
import { parseJson } from '../parse/json';
import { DEFAULT_EGRESS, dispatcherOf, type EgressAddress, type HttpPoolLimits, headersOf } from './egress-address';
import { TUNNEL_CODE } from './proxy-tunnel';

/**
 * How an HTTP exchange ended. `not_sent` is certain: no connection was made. `lost` is not: the request may have been taken. An answer that is too long is
 * `lost` whatever its status says, because what was not read whole is not known.
 */
export type HttpOutcome =
  | { readonly kind: 'answer'; readonly status: number; readonly body: unknown; readonly text: string }
  | { readonly kind: 'not_sent'; readonly detail: string }
  | { readonly kind: 'lost'; readonly detail: string };

export interface HttpLimits extends HttpPoolLimits {
  readonly answerTimeoutMs: number;
}

const NOT_SENT_CODES = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  TUNNEL_CODE,
]);
/** Times of connecting and answering together after which a request is given up wherever it is, in the queue of its connections too. */
const TURNS_MAX = 2;
const DETAIL_CHARS_MAX = 200;

/** JSON posts to one venue over a bounded pool of kept connections, all from one egress address. Never repeats a request. */
export class HttpClient {
  private readonly dispatcher: Dispatcher;
  private readonly origin: string;
  private readonly basePath: string;
  private readonly headers: Readonly<Record<string, string>>;

  /** `url` may carry a path, which is put before every route. */
  constructor(
    url: string,
    private readonly limits: HttpLimits,
    egress: EgressAddress = DEFAULT_EGRESS,
  ) {
    const base = new URL(url);
    this.basePath = base.pathname.replace(/\/$/, '');
    this.origin = base.origin;
    this.dispatcher = dispatcherOf(egress, base.origin, limits);
    this.headers = { 'content-type': 'application/json', ...headersOf(egress) };
  }

  /** Posts a JSON text to a route such as `/info`. */
  async post(route: string, json: string): Promise<HttpOutcome> {
    try {
      const response = await this.dispatcher.request({
        origin: this.origin,
        path: `${this.basePath}${route}`,
        method: 'POST',
        headers: this.headers,
        headersTimeout: this.limits.answerTimeoutMs,
        bodyTimeout: this.limits.answerTimeoutMs,
        body: json,
        signal: AbortSignal.timeout(TURNS_MAX * (this.limits.connectTimeoutMs + this.limits.answerTimeoutMs)),
      });
      const text = await response.body.text();
      const parsed = parseJson(text);
      return { kind: 'answer', status: response.statusCode, body: parsed.ok ? parsed.value : undefined, text: text.slice(0, DETAIL_CHARS_MAX) };
    } catch (error) {
      return failure(error);
    }
  }

  async close(): Promise<void> {
    await this.dispatcher.destroy();
  }
}

function failure(error: unknown): HttpOutcome {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = error instanceof Error ? error.message : String(error);
  const detail = `${code === '' ? '' : `${code}: `}${message}`.slice(0, DETAIL_CHARS_MAX);
  return { kind: NOT_SENT_CODES.has(code) ? 'not_sent' : 'lost', detail };
}
