import { Pool } from 'undici';
import { restPrefix } from '../assumptions';
import type { PerpsStudioConfig, PerpsStudioDeps, RequestClass } from '../config';
import type { RequestBudget } from '../key-budget';

/**
 * How a request ended. `not_sent` is certain: no place in the budget, or no connection was made. `lost` is not: the request may have been taken, also where
 * its answer was too long to be read whole.
 * `Retry-After` of a spent window was already passed on to the budget.
 */
export type RestOutcome =
  | { readonly kind: 'answer'; readonly status: number; readonly body: unknown; readonly sentAt: number; readonly answeredAt: number }
  | { readonly kind: 'not_sent'; readonly why: 'budget' | 'connection'; readonly detail: string }
  | { readonly kind: 'lost'; readonly detail: string; readonly sentAt: number };

export interface RestRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below `/v1`, e.g. `/perps/hyperliquid/markets`. */
  readonly path: string;
  readonly body?: object;
  readonly of: RequestClass;
  readonly waitMaxMs: number;
  readonly timeoutMs: number;
}

const NOT_SENT_CODES = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);
const DETAIL_CHARS_MAX = 200;
/** What stands for the key in texts of others. */
export const HIDDEN_KEY = '[key]';
const HOLD_DEFAULT_MS = 5_000;

/** Requests to the Provider API inside the key's budget, over a bounded pool of kept connections. Never repeats a request. */
export class RestClient {
  private readonly pool: Pool;
  private readonly basePath: string;

  constructor(
    config: PerpsStudioConfig,
    private readonly deps: PerpsStudioDeps,
    private readonly budget: RequestBudget,
  ) {
    const base = new URL(config.url);
    this.basePath = `${base.pathname.replace(/\/$/, '')}${restPrefix(config.network === 'testnet')}`;
    const { connections, connectTimeoutMs: connectTimeout, answerBytesMax: maxResponseSize } = config;
    this.pool = new Pool(base.origin, { connections, pipelining: 1, connectTimeout, maxResponseSize });
  }

  async send(request: RestRequest): Promise<RestOutcome> {
    if (!(await this.budget.take(request.of, request.waitMaxMs))) return { kind: 'not_sent', why: 'budget', detail: 'no place in the key’s minute' };
    return await this.sendNow(request);
  }

  /** Sends with a place in the budget that the caller took. */
  async sendNow(request: RestRequest): Promise<RestOutcome> {
    const outcome = await this.exchange(request);
    this.budget.answered(request.of);
    return outcome;
  }

  private async exchange({ method, path, body, timeoutMs }: RestRequest): Promise<RestOutcome> {
    const sentAt = this.deps.clock.now();
    try {
      const response = await this.pool.request({
        path: `${this.basePath}${path}`,
        method,
        headers: { 'x-api-key': this.deps.apiKey(), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.body.text();
      if (response.statusCode === 429) this.budget.hold(holdOf(response.headers['retry-after']));
      // A refusal's text goes on into outcomes and logs, and an API may repeat the key in it.
      const safe = response.statusCode < 300 ? text : text.replaceAll(this.deps.apiKey(), HIDDEN_KEY);
      return { kind: 'answer', status: response.statusCode, body: parsed(safe), sentAt, answeredAt: this.deps.clock.now() };
    } catch (error) {
      return failure(error, sentAt);
    }
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }
}

function holdOf(retryAfter: string | string[] | undefined): number {
  const seconds = Number(retryAfter);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : HOLD_DEFAULT_MS;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function failure(error: unknown, sentAt: number): RestOutcome {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = error instanceof Error ? error.message : String(error);
  const detail = `${code === '' ? '' : `${code}: `}${message}`.slice(0, DETAIL_CHARS_MAX);
  return NOT_SENT_CODES.has(code) ? { kind: 'not_sent', why: 'connection', detail } : { kind: 'lost', detail, sentAt };
}
