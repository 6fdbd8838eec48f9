import { size, toLots, unwrap } from '@lockstep/kernel';
import type { ConformanceCase } from './driver';
import { eventually, mustBe, mustEqual } from './expect';
import { buyFor } from './order-cases';
import { awayFromMark, market, nextCloid, placeOne, positionOf, sizeWorth } from './orders';

const DAY_MS = 86_400_000;

const duplicateNonce: ConformanceCase = {
  number: 20,
  name: 'a nonce is taken once: the second use names it a duplicate',
  async run(driver) {
    const account = await driver.account();
    const context = await market(driver);
    const order = {
      account,
      buy: true,
      price: awayFromMark(context, 3),
      size: sizeWorth(context.instrument, 50, context.markPrice),
      nonce: account.nextNonce(),
    };
    mustBe(await placeOne(driver, context.instrument, order), 'filled');
    mustBe(await placeOne(driver, context.instrument, { ...order, clientOrderId: nextCloid(driver) }), 'rejected', 'nonce_duplicate');
    mustEqual(await positionOf(driver, account), order.size, 'position');
  },
};

const oldNonce: ConformanceCase = {
  number: 21,
  name: 'a nonce from days ago is too low',
  async run(driver) {
    const account = await driver.account();
    const context = await market(driver);
    const order = { account, buy: true, price: awayFromMark(context, 3), size: sizeWorth(context.instrument, 50, context.markPrice) };
    const outcome = await placeOne(driver, context.instrument, { ...order, nonce: driver.venueNow() - 5 * DAY_MS });
    mustBe(outcome, 'rejected', 'nonce_too_low');
  },
};

const unknownSigner: ConformanceCase = {
  number: 22,
  name: 'a signer nobody approved is refused',
  async run(driver) {
    const outcome = await buyFor(driver, await driver.stranger(), 50);
    mustEqual(outcome.reject === 'unknown_signer' || outcome.reject === 'no_deposit', true, `refusal ${outcome.reject}`);
  },
};

const leverage: ConformanceCase = {
  number: 23,
  name: 'leverage is set up to the maximum and refused beyond it',
  async run(driver) {
    const account = await driver.account();
    const { instrument } = await market(driver);
    const set = await driver.venue.orders.updateLeverage(account.signer, account.nextNonce(), instrument, 3, true);
    mustEqual(set.kind, 'accepted', 'leverage 3');
    const beyond = await driver.venue.orders.updateLeverage(account.signer, account.nextNonce(), instrument, instrument.maxLeverage + 1, true);
    mustEqual(beyond.kind === 'rejected' ? beyond.code : beyond.kind, 'leverage', 'leverage beyond the maximum');
    mustBe(await buyFor(driver, account, 50), 'filled');
    const state = unwrap(await driver.venue.truth.account(account.address, ''), 'account state');
    mustEqual(state.positions[0]?.leverage, 3, 'leverage of the position');
  },
};

const noop: ConformanceCase = {
  number: 24,
  name: 'noop consumes its nonce, so that an order with it can no longer land',
  async run(driver) {
    const account = await driver.account();
    const nonce = account.nextNonce();
    mustEqual((await driver.venue.orders.noop(account.signer, nonce)).kind, 'accepted', 'noop');
    const context = await market(driver);
    const order = { account, buy: true, price: awayFromMark(context, 3), size: sizeWorth(context.instrument, 50, context.markPrice), nonce };
    mustBe(await placeOne(driver, context.instrument, order), 'rejected', 'nonce_duplicate');
    mustEqual(await positionOf(driver, account), 0n, 'position');
  },
};

const unknownOutcome: ConformanceCase = {
  number: 25,
  name: 'an answer lost after landing is unknown, is not sent again, and is resolved by order status or by the nonce',
  async run(driver) {
    const account = await driver.account();
    const context = await market(driver);
    const quantity = sizeWorth(context.instrument, 50, context.markPrice);
    const order = {
      account,
      buy: true,
      price: awayFromMark(context, 3),
      size: quantity,
      nonce: account.nextNonce(),
      clientOrderId: nextCloid(driver),
    };
    const { instrument } = context;
    const sent = {
      instrument,
      buy: true,
      price: order.price,
      lots: toLots(instrument, quantity),
      nonce: order.nonce,
      positionBefore: size(0n),
      others: [],
    };
    await driver.loseNextOrderAnswer();
    const outcome = await placeOne(driver, context.instrument, order);
    mustBe(outcome, 'unknown');
    const standing = await eventually('the order to be known', async () => {
      const read = unwrap(await driver.venue.truth.orderStatus(account.address, order.clientOrderId, sent), 'order status');
      if (read.kind === 'unknown_order') await driver.venue.orders.noop(account.signer, order.nonce);
      return read.kind === 'unknown_order' ? null : read;
    });
    mustEqual(standing.kind === 'closed' ? standing.status : standing.kind, 'filled', 'standing');
    mustBe(await placeOne(driver, context.instrument, order), 'rejected', 'nonce_duplicate');
    mustEqual(await positionOf(driver, account), quantity, 'position: once');
  },
};

const unknownOrder: ConformanceCase = {
  number: 26,
  name: 'an order that was never sent has no standing',
  async run(driver) {
    const account = await driver.account();
    const standing = unwrap(await driver.venue.truth.orderStatus(account.address, nextCloid(driver)), 'order status');
    mustEqual(standing.kind, 'unknown_order', 'standing');
  },
};

const agents: ConformanceCase = {
  number: 27,
  name: 'reads of an unused address are empty, not errors',
  async run(driver) {
    const stranger = await driver.stranger();
    mustEqual(unwrap(await driver.venue.truth.openOrders(stranger.address, ''), 'open orders').length, 0, 'open orders');
    mustEqual(unwrap(await driver.venue.truth.fills(stranger.address, 0), 'fills').length, 0, 'fills');
    mustEqual(unwrap(await driver.venue.truth.funding(stranger.address, 0), 'funding').charges.length, 0, 'funding');
    mustEqual(unwrap(await driver.venue.truth.account(stranger.address, ''), 'account state').positions.length, 0, 'positions');
    mustEqual(unwrap(await driver.venue.truth.agents(stranger.address), 'agents').length, 0, 'agents');
    mustEqual(unwrap(await driver.venue.truth.builderApproval(stranger.address, driver.strangerBuilder), 'approval'), 0, 'builder approval');
    mustEqual(unwrap(await driver.venue.truth.accountMode(stranger.address), 'account mode'), 'standard', 'account mode');
  },
};

export const SIGNING_CASES: readonly ConformanceCase[] = [
  duplicateNonce,
  oldNonce,
  unknownSigner,
  leverage,
  noop,
  unknownOutcome,
  unknownOrder,
  agents,
];
