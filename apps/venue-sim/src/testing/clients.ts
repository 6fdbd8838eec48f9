import { join } from 'node:path';
import { startVenueProcess, type VenueProcess } from '@lockstep/simulation';
import * as hl from '@nktkas/hyperliquid';
import { signL1Action } from '@nktkas/hyperliquid/signing';
import { WebSocket as UndiciSocket } from 'undici';
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';

/** The compiled server: recovery runs in a worker thread, which needs compiled output. Build first. */
const SCRIPT = join(process.cwd(), 'dist/apps/venue-sim/src/main.js');

export const startServer = (...args: readonly string[]): Promise<VenueProcess> => startVenueProcess({ script: SCRIPT, args });

/** A throw-away key; the same number gives the same one. */
export const keyOf = (number: number): `0x${string}` => `0x${number.toString(16).padStart(64, '0')}`;
export const account = (number: number): PrivateKeyAccount => privateKeyToAccount(keyOf(number));

export const lower = (holder: PrivateKeyAccount): string => holder.address.toLowerCase();

/** The independent client over HTTP. */
export function overHttp(url: string): hl.HttpTransport {
  return new hl.HttpTransport({ apiUrl: `${url}/` });
}

type Reconnect = NonNullable<NonNullable<ConstructorParameters<typeof hl.WebSocketTransport>[0]>['reconnect']>;

/** The independent client over the socket. Node 20 has no WebSocket of its own; undici's follows the same standard. */
export function overSocket(url: string): hl.WebSocketTransport {
  const WebSocket = UndiciSocket as unknown as NonNullable<Reconnect['WebSocket']>;
  return new hl.WebSocketTransport({ url, reconnect: { WebSocket } });
}

/** Asset 0 of the main dex, at a price with five figures or a whole one. */
export const limit = (
  tif: 'Gtc' | 'Ioc' | 'Alo',
  b: boolean,
  p: string,
  s: string,
  rest: { readonly c?: `0x${string}`; readonly r?: boolean } = {},
) => ({
  a: 0,
  b,
  p,
  s,
  r: rest.r ?? false,
  t: { limit: { tif } },
  ...(rest.c === undefined ? {} : { c: rest.c }),
});

export interface SignedBody {
  readonly action: { readonly [key: string]: unknown };
  readonly nonce: number;
  readonly signature: { readonly r: string; readonly s: string; readonly v: number };
}

/** A signed body of `/exchange`, to be sent as it is or changed on the way. */
export async function signed(wallet: PrivateKeyAccount, action: { readonly [key: string]: unknown }, nonce: number): Promise<SignedBody> {
  return { action, nonce, signature: await signL1Action({ wallet, action, nonce }) };
}

export async function postJson(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

/** A plain socket that keeps what it hears and lets a test wait for a frame. */
export interface Listener {
  say(frame: unknown): void;
  /** The first frame, heard already or later, that `wanted` accepts. Takes it off the pile. Fails when the socket closes before. */
  hear(
    wanted: (frame: { readonly channel: string; readonly data?: unknown }) => boolean,
  ): Promise<{ readonly channel: string; readonly data?: unknown }>;
  readonly closed: Promise<void>;
  close(): void;
}

type Frame = { readonly channel: string; readonly data?: unknown };

export async function listen(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Listener> {
  const socket = new UndiciSocket(url, { headers });
  const pile: Frame[] = [];
  let waiting: { readonly wanted: (frame: Frame) => boolean; readonly resolve: (frame: Frame) => void }[] = [];
  socket.addEventListener('message', ({ data }) => {
    const frame: Frame = JSON.parse(String(data));
    const heard = waiting.find(({ wanted }) => wanted(frame));
    if (heard === undefined) pile.push(frame);
    else heard.resolve(frame);
    waiting = waiting.filter((each) => each !== heard);
  });
  const closed = new Promise<void>((resolve) => socket.addEventListener('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error(`no connection to ${url}`)));
  });
  return {
    say: (frame) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    hear: (wanted) => {
      const at = pile.findIndex(wanted);
      const heard = at < 0 ? undefined : pile.splice(at, 1)[0];
      if (heard !== undefined) return Promise.resolve(heard);
      const silent = closed.then(() => Promise.reject(new Error('the socket was closed before the frame came')));
      return Promise.race([new Promise<Frame>((resolve) => waiting.push({ wanted, resolve })), silent]);
    },
    closed,
    close: () => socket.close(),
  };
}
