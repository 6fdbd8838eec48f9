import type { IncomingHttpHeaders } from 'node:http';
import type { Id } from '@lockstep/kernel';
import { WebSocket } from 'ws';
import { z } from 'zod';
import type { GatewayRig, RigTenant } from './rig';

const frameSchema = z.looseObject({
  op: z.string(),
  epoch: z.string().optional(),
  seq: z.string().optional(),
  recovered: z.boolean().optional(),
  reconnect_after_ms: z.number().optional(),
  event: z
    .object({ data: z.object({ changed: z.array(z.string()), settings_version: z.number() }) })
    .loose()
    .optional(),
});
/** A frame of the server. */
export type Frame = z.output<typeof frameSchema>;
export interface Position {
  readonly epoch: string;
  readonly seq: string;
}

/** Events of the tests are settings changes of a copy: their version is their number, and they name their tenant. */
const COPY = `cpy_${'0'.repeat(26)}`;

const sockets: WebSocket[] = [];
/** Ends every socket that `open` gave since the last time. */
export function endSockets(): void {
  for (const socket of sockets.splice(0)) socket.terminate();
}

/** Opens a stream of the gateway at `url`. */
export function open(url: string, key: string | null, protocols: string[] = []): WebSocket {
  const headers = key === null ? {} : { Authorization: `Bearer ${key}` };
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/stream`, protocols, { headers });
  sockets.push(socket);
  return socket;
}

/** The code the socket is closed with. */
export const closed = (socket: WebSocket): Promise<number> => new Promise((resolve) => socket.once('close', (code) => resolve(code)));

/** The HTTP answer of a refused upgrade. */
export const refusal = (socket: WebSocket): Promise<{ status: number; headers: IncomingHttpHeaders; body: unknown }> =>
  new Promise((resolve, reject) => {
    socket.once('open', () => reject(new Error('the stream was opened')));
    socket.on('error', () => undefined);
    socket.once('unexpected-response', (_request, response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += String(chunk);
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(text) }));
    });
  });

/** Calls `onFrame` for each frame until it returns true or the socket closes. */
export const listen = (socket: WebSocket, onFrame: (frame: Frame) => boolean): Promise<void> =>
  new Promise((resolve) => {
    socket.once('close', () => resolve());
    socket.on('message', (data) => {
      if (onFrame(frameSchema.parse(JSON.parse(String(data))))) resolve();
    });
  });

/** Subscribes as soon as the socket is open. */
export const subscribe = (socket: WebSocket, after: Position | null, types?: readonly string[]): void =>
  void socket.once('open', () =>
    socket.send(JSON.stringify({ op: 'subscribe', ...(after === null ? {} : { after }), ...(types === undefined ? {} : { types }) })),
  );

/** The number of an event, from 0; -1 for a frame that is none. */
export const numberOf = (frame: Frame): number => (frame.event?.data.settings_version ?? 0) - 1;
/** Where a frame stands. */
export const positionOf = (frame: Frame): Position => ({ epoch: frame.epoch ?? '', seq: frame.seq ?? '' });

/** Appends events of a tenant as the engine does and wakes the gateways; `padding` makes each as large. */
export async function append(rig: GatewayRig, tenant: RigTenant, from: number, count: number, padding = 0): Promise<void> {
  const changed = [tenant.id, ...(padding === 0 ? [] : ['x'.repeat(padding)])];
  await rig.engine.scoped(tenant.scope, async (unit) => {
    const events = Array.from({ length: count }, (_, index) => ({
      id: rig.context.ids.next('event') as Id<'event'>,
      type: 'copy.settings_changed',
      version: 1,
      occurredAt: unit.now,
      data: JSON.stringify({ copy_id: COPY, settings_version: from + index + 1, changed }),
    }));
    await unit.events.append(events);
    unit.afterCommit(() => rig.wakeups.publish('events', `${tenant.scope.tenantId}|${tenant.scope.environment}`));
  });
}

/** Where a tenant's stream begins. */
export async function beginning(url: string, key: string): Promise<Position> {
  const socket = open(url, key);
  let start: Position | null = null;
  await listen(socket, (frame) => {
    start = positionOf(frame);
    return frame.op === 'hello';
  });
  socket.terminate();
  if (start === null) throw new Error('no hello');
  return start;
}

/** The numbers of the events after a position, until there are `count`; a connection that is closed meanwhile is opened again from the last one. */
export async function readFrom(url: string, key: string, start: Position, count: number): Promise<number[]> {
  const seen: number[] = [];
  let at = start;
  while (seen.length < count) {
    const socket = open(url, key);
    subscribe(socket, at);
    await listen(socket, (frame) => {
      if (frame.op === 'subscribed' && frame.recovered !== true) throw new Error(`not resumed at ${at.seq}`);
      if (frame.op !== 'event') return false;
      seen.push(numberOf(frame));
      at = positionOf(frame);
      return seen.length >= count;
    });
    socket.terminate();
  }
  return seen;
}

/** Numbers from `from` up to and without `to`. */
export const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);
