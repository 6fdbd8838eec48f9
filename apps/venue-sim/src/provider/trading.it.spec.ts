import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { account, lower, startServer } from '../testing/clients';
import { agent, errorOf, keyAnswer, orderAction, providerStage, stranger, trader } from './testing/provider-stage';

/* Trading over the Provider API, signed by an independent client's signing code. */

const stage = providerStage();
const { authorise, call, control, nextNonce, place } = stage;
beforeAll(async () => await stage.start());
afterAll(async () => await stage.stop());

const BTC = 0;
const accountPath = `/v1/perps/hyperliquid/account/${lower(trader)}`;

describe('trading', () => {
  it('fills a market order inside its bound, shows the position and closes it', async () => {
    const bought = await place({ side: 'buy', type: 'market', price: '70000', size: '0.01' });
    expect(bought.status).toBe(200);
    expect(bought.body).toMatchObject({ status: 'filled', symbol: 'BTC', side: 'buy', type: 'market', size: '0.01', filledSize: '0.01' });
    expect(Number(bought.body.avgPrice)).toBeLessThan(70_000);
    expect((await call('GET', `${accountPath}/positions`)).body).toEqual([
      {
        symbol: 'BTC',
        side: 'long',
        size: '0.01',
        entryPrice: expect.any(String),
        markPrice: expect.any(String),
        unrealizedPnl: expect.any(String),
        leverage: '20',
        marginMode: 'cross',
        liquidationPrice: expect.any(String),
        margin: expect.any(String),
      },
    ]);
    expect(Object.keys((await call('GET', accountPath)).body)).toEqual([
      'equity',
      'availableMargin',
      'usedMargin',
      'unrealizedPnl',
      'totalPositionValue',
    ]);
    const order = (await call('GET', `${accountPath}/orders/${bought.body.orderId}`)).body;
    expect(order).toMatchObject({ status: 'filled', filledSize: '0.01', type: 'market' });
    expect(order.fills[0]).toMatchObject({ side: 'buy', fee: expect.any(String), feeAsset: 'USDC' });
    expect((await place({ side: 'sell', type: 'market', price: '60000', size: '0.01', reduceOnly: true })).body.status).toBe('filled');
    expect((await call('GET', `${accountPath}/positions`)).body).toEqual([]);
  });

  it('rests a limit order, lists it and cancels it once, by a body on DELETE', async () => {
    const rested = await place({ side: 'buy', type: 'limit', price: '60000', size: '0.001' });
    expect(rested.body).toMatchObject({ status: 'open', filledSize: '0' });
    const orderId = rested.body.orderId;
    expect((await call('GET', `${accountPath}/orders`)).body).toEqual([
      expect.objectContaining({ orderId, symbol: 'BTC', side: 'buy', type: 'limit', size: '0.001', filledSize: '0', status: 'open' }),
    ]);
    const cancel = async () => {
      const action = { type: 'cancel', cancels: [{ a: BTC, o: Number(orderId) }] };
      return call('DELETE', '/v1/perps/hyperliquid/orders', { body: { symbol: 'BTC', orderId, ...(await authorise(action)) } });
    };
    expect((await cancel()).body).toEqual({ orderId, status: 'canceled' });
    expect(errorOf(await cancel())).toBe('404 ORDER_NOT_FOUND');
    expect((await call('GET', `${accountPath}/orders/${orderId}`)).body.status).toBe('canceled');
    expect(errorOf(await call('GET', `${accountPath}/orders/1`))).toBe('404 ORDER_NOT_FOUND');
  });

  it('places and cancels a stop', async () => {
    const action = {
      type: 'order',
      orders: [{ a: BTC, b: false, p: '50000', s: '0.001', r: false, t: { trigger: { isMarket: true, triggerPx: '60000', tpsl: 'sl' } } }],
      grouping: 'na',
    };
    const body = {
      symbol: 'BTC',
      side: 'sell',
      type: 'stop_market',
      size: '0.001',
      price: '50000',
      triggerPrice: '60000',
      ...(await authorise(action)),
    };
    const placed = await call('POST', '/v1/perps/hyperliquid/orders', { body });
    expect(placed.body).toMatchObject({ status: 'open', type: 'stop_market' });
    const orderId = placed.body.orderId;
    expect((await call('GET', `${accountPath}/orders`)).body[0]).toMatchObject({
      orderId,
      type: 'stop_market',
      triggerPrice: expect.stringMatching(/^60000/),
    });
    const cancel = { type: 'cancel', cancels: [{ a: BTC, o: Number(orderId) }] };
    expect((await call('DELETE', '/v1/perps/hyperliquid/orders', { body: { symbol: 'BTC', orderId, ...(await authorise(cancel)) } })).status).toBe(
      200,
    );
  });

  it('sets leverage, up to the maximum of the market', async () => {
    const leverage = async (wanted: number) => {
      const action = { type: 'updateLeverage', asset: BTC, isCross: true, leverage: wanted };
      return call('POST', '/v1/perps/hyperliquid/leverage', { body: { symbol: 'BTC', leverage: wanted, ...(await authorise(action)) } });
    };
    expect((await leverage(5)).status).toBe(200);
    expect(errorOf(await leverage(41))).toBe('422 MAX_LEVERAGE_EXCEEDED');
    expect((await leverage(20)).status).toBe(200);
  });

  it('trades an RWA in its dex', async () => {
    const action = orderAction(true, '200', '0.1', 'FrontendMarket', false, 110_002);
    const body = { symbol: 'NVDA', dex: 'xyz', side: 'buy', type: 'market', price: '200', size: '0.1', ...(await authorise(action)) };
    expect((await call('POST', '/v1/rwas/hyperliquid/orders', { body })).body).toMatchObject({ status: 'filled', symbol: 'NVDA' });
    expect((await call('GET', `/v1/rwas/hyperliquid/account/${lower(trader)}/positions?dex=xyz`)).body[0]).toMatchObject({
      symbol: 'NVDA',
      size: '0.1',
    });
  });

  it.each([
    ['too small', { price: '70000', size: '0.0001' }, '422 SIZE_TOO_SMALL'],
    ['off the tick', { price: '66000.55', size: '0.001' }, '400 INVALID_ORDER'],
    ['beyond the margin', { price: '70000', size: '50' }, '422 INSUFFICIENT_MARGIN'],
    ['far from the mark', { price: '1000000', size: '0.001' }, '422 PRICE_TOO_FAR'],
    ['no match', { price: '60000', size: '0.001' }, '422 ORDER_REJECTED'],
  ])('refuses an order %s', async (_name, fields, refusal) => {
    expect(errorOf(await place({ side: 'buy', type: 'market', ...fields }))).toBe(refusal);
  });

  it('refuses a reduce-only order of a flat account, a repeated nonce, a stranger and an expired agent', async () => {
    expect(errorOf(await place({ side: 'sell', type: 'market', price: '60000', size: '0.001', reduceOnly: true }))).toBe('422 REDUCE_ONLY_REJECTED');
    const at = nextNonce();
    const twice = [
      await place({ side: 'buy', type: 'limit', price: '50000', size: '0.001' }, agent, at),
      await place({ side: 'buy', type: 'limit', price: '50000', size: '0.001' }, agent, at),
    ];
    expect(twice.map((got) => (got.status === 200 ? 'ok' : got.body.error.message))).toEqual(['ok', `Invalid nonce: duplicate nonce ${at}`]);
    expect(errorOf(await place({ side: 'buy', type: 'market', price: '70000', size: '0.001' }, stranger))).toBe('401 SIGNATURE_ERROR');
  });

  it('refuses what was signed for the other network', async () => {
    const action = orderAction(true, '70000', '0.001', 'FrontendMarket');
    const body = {
      symbol: 'BTC',
      side: 'buy',
      type: 'market',
      price: '70000',
      size: '0.001',
      ...(await authorise(action, agent, nextNonce(), true)),
    };
    expect(errorOf(await call('POST', '/v1/perps/hyperliquid/orders', { body }))).toBe('401 SIGNATURE_ERROR');
  });

  it('refuses bodies by what is wrong with them', async () => {
    const good = {
      symbol: 'BTC',
      side: 'buy',
      type: 'market',
      price: '70000',
      size: '0.001',
      ...(await authorise(orderAction(true, '70000', '0.001', 'FrontendMarket'))),
    };
    const wrong: readonly [object | string, string][] = [
      [{ ...good, size: undefined }, '400 MISSING_REQUIRED_FIELD'],
      [{ ...good, side: 'hold' }, '400 INVALID_ORDER'],
      [{ ...good, type: 'twap' }, '400 INVALID_ORDER'],
      [{ ...good, size: '-1' }, '400 INVALID_PARAMS'],
      [{ ...good, price: undefined }, '400 INVALID_PARAMS'],
      [{ ...good, type: 'limit', price: undefined }, '400 MISSING_REQUIRED_FIELD'],
      [{ ...good, signature: '0x12' }, '400 INVALID_PARAMS'],
      [{ ...good, symbol: 'NOPE' }, '400 INVALID_PARAMS'],
      [{ ...good, size: '0.002' }, '401 SIGNATURE_ERROR'],
      ['{', '400 INVALID_PARAMS'],
    ];
    for (const [body, refusal] of wrong) expect(errorOf(await call('POST', '/v1/perps/hyperliquid/orders', { body }))).toBe(refusal);
  });

  it('asks for no more than a signature in presence mode', async () => {
    await control('/provider', { signatureMode: 'presence' });
    const body = {
      symbol: 'BTC',
      side: 'buy',
      type: 'market',
      price: '70000',
      size: '0.001',
      wallet: lower(trader),
      signature: `0x${'11'.repeat(65)}`,
      nonce: nextNonce(),
    };
    expect((await call('POST', '/v1/perps/hyperliquid/orders', { body })).body.status).toBe('filled');
    await control('/provider', { signatureMode: 'strict' });
    expect(errorOf(await call('POST', '/v1/perps/hyperliquid/orders', { body: { ...body, nonce: nextNonce() } }))).toBe('401 SIGNATURE_ERROR');
  });
});

describe('agents', () => {
  it('that have expired are told apart from strangers', async () => {
    await stage.venue().control.openWorld({ name: 'short', path: 'still', settings: { agentLifeMs: 1 } });
    await stage
      .venue()
      .control.setUpAccounts('short', [{ address: lower(trader), credits: { '': '1000' }, agent: { address: lower(account(704)) } }]);
    const action = orderAction(true, '70000', '0.001', 'FrontendMarket');
    const order = { symbol: 'BTC', side: 'buy', type: 'market', price: '70000', size: '0.001' };
    const asked = async () =>
      call('POST', '/w/short/v1/perps/hyperliquid/orders', { body: { ...order, ...(await authorise(action, account(704))) } });
    await expect.poll(async () => errorOf(await asked())).toBe('401 SESSION_EXPIRED');
  });
});

describe('the exchange behind', () => {
  it('with its limits on shares one budget among all keys, told as unavailable and never as a 429', async () => {
    const strict = await startServer('--path', 'still', '--limits', 'on');
    try {
      const made = await fetch(`http://127.0.0.1:${strict.controlPort}/provider/keys`, {
        method: 'POST',
        body: JSON.stringify({ requestsPerMinute: 5_000 }),
      });
      const { key } = keyAnswer.parse(await made.json());
      const statuses: number[] = [];
      // A mid price list weighs 2 of 1,200 a minute.
      for (let turn = 0; turn < 610 && !statuses.includes(503); turn += 1)
        statuses.push((await fetch(`${strict.httpUrl()}/v1/perps/hyperliquid/prices`, { headers: { 'X-API-Key': key } })).status);
      expect(statuses.filter((status) => status === 200)).toHaveLength(600);
      expect(statuses.at(-1)).toBe(503);
    } finally {
      await strict.stop();
    }
  });

  it.each([
    [429, '503 PROVIDER_UNAVAILABLE'],
    [502, '502 PROVIDER_ERROR'],
  ])('answering %i is told as %s', async (status, refusal) => {
    await stage.venue().control.addFault('main', { target: 'exchange', effect: { kind: 'status', status } });
    expect(errorOf(await place({ side: 'buy', type: 'market', price: '70000', size: '0.001' }))).toBe(refusal);
    await stage.venue().control.addFault('main', { target: 'info', effect: { kind: 'status', status }, type: 'clearinghouseState' });
    expect(errorOf(await call('GET', accountPath))).toBe(refusal);
  });
});
