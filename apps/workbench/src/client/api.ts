import { Agent, request } from 'undici';

/** An answer of the public or the operator API. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

const CONNECTIONS = 16;
const ANSWER_TIMEOUT_MS = 30_000;
/** How often a call is repeated when the key's tier says to wait. */
const RATE_WAIT_TRIES = 20;

/** A partner's view of the API: one key, JSON in and out, waits when it is told to. */
export class ApiClient {
  private readonly agent = new Agent({ connections: CONNECTIONS, headersTimeout: ANSWER_TIMEOUT_MS, bodyTimeout: ANSWER_TIMEOUT_MS });

  constructor(
    private readonly base: string,
    private readonly key: string,
  ) {}

  /** Any answer, refusals included. A 429 is waited for as `Retry-After` says, at most 20 times. */
  async call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown, idempotencyKey?: string): Promise<ApiAnswer> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.once(method, path, body, idempotencyKey);
      if (answer.status !== 429 || attempt === RATE_WAIT_TRIES) return answer;
      const seconds = Number(answer.headers['retry-after'] ?? 1);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0.05, Number.isFinite(seconds) ? seconds : 1) * 1000));
    }
  }

  /** The body of a 2xx answer; throws with the problem document otherwise. */
  async must(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown, idempotencyKey?: string): Promise<unknown> {
    const answer = await this.call(method, path, body, idempotencyKey);
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  }

  async close(): Promise<void> {
    await this.agent.close();
  }

  private async once(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body: unknown,
    idempotencyKey: string | undefined,
  ): Promise<ApiAnswer> {
    const {
      statusCode,
      headers,
      body: answer,
    } = await request(`${this.base}${path}`, {
      method,
      // A kept connection may be closed by the other side just as it is used again.
      reset: true,
      dispatcher: this.agent,
      headers: {
        authorization: `Bearer ${this.key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await answer.text();
    const isJson = String(headers['content-type'] ?? '').includes('json');
    return { status: statusCode, headers, body: isJson && text !== '' ? JSON.parse(text) : text };
  }
}
