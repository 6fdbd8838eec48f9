import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import type { Venue } from '../../port';
import { createHyperliquidVenue } from '../adapter';
import type { HyperliquidSettings } from '../config';
import { generateAgentKey } from '../sign/agent-key';
import { FEW_PRESIGNATURES, systemClock, systemRandom } from './simulated-driver';
import { BUILT_WORKER } from './simulated-venue';

const payload = z.looseObject({
  nonce: z.number(),
  action: z.looseObject({ type: z.string() }),
  vaultAddress: z.string().nullish(),
  expiresAfter: z.number().nullish(),
});
const postFrame = z.object({ id: z.number(), request: z.object({ payload }) });

const isPing = z.object({ method: z.literal('ping') });

/** The body of an accepted action that is no order. */
export const ACCEPTED = { status: 'ok', response: { type: 'default' } };
export const postAnswer = (id: number, response: unknown): string => JSON.stringify({ channel: 'post', data: { id, response } });
export const actionAnswer = (id: number, body: unknown): string => postAnswer(id, { type: 'action', payload: body });

/** What a request was and how it came. */
export interface Arrived {
  readonly path: 'socket' | 'http';
  readonly nonce: number;
  readonly type: string;
  readonly vaultAddress?: string | null | undefined;
  readonly expiresAfter?: number | null | undefined;
  /** Number of the socket, in the order they opened; -1 for HTTP. */
  readonly socket: number;
}

export interface Script {
  /** Called for a posted frame; absent: sockets are refused. */
  readonly onPost?: (socket: WebSocket, id: number, arrived: Arrived) => void;
  /** Called for a ping; absent: it is not answered. */
  readonly onPing?: (socket: WebSocket) => void;
  /** HTTP status and body of `/exchange`; absent: the request is never answered. */
  readonly http?: { readonly status: number; readonly body: string };
  /** True: the connection is cut instead of an HTTP answer. */
  readonly cut?: boolean;
  /** Answers a read of `/info` by its request; undefined: 422. Absent: every request is an action. */
  readonly info?: (request: Readonly<Record<string, unknown>>) => unknown;
}

/** A venue that answers as told, for what no well-behaved venue does: silence, lost sockets, wrong bodies. Needs the built worker. */
export class ScriptedVenue {
  readonly arrived: Arrived[] = [];
  private readonly server: Server;
  private readonly sockets = new WebSocketServer({ noServer: true });
  private opened = 0;
  private venue: Venue | null = null;

  constructor(script: Script) {
    this.server = createServer((request, response) => {
      let text = '';
      request.on('data', (part) => {
        text += String(part);
      });
      request.on('end', () => {
        if (request.url?.endsWith('/info') === true) {
          const answer = script.info?.(z.record(z.string(), z.unknown()).parse(JSON.parse(text)));
          response.writeHead(answer === undefined ? 422 : 200).end(JSON.stringify(answer ?? null));
          return;
        }
        const { nonce, action, vaultAddress, expiresAfter } = payload.parse(JSON.parse(text));
        this.arrived.push({ path: 'http', nonce, type: action.type, socket: -1, vaultAddress, expiresAfter });
        if (script.cut === true) request.socket.destroy();
        else if (script.http !== undefined) response.writeHead(script.http.status).end(script.http.body);
      });
    });
    this.server.on('upgrade', (request, raw, head) => {
      const { onPost } = script;
      if (onPost === undefined) {
        raw.destroy();
        return;
      }
      this.sockets.handleUpgrade(request, raw, head, (socket) => {
        const number = this.opened;
        this.opened += 1;
        socket.on('message', (data) => {
          const read: unknown = JSON.parse(data.toString());
          if (isPing.safeParse(read).success) script.onPing?.(socket);
          const frame = postFrame.safeParse(read);
          if (!frame.success) return;
          const { nonce, action, vaultAddress, expiresAfter } = frame.data.request.payload;
          const arrived: Arrived = { path: 'socket', nonce, type: action.type, socket: number, vaultAddress, expiresAfter };
          this.arrived.push(arrived);
          onPost(socket, frame.data.id, arrived);
        });
      });
    });
  }

  /** An adapter on one worker with `signers` loaded keys, patient unless told otherwise: a busy machine must not turn answers into silence. */
  async open(settings: Partial<HyperliquidSettings> = {}, signers = 1, actingFor?: string): Promise<Venue> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const { port } = this.server.address() as AddressInfo;
    const base = { url: `http://127.0.0.1:${port}/w/name`, wsUrl: `ws://127.0.0.1:${port}/ws`, network: 'mainnet' as const };
    const bounds = { workers: 1, connectionsPerWorker: 1, presignaturesPerWorker: FEW_PRESIGNATURES, answerTimeoutMs: 60_000, reconnectMinMs: 50 };
    const deps = { clock: systemClock, random: systemRandom, log: () => undefined, workerFile: BUILT_WORKER };
    this.venue = createHyperliquidVenue({ ...base, ...bounds, ...settings }, deps);
    for (let handle = 0; handle < signers; handle += 1) {
      const key = await generateAgentKey(systemRandom);
      const acting = actingFor === undefined ? {} : { actingFor };
      await this.venue.orders.loadSigners([{ handle, agentAddress: key.address, privateKey: key.privateKey, ...acting }]);
    }
    return this.venue;
  }

  async close(): Promise<void> {
    await this.venue?.close();
    for (const socket of this.sockets.clients) socket.terminate();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
