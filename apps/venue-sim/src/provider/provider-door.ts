import type { IncomingMessage, ServerResponse } from 'node:http';
import { BODY_MAX_BYTES } from '../http-door';
import { parseJson, readBody } from '../request-body';
import { SUCCESS_STATUS } from './assumptions';
import { PROVIDER_ERRORS, type ProviderAnswer, refusal } from './errors';
import type { ProviderApi } from './provider-api';
import { hallOf, type ProviderPath, readProviderPath } from './provider-path';
import { isPublic, route } from './routes';

export const KEY_HEADER = 'x-api-key';

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, DELETE, OPTIONS',
  'access-control-allow-headers': '*',
  'access-control-expose-headers': 'X-RateLimit-Limit, X-RateLimit-Reset, Retry-After',
} as const;

/** What every answer tells of the key's window (facts §3). */
interface WindowHeaders {
  readonly limit: number;
  readonly resetAt: number;
}

/** Answers requests of the Provider API; false for paths that are none of it. */
export function createProviderDoor(api: ProviderApi): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    const path = readProviderPath(request.url ?? '/');
    if (path === null || path.socket) return false;
    if (request.method === 'OPTIONS') response.writeHead(204, CORS).end();
    else
      void answer(api, path, request).then(({ answer: given, window }) => {
        render(api, given, window, request, response);
      });
    return true;
  };
}

async function answer(
  api: ProviderApi,
  path: ProviderPath,
  request: IncomingMessage,
): Promise<{ readonly answer: ProviderAnswer; readonly window: WindowHeaders }> {
  const open = isPublic(path.segments);
  const key = request.headers[KEY_HEADER];
  const checked = open ? null : api.keys.check(typeof key === 'string' ? key : null, path.testnet);
  const holder = checked?.ok === true ? checked.holder : null;
  const within = holder === null || holder.take();
  const window = holder === null ? api.keys.anonymous() : { limit: holder.limit, resetAt: holder.resetAt() };
  if (checked !== null && !checked.ok) return { answer: refusal('INVALID_API_KEY', checked.message), window };
  if (!within) {
    const seconds = retryAfter(api, window);
    return { answer: refusal('RATE_LIMITED', `Rate limit exceeded. Try again in ${seconds} seconds.`), window };
  }
  const hall = hallOf(api.halls, path);
  if (hall === null) return { answer: refusal('UNSUPPORTED_NETWORK', 'This network is not served here'), window };
  const body = await bodyOf(request);
  if (body === undefined) return { answer: refusal('INVALID_PARAMS', 'the body is no JSON'), window };
  const { halls: _halls, limits, clock, signatureMode: mode } = api;
  const { segments, query } = path;
  const given = await route({
    upstream: { hall, limits },
    method: request.method ?? 'GET',
    segments,
    query,
    body,
    mode,
    monotonic: () => clock.monotonic(),
  });
  return { answer: given, window };
}

/** The JSON of a body; null where there is none to be read, undefined when it cannot be read. */
async function bodyOf(request: IncomingMessage): Promise<unknown> {
  if (request.method === 'GET') return null;
  const read = await readBody(request, BODY_MAX_BYTES);
  return read.ok ? parseJson(read.value) : undefined;
}

const retryAfter = (api: ProviderApi, { resetAt }: WindowHeaders): number => Math.max(1, Math.ceil(resetAt - api.clock.now() / 1_000));

function render(api: ProviderApi, answer: ProviderAnswer, window: WindowHeaders, request: IncomingMessage, response: ServerResponse): void {
  if (answer.kind === 'silence') return;
  if (answer.kind === 'hang_up') {
    request.socket.destroy();
    return;
  }
  const text = JSON.stringify(answer.kind === 'body' ? answer.body : { error: { code: answer.code, message: answer.message } });
  response
    .writeHead(answer.kind === 'body' ? SUCCESS_STATUS : PROVIDER_ERRORS[answer.code], {
      ...CORS,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      'X-RateLimit-Limit': window.limit,
      'X-RateLimit-Reset': window.resetAt,
      ...(answer.kind === 'error' && answer.code === 'RATE_LIMITED' ? { 'Retry-After': retryAfter(api, window) } : {}),
    })
    .end(text);
}
