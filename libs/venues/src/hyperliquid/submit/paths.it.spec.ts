import type { Approved } from '@lockstep/kernel';
import { afterEach, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { type ActionOutcome, type OrderColumns, OUTCOME, type OutcomeColumns, TIF, type Venue } from '../../port';
import { ACCEPTED, type Arrived, actionAnswer, postAnswer, type Script, ScriptedVenue } from '../testing/scripted-venue';
import { DEFAULT_EGRESS, type EgressAddress } from '../transport/egress-address';

/* Which way an action takes, and what each kind of answer or silence becomes. Needs the built worker: npm run build. */

const inWords = (outcome: ActionOutcome): string => (outcome.kind === 'rejected' ? outcome.code : outcome.kind);
const HTTP_OK = { status: 200, body: JSON.stringify(ACCEPTED) } as const;
const FIRST_NONCE = 1_000;
/** A venue that refuses every action with a text. */
const answering = (response: string): Script => ({ http: { status: 200, body: JSON.stringify({ status: 'err', response }) } });
/** When silence is what a case waits for. */
const SOON_MS = 500;
const PATIENT_MS = 60_000;

let scripted: ScriptedVenue | null = null;
afterEach(async () => {
  await scripted?.close();
  scripted = null;
});

/** Sends noops until one left by a socket: it opens beside the first ones. */
async function overSocket(venue: Venue, subject: ScriptedVenue): Promise<string> {
  for (let nonce = 1; nonce <= 500; nonce += 1) {
    const outcome = await venue.orders.noop(0, nonce);
    if (subject.arrived.at(-1)?.path === 'socket') return inWords(outcome);
  }
  throw new Error('no action took the socket');
}

/** Sends noops of every signer until they came over so many sockets in one turn: then each signer has the socket it keeps. */
async function overEverySocket(venue: Venue, subject: ScriptedVenue, signers: number, sockets: number): Promise<void> {
  for (let nonce = 1; nonce <= 500; nonce += 1) {
    const before = subject.arrived.length;
    for (let signer = 0; signer < signers; signer += 1) await venue.orders.noop(signer, nonce);
    const used = new Set(subject.arrived.slice(before).map(({ socket }) => socket));
    if (used.size === sockets && !used.has(-1)) return;
  }
  throw new Error('the sockets did not open');
}

describe('the ways of an action', () => {
  it.each<[string, NonNullable<Script['onPost']>, string, number]>([
    ['accepted', (socket, id) => socket.send(actionAnswer(id, ACCEPTED)), 'accepted', PATIENT_MS],
    ['refused', (socket, id) => socket.send(actionAnswer(id, { status: 'err', response: 'Trading is halted.' })), 'halted', PATIENT_MS],
    [
      'a full window',
      (socket, id) => socket.send(JSON.stringify({ channel: 'error', data: `too many pending post requests id=${id}` })),
      'ip_rate_limited',
      PATIENT_MS,
    ],
    ['a server error', (socket, id) => socket.send(postAnswer(id, { type: 'error', payload: '500 Internal Server Error' })), 'unknown', PATIENT_MS],
    ['silence', () => undefined, 'unknown', SOON_MS],
    ['a lost connection', (socket) => socket.terminate(), 'unknown', PATIENT_MS],
    ['an answer to another request, then silence', (socket, id) => socket.send(actionAnswer(id + 1, ACCEPTED)), 'unknown', SOON_MS],
  ])('by socket: %s', async (_name, onPost, expected, answerTimeoutMs) => {
    scripted = new ScriptedVenue({ onPost, http: HTTP_OK });
    const venue = await scripted.open({ answerTimeoutMs });
    expect(await overSocket(venue, scripted)).toBe(expected);
    const sent = scripted.arrived.map(({ nonce }) => nonce);
    expect(new Set(sent).size).toBe(sent.length);
  });

  it('by a socket whose peer is gone without a word: unknown long before its time is over, and the socket is replaced', async () => {
    scripted = new ScriptedVenue({ onPost: () => undefined, http: HTTP_OK });
    const venue = await scripted.open({ answerTimeoutMs: PATIENT_MS });
    const before = Date.now();
    expect(await overSocket(venue, scripted)).toBe('unknown');
    expect(Date.now() - before).toBeLessThan(PATIENT_MS / 2);
    expect(await overSocket(venue, scripted)).toBe('unknown');
    expect(scripted.arrived.at(-1)?.socket).toBe(1);
  });

  it('by a socket that gives signs of life: a late answer is waited for', async () => {
    const waiting: (() => void)[] = [];
    let pings = 0;
    const onPing = (socket: WebSocket): void => {
      socket.send('{"channel":"pong"}');
      pings += 1;
      // Each ping follows 1.5 s of silence: by then a socket without a sign of life would be gone.
      if (pings === 4) for (const answer of waiting) answer();
    };
    scripted = new ScriptedVenue({ onPost: (socket, id) => void waiting.push(() => socket.send(actionAnswer(id, ACCEPTED))), onPing, http: HTTP_OK });
    const venue = await scripted.open({ answerTimeoutMs: PATIENT_MS });
    expect(await overSocket(venue, scripted)).toBe('accepted');
    expect(scripted.arrived.at(-1)?.socket).toBe(0);
  });

  it.each([
    [HTTP_OK, 'accepted'],
    [{ status: 429, body: 'null' }, 'ip_rate_limited'],
    [{ status: 422, body: 'Failed to deserialize the JSON body into the target type' }, 'other'],
    [{ status: 502, body: '<html>bad gateway</html>' }, 'unknown'],
    [{ status: 200, body: '<html>not the venue</html>' }, 'unknown'],
  ] as const)('by HTTP where no socket opens: %o', async (http, expected) => {
    scripted = new ScriptedVenue({ http });
    const venue = await scripted.open();
    expect(inWords(await venue.orders.noop(0, 7))).toBe(expected);
    expect(scripted.arrived.map(({ path, nonce }) => [path, nonce])).toEqual([['http', 7]]);
  });

  it.each<[string, Script, string]>([
    ['cut before any answer: it may have landed', { cut: true }, 'unknown'],
    ['a duplicate nonce: an action with it was processed', answering('Invalid nonce: duplicate nonce 7'), 'nonce_duplicate'],
    ['a nonce past the window', answering('Invalid nonce: nonce too low 7 < 9'), 'nonce_too_low'],
    ['a server error of any kind', { http: { status: 503, body: '' } }, 'unknown'],
    ['an answer cut short', { http: { status: 200, body: '{"status":"o' } }, 'unknown'],
    ['expired on arrival', answering('Action already expired'), 'expired'],
  ])('by HTTP: %s', async (_name, script, expected) => {
    scripted = new ScriptedVenue(script);
    const venue = await scripted.open();
    expect(inWords(await venue.orders.noop(0, 7))).toBe(expected);
    expect(scripted.arrived.map(({ nonce }) => nonce)).toEqual([7]);
  });

  it.each<[string, number, unknown, number, string]>([
    ['longer than the bound that says yes: it may have landed', 200, ACCEPTED, 1_001, 'unknown'],
    ['longer than the bound that says no: it was not read whole', 200, { status: 'err', response: 'Trading is halted.' }, 1_001, 'unknown'],
    ['longer than the bound under a status that says no', 429, null, 1_001, 'unknown'],
    ['as long as the bound', 200, ACCEPTED, 1_000, 'accepted'],
  ])('by HTTP: an answer %s', async (_name, status, body, bytes, expected) => {
    scripted = new ScriptedVenue({ http: { status, body: JSON.stringify(body).padEnd(bytes) } });
    const venue = await scripted.open({ answerBytesMax: 1_000 });
    expect(inWords(await venue.orders.noop(0, 7))).toBe(expected);
    expect(scripted.arrived.map(({ nonce }) => nonce)).toEqual([7]);
  });

  it('whoever a signer acts for is named on its actions, and never on a noop: the nonce is the signer’s own', async () => {
    const subAccount = `0x${'5a'.repeat(20)}`;
    scripted = new ScriptedVenue({ http: HTTP_OK });
    const venue = await scripted.open({}, 1, subAccount);
    const [instrument] = [ordersOf([]).instrument];
    await venue.orders.updateLeverage(0, 1, instrument, 1, true);
    await venue.workingOrders?.scheduleCancel(0, 2, null);
    await venue.orders.noop(0, 3);
    expect(scripted.arrived.map(({ type, vaultAddress = null }) => [type, vaultAddress])).toEqual([
      ['updateLeverage', subAccount],
      ['scheduleCancel', subAccount],
      ['noop', null],
    ]);
  });

  it('from the next address where its own takes no connection: each once, and counted there; reads too', async () => {
    const info = (request: Readonly<Record<string, unknown>>): unknown => (request.type === 'userAbstraction' ? 'disabled' : undefined);
    scripted = new ScriptedVenue({ http: HTTP_OK, info });
    const away: EgressAddress = { kind: 'proxy', label: 'away', url: 'http://127.0.0.1:9/' };
    const rateLimits = { postsSpendWeight: true, outsideWeight: 0 };
    const venue = await scripted.open({ egress: [away, DEFAULT_EGRESS], rateLimits }, 2);
    for (const nonce of [1, 2, 3]) expect(inWords(await venue.orders.noop(0, nonce))).toBe('accepted');
    expect(inWords(await venue.orders.noop(1, 4))).toBe('accepted');
    expect(scripted.arrived.map(({ nonce }) => nonce)).toEqual([1, 2, 3, 4]);
    const weight = () => venue.egress?.standing().addresses.map(({ meters }) => meters.find(({ name }) => name === 'weight')?.used);
    expect(weight()).toEqual([3, 4]);
    await venue.truth.accountMode(`0x${'5a'.repeat(20)}`);
    for (let again = 0; again < 3; again += 1) expect((await venue.truth.accountMode(`0x${'5a'.repeat(20)}`)).ok).toBe(true);
  });

  it('with no path at all it was certainly not sent', async () => {
    scripted = new ScriptedVenue({});
    const venue = await scripted.open({ url: 'http://127.0.0.1:1', wsUrl: 'ws://127.0.0.1:1' });
    expect(inWords(await venue.orders.noop(0, 7))).toBe('not_sent');
    expect(inWords(await venue.orders.noop(99, 8))).toBe('not_sent');
    expect(scripted.arrived).toEqual([]);
  });
});

/** Orders of some signers, one after another; nonces rise by row. The cast stands for the gate, which is another room's. */
function ordersOf(signers: readonly number[]): Approved<OrderColumns> {
  const count = signers.length;
  const orders: OrderColumns = {
    count,
    instrument: {
      venue: 'hyperliquid',
      dex: '',
      coin: 'X',
      assetId: 0,
      szDecimals: 0,
      maxLeverage: 1,
      onlyIsolated: false,
      delisted: false,
      collateral: 'USDC',
    },
    builders: [],
    signer: Int32Array.from(signers),
    buy: new Uint8Array(count).fill(1),
    price: new Float64Array(count).fill(100e8),
    lots: new Float64Array(count).fill(1),
    reduceOnly: new Uint8Array(count),
    tif: new Uint8Array(count).fill(TIF.ioc),
    clientOrderId: Uint8Array.from({ length: count * 16 }, (_, byte) => (byte % 16 === 15 ? Math.floor(byte / 16) : 0)),
    nonce: Float64Array.from({ length: count }, (_, row) => FIRST_NONCE + row),
    expiresAfter: new Float64Array(count),
    builder: new Int8Array(count).fill(-1),
    builderFee: new Uint16Array(count),
  };
  return orders as Approved<OrderColumns>;
}

const filledAnswer = (id: number): string =>
  actionAnswer(id, {
    status: 'ok',
    response: { type: 'order', data: { statuses: [{ filled: { totalSz: '1', avgPx: '100', oid: 1 } }] } },
  });

/** What became of each row: its outcome code, or -1 where it was withheld. */
async function send(venue: Venue, signers: readonly number[], keepGoing: () => boolean = () => true): Promise<number[]> {
  const ends: number[] = new Array(signers.length).fill(Number.NaN);
  await venue.orders.submit(ordersOf(signers), {
    onOutcomes: ({ count, row, outcome }: OutcomeColumns) => {
      for (let index = 0; index < count; index += 1) {
        const at = row[index] ?? -1;
        expect(ends[at]).toBeNaN();
        ends[at] = outcome[index] ?? Number.NaN;
      }
    },
    onWithheld: (rows) => {
      for (const at of rows) {
        expect(ends[at]).toBeNaN();
        ends[at] = -1;
      }
    },
    keepGoing,
  });
  return ends;
}

const ordersIn = (arrived: readonly Arrived[]): readonly Arrived[] => arrived.filter(({ type }) => type === 'order');

/** Answers everything but orders, which go to `onOrder`. */
const forOrders =
  (onOrder: NonNullable<Script['onPost']>): NonNullable<Script['onPost']> =>
  (socket: WebSocket, id: number, arrived: Arrived) =>
    arrived.type === 'order' ? onOrder(socket, id, arrived) : socket.send(actionAnswer(id, ACCEPTED));

describe('the ways of a batch', () => {
  it('a socket lost after the hand-over leaves its orders unknown, and none is sent again', async () => {
    const subject = new ScriptedVenue({
      onPost: forOrders((socket, id, { nonce }) => (nonce < FIRST_NONCE + 5 ? socket.send(filledAnswer(id)) : socket.terminate())),
      http: HTTP_OK,
    });
    scripted = subject;
    const venue = await subject.open();
    expect(await overSocket(venue, subject)).toBe('accepted');
    const ends = await send(venue, new Array(20).fill(0));
    expect(ends.slice(0, 5)).toEqual(new Array(5).fill(OUTCOME.filled));
    expect(ends.slice(5)).toEqual(new Array(15).fill(OUTCOME.unknown));
    const nonces = ordersIn(subject.arrived).map(({ nonce }) => nonce);
    expect(new Set(nonces).size).toBe(nonces.length);
  });

  it.each([
    ['of a gateway', 502, 'bad gateway', {}],
    ['that are longer than the bound, whatever they say', 422, ' '.repeat(1_001), { answerBytesMax: 1_000 }],
  ])('orders go by HTTP where no socket is open, each once, and answers %s leave them unknown', async (_name, status, body, settings) => {
    scripted = new ScriptedVenue({ http: { status, body } });
    const venue = await scripted.open(settings);
    expect(await send(venue, new Array(8).fill(0))).toEqual(new Array(8).fill(OUTCOME.unknown));
    expect([...ordersIn(scripted.arrived)].map(({ nonce }) => nonce).sort()).toEqual(Array.from({ length: 8 }, (_, row) => FIRST_NONCE + row));
    expect(scripted.arrived.every(({ path }) => path === 'http')).toBe(true);
  });

  it('what a stop withholds is never signed: it arrives nowhere', async () => {
    scripted = new ScriptedVenue({ onPost: forOrders((socket, id) => socket.send(filledAnswer(id))), http: HTTP_OK });
    const venue = await scripted.open({ chunk: 4 });
    await overSocket(venue, scripted);
    let asked = 0;
    const ends = await send(venue, new Array(20).fill(0), () => {
      asked += 1;
      return asked <= 3;
    });
    expect(ends).toEqual([...new Array(12).fill(OUTCOME.filled), ...new Array(8).fill(-1)]);
    expect(ordersIn(scripted.arrived).map(({ nonce }) => nonce)).toEqual(Array.from({ length: 12 }, (_, row) => FIRST_NONCE + row));
  });

  it("a signer's orders leave in the order of their nonces, over one socket, however many signers and sockets there are", async () => {
    const signers = Array.from({ length: 300 }, (_, row) => (row * 7) % 10);
    scripted = new ScriptedVenue({ onPost: forOrders((socket, id) => socket.send(filledAnswer(id))), http: HTTP_OK });
    const venue = await scripted.open({ connectionsPerWorker: 3, chunk: 25 }, 10);
    await overEverySocket(venue, scripted, 10, 3);
    expect(await send(venue, signers)).toEqual(new Array(300).fill(OUTCOME.filled));
    const byHttp = ordersIn(scripted.arrived).filter(({ path }) => path === 'http');
    expect(byHttp).toEqual([]);
    for (let signer = 0; signer < 10; signer += 1) {
      const own = ordersIn(scripted.arrived).filter(({ nonce }) => signers[nonce - FIRST_NONCE] === signer);
      expect(own.length).toBe(30);
      expect(own.map(({ nonce }) => nonce)).toEqual(own.map(({ nonce }) => nonce).sort((a, b) => a - b));
    }
  });

  it('a signer that is not loaded sends nothing, the others do', async () => {
    scripted = new ScriptedVenue({ onPost: forOrders((socket, id) => socket.send(filledAnswer(id))), http: HTTP_OK });
    const venue = await scripted.open();
    await overSocket(venue, scripted);
    expect(await send(venue, [0, 5, 0])).toEqual([OUTCOME.filled, OUTCOME.rejected, OUTCOME.filled]);
    expect(ordersIn(scripted.arrived).map(({ nonce }) => nonce)).toEqual([FIRST_NONCE, FIRST_NONCE + 2]);
  });
});
