import { randomBytes, randomInt } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type Approved, type Clock, type Instrument, present, price, type Random, size, UNIT, unwrap } from '@lockstep/kernel';
import { generateAgentKey } from '../../hyperliquid/sign/agent-key';
import { type OrderColumns, REJECT_CODES, type SentOrder, TIF, type Venue, type VenueFeed } from '../../port';
import { createPerpsStudioVenue } from '../adapter';
import type { PerpsStudioConfig, PerpsStudioLogEntry } from '../config';

/** A request as the script sees it: the path below `/v1`, without its query. */
export interface AskedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What the script answers, once `after` has come. */
export interface SpokenAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly after?: Promise<void>;
}
/** `silence`: nothing, until the client gives up. */
export type ScriptedAnswer = SpokenAnswer | 'silence';

export const answered = (body: unknown): SpokenAnswer => ({ status: 200, body });
export const refused = (status: number, code: string, message = ''): SpokenAnswer => ({ status, body: { error: { code, message } } });

const MARKET = { symbol: 'BTC', minSize: '0.001', maxLeverage: 40, assetIndex: 0, markPrice: '100' };
export const WALLET = `0x${'b1'.repeat(20)}`;
export const API_KEY = 'ps_live_scripted000000';
const SIGNER = 0;
const MISSING = refused(404, 'NOT_FOUND');

type Script = (request: AskedRequest) => ScriptedAnswer | null;

/** One order of the script: always a buy of `lots` thousandths of BTC at 101 or better, or the sale of them. */
export interface ScriptedOrder {
  readonly lots: number;
  readonly sell?: boolean;
  readonly nonce?: number;
  readonly expiresAfter?: number;
  readonly reduceOnly?: boolean;
}

export interface ScriptedOutcome {
  readonly outcome: number;
  readonly reject: string;
  readonly filledLots: number;
  readonly clientOrderId: string;
  readonly nonce: number;
}

export interface ScriptedApiOrder {
  readonly settings?: Partial<PerpsStudioConfig>;
  readonly underlying?: VenueFeed | null;
}

/** A Provider API that answers what a test says, also what the simulated one never would, with an adapter in front of it. */
export class ScriptedApi {
  private listed: Instrument | null = null;
  private lastNonce = 0;
  private made = 0;

  private constructor(
    private readonly server: Server,
    readonly venue: Venue,
    readonly asked: readonly AskedRequest[],
    readonly logged: readonly PerpsStudioLogEntry[],
    /** Answers by method and path; the newest that gives one counts. */
    private readonly scripts: Script[],
  ) {}

  static async start({ settings = {}, underlying = null }: ScriptedApiOrder = {}): Promise<ScriptedApi> {
    const scripts: Script[] = [];
    const asked: AskedRequest[] = [];
    const server = createServer((request, response) => {
      void readRequest(request).then((read) => {
        asked.push(read);
        const found = scripts.toReversed().reduce<ScriptedAnswer | null>((answer, script) => answer ?? script(read), null) ?? MISSING;
        if (found === 'silence') return;
        const say = (): unknown => response.writeHead(found.status, { 'content-type': 'application/json' }).end(JSON.stringify(found.body));
        void (found.after ?? Promise.resolve()).then(say);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`;
    const logged: PerpsStudioLogEntry[] = [];
    const clock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };
    const random: Random = { bytes: (length) => randomBytes(length), below: (below) => randomInt(below) };
    const venue = createPerpsStudioVenue(
      { url, wsUrl: url.replace('http', 'ws'), network: 'mainnet', requestsPerMinute: 1_000, answerTimeoutMs: 150, ...settings },
      { clock, random, log: (entry) => logged.push(entry), apiKey: () => API_KEY, underlying },
    );
    const api = new ScriptedApi(server, venue, asked, logged, scripts);
    api.on('GET', '/perps/hyperliquid/markets', answered([MARKET]));
    const key = await generateAgentKey(random);
    await venue.orders.loadSigners([{ handle: SIGNER, agentAddress: key.address, privateKey: key.privateKey, wallet: WALLET }]);
    await api.instrument();
    return api;
  }

  /** The market of the script, read once. */
  async instrument(): Promise<Instrument> {
    this.listed ??= present(unwrap(await this.venue.truth.markets(['']), 'markets')[0], 'a market').instrument;
    return this.listed;
  }

  /** From now on requests of a method whose path is this get this answer; with several, one after another, and the last one ever after. */
  on(method: string, path: string, ...answers: readonly ScriptedAnswer[]): void {
    const left = [...answers];
    this.scripts.push((request) => {
      if (request.method !== method || request.path !== path) return null;
      return (left.length > 1 ? left.shift() : left[0]) ?? null;
    });
  }

  /** The account holds this much BTC, signed. */
  holds(quantity: string): void {
    const amount = quantity.replace('-', '');
    const side = quantity.startsWith('-') ? 'short' : 'long';
    const position = { symbol: 'BTC', side, size: amount, entryPrice: '100', markPrice: '100', unrealizedPnl: '0', leverage: '20', margin: '1' };
    this.on('GET', accountPath(), answered({ equity: '1000', availableMargin: '900' }));
    this.on('GET', accountPath('/positions'), answered(Number(amount) === 0 ? [] : [position]));
    this.on('GET', accountPath('/orders'), answered([]));
  }

  nextNonce(): number {
    this.lastNonce = Math.max(Date.now(), this.lastNonce + 1);
    return this.lastNonce;
  }

  /** Places orders as one batch; outcomes in their order. */
  async place(...orders: readonly ScriptedOrder[]): Promise<readonly ScriptedOutcome[]> {
    const nonces = orders.map(({ nonce }) => nonce ?? this.nextNonce());
    const cloids = orders.map(() => {
      this.made += 1;
      return `0x${this.made.toString(16).padStart(32, '0')}`;
    });
    const columns: OrderColumns = {
      count: orders.length,
      instrument: await this.instrument(),
      builders: [],
      signer: new Int32Array(orders.length).fill(SIGNER),
      buy: Uint8Array.from(orders, ({ sell }) => (sell === true ? 0 : 1)),
      price: Float64Array.from(orders, ({ sell }) => (sell === true ? 99e8 : 101e8)),
      lots: Float64Array.from(orders, ({ lots }) => lots),
      reduceOnly: Uint8Array.from(orders, ({ reduceOnly }) => (reduceOnly === true ? 1 : 0)),
      tif: new Uint8Array(orders.length).fill(TIF.ioc),
      clientOrderId: Uint8Array.from(Buffer.from(cloids.map((cloid) => cloid.slice(2)).join(''), 'hex')),
      nonce: Float64Array.from(nonces),
      expiresAfter: Float64Array.from(orders, ({ expiresAfter }) => expiresAfter ?? 0),
      builder: new Int8Array(orders.length).fill(-1),
      builderFee: new Uint16Array(orders.length),
    };
    const found = new Map<number, Omit<ScriptedOutcome, 'clientOrderId' | 'nonce'>>();
    // No risk gate stands before a venue's own tests.
    await this.venue.orders.submit(columns as Approved<OrderColumns>, {
      onOutcomes: (batch) => {
        for (let index = 0; index < batch.count; index += 1) {
          found.set(batch.row[index] ?? -1, {
            outcome: batch.outcome[index] ?? 0,
            reject: REJECT_CODES[batch.rejectCode[index] ?? 0] ?? '',
            filledLots: batch.filledLots[index] ?? 0,
          });
        }
      },
    });
    return orders.map((_, row) => ({
      ...present(found.get(row), `outcome of row ${row}`),
      clientOrderId: cloids[row] ?? '',
      nonce: nonces[row] ?? 0,
    }));
  }

  /** Spends a nonce as the engine does for an order of unknown outcome. */
  async spend(nonce: number): Promise<string> {
    const outcome = await this.venue.orders.noop(SIGNER, nonce);
    return outcome.kind === 'rejected' ? outcome.code : outcome.kind;
  }

  /** Where an order of the script stands, asked as the engine asks. */
  async standing({ clientOrderId, nonce }: ScriptedOutcome, lots: number, sent: Partial<SentOrder> = {}): Promise<string> {
    const question = { instrument: await this.instrument(), buy: true, price: price(101n * UNIT), lots, nonce, positionBefore: size(0n), others: [] };
    const read = await this.venue.truth.orderStatus(WALLET, clientOrderId, { ...question, ...sent });
    if (!read.ok) return read.error.code;
    return read.value.kind === 'closed' ? `${read.value.status} ${read.value.original - read.value.remaining}` : read.value.kind;
  }

  async close(): Promise<void> {
    await this.venue.close();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export const ORDERS_PATH = '/perps/hyperliquid/orders';
export const LEVERAGE_PATH = '/perps/hyperliquid/leverage';
export const accountPath = (rest = ''): string => `/perps/hyperliquid/account/${WALLET}${rest}`;

async function readRequest(request: IncomingMessage): Promise<AskedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString();
  const path = (request.url ?? '').split('?')[0]?.replace(/^\/v1/, '') ?? '';
  return { method: request.method ?? '', path, body: text === '' ? {} : JSON.parse(text) };
}
