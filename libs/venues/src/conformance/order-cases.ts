import { price, size, toLots, unwrap } from '@lockstep/kernel';
import type { ConformanceCase, ConformanceDriver, TradingAccount } from './driver';
import { eventually, mustBe, mustEqual } from './expect';
import { awayFromMark, columnsOf, market, type PlainOutcome, place, placeOne, positionOf, sizeWorth } from './orders';

/** Buys for so many dollars, crossing the book. */
export async function buyFor(driver: ConformanceDriver, account: TradingAccount, dollars: number): Promise<PlainOutcome> {
  const context = await market(driver);
  const limit = awayFromMark(context, 3);
  return await placeOne(driver, context.instrument, {
    account,
    buy: true,
    price: limit,
    size: sizeWorth(context.instrument, dollars, context.markPrice),
  });
}

const iocFilled: ConformanceCase = {
  number: 1,
  name: 'a crossing IOC order is filled and the position is there',
  async run(driver) {
    const account = await driver.account();
    const context = await market(driver);
    const quantity = sizeWorth(context.instrument, 50, context.markPrice);
    const outcome = await placeOne(driver, context.instrument, { account, buy: true, price: awayFromMark(context, 3), size: quantity });
    mustBe(outcome, 'filled');
    mustEqual(outcome.filledLots, toLots(context.instrument, quantity), 'filled lots');
    mustEqual(outcome.averagePrice > 0 && outcome.averagePrice <= Number(awayFromMark(context, 3)), true, 'average price inside the limit');
    mustEqual(outcome.orderId > 0, true, 'venue order id');
    mustEqual(await positionOf(driver, account), quantity, 'position');
  },
};

const iocNoMatch: ConformanceCase = {
  number: 2,
  name: 'an IOC order that matches nothing is refused',
  async run(driver) {
    const account = await driver.account();
    const context = await market(driver);
    const limit = awayFromMark(context, -20);
    const outcome = await placeOne(driver, context.instrument, { account, buy: true, price: limit, size: sizeWorth(context.instrument, 50, limit) });
    mustBe(outcome, 'rejected', 'ioc_no_match');
    mustEqual(await positionOf(driver, account), 0n, 'position');
  },
};

const gtcRestsAndCancels: ConformanceCase = {
  number: 3,
  name: 'a GTC order rests, is listed, and is cancelled by its client order id once',
  async run(driver) {
    const account = await driver.account();
    const context = await market(driver);
    const limit = awayFromMark(context, -20);
    const quantity = sizeWorth(context.instrument, 50, limit);
    const outcome = await placeOne(driver, context.instrument, { account, buy: true, price: limit, size: quantity, tif: 'gtc' });
    mustBe(outcome, 'resting');
    const open = unwrap(await driver.venue.truth.openOrders(account.address, ''), 'open orders');
    mustEqual(open.length, 1, 'open orders');
    mustEqual(open[0]?.clientOrderId, outcome.clientOrderId, 'client order id');
    mustEqual(open[0]?.limitPrice, limit, 'limit price');
    mustEqual(open[0]?.remaining, quantity, 'remaining size');
    const standing = unwrap(await driver.venue.truth.orderStatus(account.address, outcome.clientOrderId), 'order status');
    mustEqual(standing.kind, 'open', 'standing');
    const cancelled = await driver.venue.orders.cancel(account.signer, account.nextNonce(), context.instrument, outcome.clientOrderId);
    mustEqual(cancelled.kind, 'accepted', 'cancel');
    const again = await driver.venue.orders.cancel(account.signer, account.nextNonce(), context.instrument, outcome.clientOrderId);
    mustEqual(again.kind === 'rejected' ? again.code : again.kind, 'missing_order', 'second cancel');
    mustEqual(unwrap(await driver.venue.truth.openOrders(account.address, ''), 'open orders').length, 0, 'open orders after the cancel');
    const closed = unwrap(await driver.venue.truth.orderStatus(account.address, outcome.clientOrderId), 'order status');
    mustEqual(closed.kind === 'closed' ? closed.status : closed.kind, 'canceled', 'standing after the cancel');
  },
};

const aloCrossing: ConformanceCase = {
  number: 4,
  name: 'a post-only order that would match is refused; one that would not rests',
  requires: ['postOnly'],
  async run(driver) {
    const account = await driver.account();
    const context = await market(driver);
    const quantity = sizeWorth(context.instrument, 60, context.markPrice);
    mustBe(
      await placeOne(driver, context.instrument, { account, buy: true, price: awayFromMark(context, 3), size: quantity, tif: 'alo' }),
      'rejected',
      'post_only_would_match',
    );
    mustBe(
      await placeOne(driver, context.instrument, { account, buy: true, price: awayFromMark(context, -20), size: quantity, tif: 'alo' }),
      'resting',
    );
  },
};

const minimum: ConformanceCase = {
  number: 5,
  name: 'an order below the minimum notional is refused',
  async run(driver) {
    mustBe(await buyFor(driver, await driver.account(), 5), 'rejected', 'min_notional');
  },
};

const reduceOnlyFlat: ConformanceCase = {
  number: 6,
  name: 'a reduce-only order of a flat account is refused',
  async run(driver) {
    const account = await driver.account();
    const context = await market(driver);
    const order = {
      account,
      buy: false,
      price: awayFromMark(context, -3),
      size: sizeWorth(context.instrument, 50, context.markPrice),
      reduceOnly: true,
    };
    mustBe(await placeOne(driver, context.instrument, order), 'rejected', 'reduce_only');
  },
};

const fullCloseBelowMinimum: ConformanceCase = {
  number: 7,
  name: 'a reduce-only order that closes the whole position is exempt from the minimum',
  async run(driver) {
    const account = await driver.account();
    const context = await market(driver);
    const { instrument, markPrice } = context;
    const sell = { account, buy: false, price: awayFromMark(context, -3), reduceOnly: true };
    const all = sizeWorth(instrument, 15, markPrice);
    const most = sizeWorth(instrument, 11, markPrice);
    mustBe(await placeOne(driver, instrument, { account, buy: true, price: awayFromMark(context, 3), size: all }), 'filled');
    mustBe(await placeOne(driver, instrument, { ...sell, size: most }), 'filled');
    mustBe(await placeOne(driver, instrument, { ...sell, size: size(all - most) }), 'filled');
    mustEqual(await positionOf(driver, account), 0n, 'position');
  },
};

const offTick: ConformanceCase = {
  number: 8,
  name: 'a price off the grid is refused',
  async run(driver) {
    const account = await driver.account();
    const context = await market(driver);
    const limit = price(awayFromMark(context, -5) + 1n);
    const order = { account, buy: true, price: limit, size: sizeWorth(context.instrument, 50, limit) };
    mustBe(await placeOne(driver, context.instrument, order), 'rejected', 'tick');
  },
};

const margin: ConformanceCase = {
  number: 9,
  name: 'an order beyond the margin is refused',
  async run(driver) {
    mustBe(await buyFor(driver, await driver.account(), 5_000_000), 'rejected', 'margin');
  },
};

const expired: ConformanceCase = {
  number: 10,
  name: 'an action past its expiry is refused',
  async run(driver) {
    const account = await driver.account();
    const context = await market(driver);
    const quantity = sizeWorth(context.instrument, 50, context.markPrice);
    const order = { account, buy: true, price: awayFromMark(context, 3), size: quantity };
    mustBe(await placeOne(driver, context.instrument, { ...order, expiresAfter: driver.venueNow() - 5_000 }), 'rejected', 'expired');
    mustBe(await placeOne(driver, context.instrument, { ...order, expiresAfter: driver.venueNow() + 60_000 }), 'filled');
  },
};

const manyRows: ConformanceCase = {
  number: 11,
  name: 'every row of a batch of several signers has exactly one outcome',
  async run(driver) {
    const accounts = [await driver.account(), await driver.account(), await driver.account()];
    const context = await market(driver);
    const quantity = sizeWorth(context.instrument, 12, context.markPrice);
    const orders = Array.from({ length: 30 }, (_, row) => ({
      account: accounts[row % 3] ?? accounts[0],
      buy: true,
      price: awayFromMark(context, 3),
      size: quantity,
    }));
    const present = orders.flatMap(({ account, ...rest }) => (account === undefined ? [] : [{ ...rest, account }]));
    const { outcomes, report } = await place(driver, context.instrument, present);
    for (const outcome of outcomes) mustBe(outcome, 'filled');
    mustEqual(report.accepted, 30, 'accepted rows');
    mustEqual(
      report.firstSentAt > 0 && report.firstSentAt <= report.lastSentAt && report.lastSentAt <= report.lastAnsweredAt,
      true,
      'order of the stages',
    );
    for (const account of accounts) mustEqual(await positionOf(driver, account), quantity * 10n, 'position');
  },
};

const withheld: ConformanceCase = {
  number: 12,
  name: 'rows withheld by keepGoing are never sent',
  async run(driver) {
    const account = await driver.account();
    const context = await market(driver);
    const order = { account, buy: true, price: awayFromMark(context, 3), size: sizeWorth(context.instrument, 12, context.markPrice) };
    const { columns } = columnsOf(driver, context.instrument, [order, order, order]);
    const held: number[] = [];
    const report = await driver.venue.orders.submit(driver.approved(columns), {
      onOutcomes: () => undefined,
      onWithheld: (rows) => held.push(...rows),
      keepGoing: () => false,
    });
    mustEqual(held.join(), '0,1,2', 'withheld rows');
    mustEqual(report.accepted + report.rejected + report.unknown, 0, 'rows with an outcome');
    mustEqual(await positionOf(driver, account), 0n, 'position');
  },
};

const builderFee: ConformanceCase = {
  number: 13,
  name: 'a builder fee without consent is refused, with consent it stands in the fill',
  requires: ['builderFee'],
  async run(driver) {
    const account = await driver.account();
    const context = await market(driver);
    const order = { account, buy: true, price: awayFromMark(context, 3), size: sizeWorth(context.instrument, 50, context.markPrice) };
    const refused = await placeOne(driver, context.instrument, { ...order, builder: { address: driver.strangerBuilder, feeTenthsBp: 10 } });
    mustBe(refused, 'rejected', 'builder_not_approved');
    const builder = await driver.approveBuilder(account, 50);
    mustEqual(unwrap(await driver.venue.truth.builderApproval(account.address, builder), 'builder approval'), 50, 'approved fee');
    mustBe(await placeOne(driver, context.instrument, { ...order, builder: { address: builder, feeTenthsBp: 50 } }), 'filled');
    const fills = await eventually('a fill', async () => {
      const read = unwrap(await driver.venue.truth.fills(account.address, 0), 'fills');
      return read.length === 0 ? null : read;
    });
    mustEqual(
      fills.every((fill) => fill.builderFee > 0n && fill.fee > fill.builderFee),
      true,
      'builder fee inside the fee',
    );
  },
};

export const ORDER_CASES: readonly ConformanceCase[] = [
  iocFilled,
  iocNoMatch,
  gtcRestsAndCancels,
  aloCrossing,
  minimum,
  reduceOnlyFlat,
  fullCloseBelowMinimum,
  offTick,
  margin,
  expired,
  manyRows,
  withheld,
  builderFee,
];
