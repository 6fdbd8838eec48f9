import { unwrap } from '@lockstep/kernel';
import { afterEach, describe, expect, it } from 'vitest';
import { OUTCOME } from '../port';
import {
  API_KEY,
  accountPath,
  answered,
  LEVERAGE_PATH,
  ORDERS_PATH,
  refused,
  type ScriptedAnswer,
  ScriptedApi,
  type ScriptedApiOrder,
  WALLET,
} from './testing/scripted-api';

/* Answers of the API that the simulated one never gives. Only the adapter is under test: nothing built is needed. */

let api: ScriptedApi | null = null;
async function start(order: ScriptedApiOrder = {}): Promise<ScriptedApi> {
  api = await ScriptedApi.start(order);
  api.holds('0');
  return api;
}
afterEach(async () => {
  await api?.close();
});

const placed = (orderId: string, filledSize: string, status = 'filled', avgPrice: string | null = '100.5') =>
  answered({ orderId, status, symbol: 'BTC', side: 'buy', type: 'market', size: '0.5', filledSize, avgPrice });
const MONEY = { status: 200, body: { equity: '1000', availableMargin: '900' } };
const T0 = 1_700_000_000_000;
const wireOrder = (orderId: string, filledSize: string, time: number, fills: readonly object[] = []): ScriptedAnswer =>
  answered({ orderId, symbol: 'BTC', side: 'buy', price: '101', size: '0.5', filledSize, status: 'filled', createdAt: time, updatedAt: time, fills });
const told = async (stage: ScriptedApi, since: number) =>
  unwrap(await stage.venue.truth.fills(WALLET, since), 'fills').map(({ orderId, size, price, time }) => `${orderId}: ${size} at ${price}, ${time}`);

describe('fills that are worked out', () => {
  it('of an order whose answer came after a later order was told are told all the same', async () => {
    const stage = await start();
    stage.on('POST', ORDERS_PATH, placed('2', '0.5'));
    stage.on('GET', accountPath('/orders/2'), wireOrder('2', '0.5', T0 + 100, [{ id: 'b', price: '100', size: '0.5', timestamp: T0 + 100 }]));
    await stage.place({ lots: 500 });
    expect(await told(stage, 0)).toEqual([`2: 50000000 at 10000000000, ${T0 + 100}`]);
    stage.on('POST', ORDERS_PATH, placed('1', '0.5'));
    stage.on('GET', accountPath('/orders/1'), wireOrder('1', '0.5', T0, [{ id: 'a', price: '100', size: '0.5', timestamp: T0 }]));
    await stage.place({ lots: 500 });
    const later = await told(stage, T0 + 100);
    expect(later).toContain(`1: 50000000 at 10000000000, ${T0 + 100}`);
    expect(await told(stage, T0 + 100)).toEqual(later);
  });

  it.each<[string, ScriptedAnswer]>([
    ['the API no longer lists', refused(404, 'ORDER_NOT_FOUND', 'Order 7 was not found')],
    ['the API lists without its fill yet', wireOrder('7', '0', T0)],
    ['the API lists without fills', wireOrder('7', '0.5', T0)],
    ['the API lists with a part of its fills', wireOrder('7', '0.5', T0, [{ id: 'a', price: '99', size: '0.2', timestamp: T0 }])],
  ])('of an order %s are what its answer said', async (_name, listed) => {
    const stage = await start();
    stage.on('POST', ORDERS_PATH, placed('7', '0.5'));
    stage.on('GET', accountPath('/orders/7'), listed);
    await stage.place({ lots: 500 });
    const fills = unwrap(await stage.venue.truth.fills(WALLET, 0), 'fills');
    expect(fills.map(({ size, price, fee, derived }) => [size, price, fee > 0n, derived])).toEqual([[50_000_000n, 10_050_000_000n, true, true]]);
    expect(unwrap(await stage.venue.truth.fills(WALLET, 0), 'fills again')).toEqual(fills);
  });
});

describe('an order of unknown outcome', () => {
  const DUPLICATE = refused(422, 'ORDER_REJECTED', 'Invalid nonce: duplicate nonce 1');

  it('that never landed is not taken for filled because the follower traded by hand', async () => {
    const stage = await start();
    await stage.venue.truth.account(WALLET, '');
    stage.on('POST', ORDERS_PATH, 'silence');
    const [lost] = await stage.place({ lots: 500 });
    if (lost === undefined) throw new Error('one order was placed');
    stage.holds('0.5');
    expect(await stage.standing(lost, 500)).toBe('unknown_order');
    stage.on('POST', LEVERAGE_PATH, answered({ status: 'ok' }));
    expect(await stage.spend(lost.nonce)).toBe('accepted');
    expect(await told(stage, 0)).toEqual([]);
  });

  it('that landed is found by the position once its nonce is known to be spent', async () => {
    const stage = await start();
    await stage.venue.truth.account(WALLET, '');
    stage.on('POST', ORDERS_PATH, 'silence');
    const [lost] = await stage.place({ lots: 500 });
    if (lost === undefined) throw new Error('one order was placed');
    stage.holds('0.5');
    stage.on('POST', LEVERAGE_PATH, DUPLICATE);
    expect(await stage.standing(lost, 500)).toBe('unknown_order');
    expect(await stage.spend(lost.nonce)).toBe('nonce_duplicate');
    expect(await stage.standing(lost, 500)).toBe('filled 50000000');
    expect(await told(stage, 0)).toHaveLength(1);
  });

  it('that was refused on arrival is not taken for filled by what an order before it filled while the account was read', async () => {
    const stage = await start();
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    await stage.venue.truth.account(WALLET, '');
    stage.on('GET', accountPath(), { ...MONEY, after: gate });
    const reading = stage.venue.truth.account(WALLET, '');
    await expect.poll(() => stage.asked.filter(({ path }) => path === accountPath('/positions')).length).toBe(2);
    stage.on('POST', ORDERS_PATH, placed('1', '0.5'));
    await stage.place({ lots: 500 });
    stage.holds('0.5');
    open();
    await reading;
    stage.on('POST', ORDERS_PATH, 'silence');
    stage.on('POST', LEVERAGE_PATH, DUPLICATE);
    const [lost] = await stage.place({ lots: 500 });
    if (lost === undefined) throw new Error('one order was placed');
    await stage.spend(lost.nonce);
    expect(await stage.standing(lost, 500)).toBe('unknown_order');
  });

  it('whose answer contradicts itself is asked for by the id it named', async () => {
    const stage = await start();
    stage.on('POST', ORDERS_PATH, placed('9', '0.2'));
    const [order] = await stage.place({ lots: 500 });
    expect(order?.outcome).toBe(OUTCOME.unknown);
    if (order === undefined) throw new Error('one order was placed');
    stage.on('GET', accountPath('/orders/9'), wireOrder('9', '0.5', T0, [{ id: 'a', price: '100', size: '0.5', timestamp: T0 }]));
    expect(await stage.standing(order, 500)).toBe('filled 50000000');
    expect(await told(stage, 0)).toEqual([`9: 50000000 at 10000000000, ${T0}`]);
  });

  it.each([
    ['says that it filled', placed('9', '0.5')],
    ['refuses it', refused(422, 'ORDER_REJECTED', 'Insufficient margin')],
  ])('is one whose answer %s and is longer than the bound', async (_what, { status, body }) => {
    const stage = await start({ settings: { answerBytesMax: 1_000 } });
    stage.on('POST', ORDERS_PATH, { status, body: { ...Object(body), note: ' '.repeat(1_000) } });
    const [order] = await stage.place({ lots: 500 });
    expect(order?.outcome).toBe(OUTCOME.unknown);
    expect(stage.asked.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  it('stays unknown while the API says that it filled and not how much', async () => {
    const stage = await start();
    stage.on('POST', ORDERS_PATH, placed('9', '0'));
    const [order] = await stage.place({ lots: 500 });
    if (order === undefined) throw new Error('one order was placed');
    stage.on('GET', accountPath('/orders/9'), wireOrder('9', '0', T0));
    expect(await stage.standing(order, 500)).toBe('unparseable');
  });

  it.each([
    ['nothing before a signature of that kind was taken once', [], 'unknown'],
    ['that the agent is gone after one was', [answered({ status: 'ok' })], 'unknown_signer'],
    ['that the agent is gone after one reached the exchange', [DUPLICATE], 'unknown_signer'],
  ])('a signature refused for its nonce proves %s', async (_name, before, expected) => {
    const stage = await start();
    stage.on('POST', LEVERAGE_PATH, ...before, refused(401, 'SIGNATURE_ERROR', 'Invalid signature'));
    for (const _one of before) await stage.spend(stage.nextNonce());
    expect(await stage.spend(stage.nextNonce())).toBe(expected);
  });
});

describe('a read', () => {
  it('whose answer is longer than the bound failed: nothing of it is believed', async () => {
    const stage = await start({ settings: { answerBytesMax: 1_000 } });
    stage.on('GET', accountPath(), answered({ ...MONEY.body, note: ' '.repeat(1_000) }));
    expect(await stage.venue.truth.account(WALLET, '')).toMatchObject({ ok: false, error: { code: 'unreachable' } });
  });
});

describe('entries whose time passes', () => {
  /** Three orders a minute; the rest of the key is kept for reads, of which the listing took one. */
  const settings = { requestsPerMinute: 10, keptPerMinute: { orders: 3, truth: 7, leaders: 0 } };
  const asked = (stage: ScriptedApi): number => stage.asked.filter(({ method }) => method === 'POST').length;

  it('before they could leave take no place of the key’s minute', async () => {
    const stage = await start({ settings: { ...settings, orderWaitMaxMs: 200 } });
    stage.on('POST', ORDERS_PATH, placed('7', '0.5'));
    const late = { lots: 500, expiresAfter: Date.now() - 1 };
    const outcomes = await stage.place(late, late, late, late, { lots: 500, reduceOnly: true });
    expect(outcomes.map(({ reject }) => reject)).toEqual(['expired', 'expired', 'expired', 'expired', 'none']);
    expect(asked(stage)).toBe(1);
  });

  it('while they wait for a place wait no longer than that', async () => {
    const stage = await start({ settings });
    stage.on('POST', ORDERS_PATH, placed('7', '0.5'));
    const soon = { lots: 500, expiresAfter: Date.now() + 400 };
    const outcomes = await stage.place(soon, soon, soon, soon, soon);
    expect(outcomes.slice(0, 3).map(({ reject }) => reject)).toEqual(['none', 'none', 'none']);
    expect(outcomes.slice(3).every(({ reject }) => reject === 'expired' || reject === 'not_sent')).toBe(true);
    expect(asked(stage)).toBe(3);
  }, 20_000);
});

describe('the key', () => {
  it('is named in no outcome and no error, though the API repeats it', async () => {
    const stage = await start();
    const repeated = refused(401, 'INVALID_API_KEY', `Invalid API key ${API_KEY}`);
    stage.on('GET', accountPath(), repeated);
    stage.on('POST', LEVERAGE_PATH, repeated);
    stage.on('POST', ORDERS_PATH, refused(500, 'INTERNAL_ERROR', `key ${API_KEY} failed`));
    const read = await stage.venue.truth.account(WALLET, '');
    const spent = await stage.venue.orders.noop(0, stage.nextNonce());
    await stage.place({ lots: 500 });
    expect(read.ok).toBe(false);
    expect(stage.logged.map(({ event }) => event)).toContain('order_unanswered');
    expect(JSON.stringify([read, spent, stage.logged], (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))).not.toContain(
      API_KEY,
    );
  });
});
