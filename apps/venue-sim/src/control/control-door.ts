import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '@lockstep/kernel';
import { formatVerifyMode, parseVerifyMode, type Verifier } from '@lockstep/simulation';
import type { Flags } from '../flags';
import type { Hall, Halls } from '../halls';
import { controlProvider } from '../provider/control-routes';
import type { ProviderApi } from '../provider/provider-api';
import { parseJson, readBody } from '../request-body';
import { type ControlReply, done, refused, sendControl } from './answers';
import { WORLD_ROUTES } from './routes';
import { complaintOf, verifySchema, worldSchema } from './schemas';
import { isTruthPart, streamTruth, TRUTH_PARTS } from './truth';
import { describeHall, describeProcess, openWorld } from './worlds';

/** Bulk set-up of 20,000 accounts fits well inside. */
const CONTROL_BODY_MAX_BYTES = 33_554_432;
export const CONTROL_KEY_HEADER = 'x-control-key';

export interface ControlDoorOrder {
  readonly halls: Halls;
  readonly provider: ProviderApi;
  readonly verifier: Verifier;
  readonly clock: Clock;
  readonly flags: Flags;
  readonly connections: () => number;
  readonly shutdown: () => void;
}

/** Answers the control port: worlds, money, prices, forced trades, faults, truth, statistics. */
export function createControlDoor(order: ControlDoorOrder): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    if (!mayControl(order.flags.controlKey, request))
      return sendControl(response, refused(401, `the header ${CONTROL_KEY_HEADER} is missing or wrong`));
    void answer(order, request, response).then((reply) => {
      if (reply !== null) sendControl(response, reply);
    });
  };
}

function mayControl(key: string | null, request: IncomingMessage): boolean {
  if (key === null) return true;
  const given = request.headers[CONTROL_KEY_HEADER];
  const [left, right] = [Buffer.from(typeof given === 'string' ? given : ''), Buffer.from(key)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Null: the answer was streamed. */
async function answer(order: ControlDoorOrder, request: IncomingMessage, response: ServerResponse): Promise<ControlReply | null> {
  const url = new URL(request.url ?? '/', 'http://control');
  const [first = '', name = '', verb = '', last = ''] = url.pathname.split('/').slice(1);
  const method = request.method ?? 'GET';
  if (first === 'worlds' && verb !== '') {
    const hall = order.halls.get(name);
    if (hall === undefined) return refused(404, `no world ${name}`);
    return method === 'POST' ? change(hall, verb, request) : readOrClear(hall, method, verb, last, url, response);
  }
  if (first === 'provider') return controlProvider(order.provider, method, name, verb, method === 'POST' ? await readJson(request) : null);
  switch (`${method} /${first}`) {
    case 'GET /health':
      return done();
    case 'GET /stats':
      return describeProcess(order.halls, order.verifier, order.connections());
    case 'GET /worlds':
      return name === '' ? done(order.halls.list().map(describeHall)) : oneWorld(order.halls.get(name));
    case 'POST /worlds':
      return create(order, request);
    case 'DELETE /worlds':
      return order.halls.close(name) ? done() : refused(404, `no world ${name}`);
    case 'POST /verify':
      return setVerify(order, request);
    case 'POST /shutdown':
      order.shutdown();
      return done();
    default:
      return refused(404, `no ${method} ${url.pathname}`);
  }
}

const oneWorld = (hall: Hall | undefined): ControlReply => (hall === undefined ? refused(404, 'no such world') : done(describeHall(hall)));

async function change(hall: Hall, verb: string, request: IncomingMessage): Promise<ControlReply> {
  const run = WORLD_ROUTES[verb];
  if (run === undefined) return refused(404, `no verb ${verb}`);
  const body = await readJson(request);
  return body === undefined ? refused(400, 'body: not JSON, or too large') : run(hall, body);
}

async function create(order: ControlDoorOrder, request: IncomingMessage): Promise<ControlReply> {
  const parsed = worldSchema.safeParse(await readJson(request));
  return parsed.success ? openWorld(order.halls, order.clock, order.flags, parsed.data) : refused(400, complaintOf(parsed.error));
}

async function setVerify({ verifier }: ControlDoorOrder, request: IncomingMessage): Promise<ControlReply> {
  const parsed = verifySchema.safeParse(await readJson(request));
  if (!parsed.success) return refused(400, complaintOf(parsed.error));
  const mode = parseVerifyMode(parsed.data.mode);
  if (!mode.ok) return refused(400, `mode ${mode.error}`);
  verifier.mode = mode.value;
  return done({ verify: formatVerifyMode(verifier.mode) });
}

/** The body as JSON, an empty one as an empty object. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = await readBody(request, CONTROL_BODY_MAX_BYTES);
  if (!text.ok) return undefined;
  return text.value === '' ? {} : parseJson(text.value);
}

async function readOrClear(hall: Hall, method: string, verb: string, last: string, url: URL, response: ServerResponse): Promise<ControlReply | null> {
  if (method === 'GET' && verb === 'faults') return done(hall.faults.list());
  if (method === 'GET' && verb === 'conservation') return done(hall.world.control.conservation());
  if (method === 'GET' && verb === 'marks') return marksReply(hall, url.searchParams.get('coin') ?? '');
  if (method === 'DELETE' && verb === 'faults') return clearFaults(hall, last);
  if (method !== 'GET' || verb !== 'truth') return refused(404, `no ${method} ${url.pathname}`);
  const part = last !== '' ? last : (url.searchParams.get('part') ?? 'all');
  if (!isTruthPart(part)) return refused(404, `truth is one of ${TRUTH_PARTS.join(', ')}`);
  await streamTruth(hall.world, part, url.searchParams.get('address')?.toLowerCase() ?? null, response);
  return null;
}

function marksReply(hall: Hall, coin: string): ControlReply {
  const marks = hall.world.control.marks(coin);
  return marks === null ? refused(404, `no coin ${coin}`) : done({ coin, marks });
}

function clearFaults(hall: Hall, id: string): ControlReply {
  if (id !== '') return hall.faults.remove(Number(id)) ? done() : refused(404, `no fault ${id}`);
  hall.faults.clear();
  return done();
}
