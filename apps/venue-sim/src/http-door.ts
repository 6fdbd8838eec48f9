import type { IncomingMessage, ServerResponse } from 'node:http';
import { actionWeight, type IpLimits, infoWeight } from '@lockstep/simulation';
import type { Halls } from './halls';
import { remoteIp } from './remote-ip';
import { type Answer, type Reply, rateLimited, textAnswer, unreadable } from './reply';
import { parseJson, readBody } from './request-body';
import { chargeRows } from './row-charge';
import type { OnReply } from './strike';
import { readVenuePath } from './venue-path';
import { type Arrival, answerExchange, answerInfo } from './venue-request';

export const BODY_MAX_BYTES = 4_194_304;

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-allow-headers': '*',
  'access-control-max-age': '86400',
} as const;

/** Answers `POST /info` and `POST /exchange` of every world. */
export function createHttpDoor(halls: Halls, limits: IpLimits): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    if (request.method === 'OPTIONS') {
      response.writeHead(204, CORS).end();
      return;
    }
    void receive(halls, limits, request, (reply) => render(reply, request, response));
  };
}

async function receive(halls: Halls, limits: IpLimits, request: IncomingMessage, reply: OnReply): Promise<void> {
  const { world, route } = readVenuePath(request.url ?? '/');
  const hall = halls.get(world);
  if (hall === undefined || (route !== '/info' && route !== '/exchange')) return reply(textAnswer(404, '404 page not found'));
  if (request.method !== 'POST') return reply(textAnswer(405, 'Method Not Allowed'));
  const read = await readBody(request, BODY_MAX_BYTES);
  if (!read.ok) return reply(read.error === 'aborted' ? { kind: 'silence' } : textAnswer(413, 'length limit exceeded'));
  const body = parseJson(read.value);
  if (body === undefined) return reply(unreadable());
  const ip = remoteIp(request);
  const arrival: Arrival = { hall, body, text: read.value, form: 'body' };
  const weight = route === '/info' ? infoWeight(body) : actionWeight(body);
  if (!limits.takeWeight(ip, weight)) reply(rateLimited());
  else if (route === '/exchange') answerExchange(arrival, reply);
  else {
    answerInfo(arrival, (answer) => {
      chargeRows(limits, ip, body, answer);
      reply(answer);
    });
  }
}

function render(reply: Reply, request: IncomingMessage, response: ServerResponse): void {
  if (reply.kind === 'silence') return;
  if (reply.kind === 'hang_up') {
    request.socket.destroy();
    return;
  }
  response.writeHead(reply.status, headersOf(reply)).end(reply.body);
}

function headersOf({ status, json, body }: Answer): Readonly<Record<string, string | number>> {
  return {
    ...CORS,
    ...(status === 405 ? { allow: 'POST' } : {}),
    'content-type': contentType(json, body),
    'content-length': Buffer.byteLength(body),
  };
}

/** Pages come from the proxy before the venue, plain text from the venue itself. */
function contentType(json: boolean, body: string): string {
  if (json) return 'application/json';
  return body.startsWith('<') ? 'text/html' : 'text/plain; charset=utf-8';
}
