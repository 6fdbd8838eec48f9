import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { type PerpsStudioLogEntry, perpsStudioConfig } from '../config';
import { type MarketMessage, MarketSocket } from './market-socket';

const KEY = 'ps_live_neverseen0000';
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

interface Stage {
  readonly urls: string[];
  readonly keys: unknown[];
  readonly messages: MarketMessage[];
  readonly downs: string[];
  readonly logged: PerpsStudioLogEntry[];
}

/** A connection to a server that says `frames` to everyone who subscribes, or closes with `code` at once. */
async function connected(vertical: 'perps' | 'rwas', frames: readonly object[], code: number | null = null): Promise<Stage> {
  const stage: Stage = { urls: [], keys: [], messages: [], downs: [], logged: [] };
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket, request) => {
    stage.urls.push(request.url ?? '');
    stage.keys.push(request.headers['x-api-key']);
    if (code !== null) socket.close(code, KEY);
    socket.on('message', () => {
      for (const frame of frames) socket.send(JSON.stringify(frame));
    });
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const config = perpsStudioConfig({ url: `http://127.0.0.1:${port}`, wsUrl: `ws://127.0.0.1:${port}`, network: 'mainnet' }, true);
  const socket = new MarketSocket(
    vertical,
    config,
    {
      clock: { now: () => Date.now(), monotonic: () => performance.now() },
      random: { bytes: (length) => new Uint8Array(length), below: () => 0 },
      log: (entry) => stage.logged.push(entry),
      apiKey: () => KEY,
      underlying: null,
    },
    { onMessage: (message) => stage.messages.push(message), onDown: (reason) => stage.downs.push(reason) },
  );
  socket.follow([{ channel: 'ticker', symbol: 'BTC', dex: vertical === 'perps' ? '' : 'xyz' }]);
  ends.push(() => {
    socket.close();
    server.close();
  });
  return stage;
}

const ticker = (params: object): object => ({ provider: 'hyperliquid', channel: 'ticker', params, data: { markPrice: '1' } });
const LAST = ticker({ symbol: 'LAST', dex: 'xyz' });

describe('the market channels', () => {
  it('are opened with the key in a header, and no text names it, whatever the server says', async () => {
    const stage = await connected('perps', [{ error: { code: 'INVALID_API_KEY', message: `Invalid API key ${KEY}` } }]);
    await expect.poll(() => stage.logged.length).toBeGreaterThan(0);
    expect(stage.keys).toEqual([KEY]);
    expect(stage.urls).toEqual(['/ws/v1/perps']);
    expect(JSON.stringify(stage.logged)).not.toContain(KEY);
  });

  it('that refuse the key say so and do not name it', async () => {
    const stage = await connected('perps', [], 4001);
    await expect.poll(() => stage.downs).toEqual(['closed with code 4001']);
    expect(stage.keys).toEqual([KEY]);
  });

  it.each<['perps' | 'rwas', object, readonly string[]]>([
    ['rwas', ticker({ symbol: 'BTC', dex: 'xyz' }), ['xyz BTC']],
    ['rwas', ticker({ symbol: 'BTC' }), []],
    ['perps', ticker({ symbol: 'BTC' }), [' BTC']],
    ['perps', ticker({ symbol: 'BTC', dex: 'xyz' }), []],
  ])('of %s tell %j as their own or not at all', async (vertical, frame, expected) => {
    const last = vertical === 'rwas' ? LAST : ticker({ symbol: 'LAST' });
    const stage = await connected(vertical, [frame, last]);
    await expect.poll(() => stage.messages.some(({ symbol }) => symbol === 'LAST')).toBe(true);
    expect(stage.messages.filter(({ symbol }) => symbol !== 'LAST').map(({ dex, symbol }) => `${dex} ${symbol}`)).toEqual(expected);
  });
});
