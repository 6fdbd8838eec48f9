import { type Approved, type Instrument, money, must, type Price, present, type Size, size, unwrap } from '@lockstep/kernel';
import type { OpenOrder, PlacementTerms, WorkingOrder, WorkingOrders, WorkingOutcome } from '../port';
import type { ConformanceCase, ConformanceDriver, TradingAccount } from './driver';
import { eventually, mustBe, mustEqual } from './expect';
import { buyFor } from './order-cases';
import { awayFromMark, market, nextCloid, placeOne, positionOf, sizeWorth } from './orders';

/** What stands at the venue or waits there: needs `workingOrders`, and where a case places triggers, `triggerOrders`. */

const workingOf = ({ venue }: ConformanceDriver): WorkingOrders => present(venue.workingOrders, 'working orders of the venue');

/** In words: `resting`, `resting/trigger`, `filled`, `rejected/<code>`, `unknown`. */
function inWords(outcome: WorkingOutcome | undefined): string {
  if (outcome?.kind === 'resting') return outcome.waitsFor === null ? 'resting' : `resting/${outcome.waitsFor}`;
  return outcome?.kind === 'rejected' ? `rejected/${outcome.code}` : (outcome?.kind ?? 'nothing');
}

async function placed(
  driver: ConformanceDriver,
  account: TradingAccount,
  orders: readonly WorkingOrder[],
  terms: PlacementTerms = {},
): Promise<readonly string[]> {
  const approved: Approved<readonly WorkingOrder[]> = driver.approvedWorking(orders);
  return (await workingOf(driver).place(account.signer, account.nextNonce(), approved, terms)).map(inWords);
}

const listed = async (driver: ConformanceDriver, account: TradingAccount): Promise<readonly OpenOrder[]> =>
  unwrap(await driver.venue.truth.openOrders(account.address, ''), 'open orders');

interface LimitTerms {
  readonly instrument: Instrument;
  readonly buy?: boolean;
  readonly price: Price;
  readonly size: Size;
  readonly tif?: 'gtc' | 'alo';
}

const limitOrder = (driver: ConformanceDriver, { instrument, buy = true, price, size, tif = 'gtc' }: LimitTerms): WorkingOrder => ({
  instrument,
  buy,
  price,
  size,
  reduceOnly: false,
  clientOrderId: nextCloid(driver),
  terms: { kind: 'limit', tif },
});

/** A market trigger that sells a long position: its worst price stands 10 % below. */
async function exitOf(driver: ConformanceDriver, purpose: 'take_profit' | 'stop_loss', size: Size): Promise<WorkingOrder> {
  const context = await market(driver);
  const percent = purpose === 'take_profit' ? 20 : -20;
  const trigger = { price: awayFromMark(context, percent), purpose, market: true };
  return {
    instrument: context.instrument,
    buy: false,
    price: awayFromMark(context, percent - 10),
    size,
    reduceOnly: true,
    clientOrderId: nextCloid(driver),
    terms: { kind: 'trigger', trigger },
  };
}

const limitLife: ConformanceCase = {
  number: 40,
  name: 'limit orders of one action rest, are listed with their time in force, move by their client order ids, and are cancelled once',
  async run(driver) {
    const account = await driver.account();
    const context = await market(driver);
    const { instrument } = context;
    const [low, lower] = [awayFromMark(context, -20), awayFromMark(context, -25)];
    const orders = [
      limitOrder(driver, { instrument, price: low, size: sizeWorth(instrument, 50, low) }),
      limitOrder(driver, { instrument, price: lower, size: sizeWorth(instrument, 60, lower), tif: 'alo' }),
    ];
    mustEqual((await placed(driver, account, orders)).join(), 'resting,resting', 'answers');
    const standing = await listed(driver, account);
    const tifs = orders.map(({ clientOrderId }) => standing.find((order) => order.clientOrderId === clientOrderId)?.tif);
    mustEqual(tifs.join(), 'gtc,alo', 'times in force');
    const [first, second] = [present(orders[0], 'first order'), present(orders[1], 'second order')];
    const moved = { ...first, price: awayFromMark(context, -22), clientOrderId: nextCloid(driver) };
    const changes = driver.approvedWorking([{ target: first.clientOrderId, order: moved }]);
    const changed = await workingOf(driver).modify(account.signer, account.nextNonce(), changes);
    mustEqual(changed.map(inWords).join(), 'resting', 'change');
    const after = await listed(driver, account);
    mustEqual(after.find((order) => order.clientOrderId === moved.clientOrderId)?.limitPrice, moved.price, 'price after the change');
    mustEqual(after.length, 2, 'open orders after the change');
    const targets = [moved, second].map(({ clientOrderId }) => ({ instrument, clientOrderId }));
    const cancels = await workingOf(driver).cancelAll(account.signer, account.nextNonce(), targets);
    mustEqual(cancels.map(({ kind }) => kind).join(), 'accepted,accepted', 'cancels');
    const again = await workingOf(driver).cancelAll(account.signer, account.nextNonce(), targets);
    mustEqual(again.map((end) => (end.kind === 'rejected' ? end.code : end.kind)).join(), 'missing_order,missing_order', 'second cancels');
    mustEqual((await listed(driver, account)).length, 0, 'open orders');
  },
};

const stopLoss: ConformanceCase = {
  number: 41,
  name: 'a stop-loss waits for its trigger and is listed with it',
  async run(driver) {
    const account = await driver.account();
    mustBe(await buyFor(driver, account, 50), 'filled');
    const held = size(await positionOf(driver, account));
    const stop = await exitOf(driver, 'stop_loss', held);
    mustEqual((await placed(driver, account, [stop])).join(), 'resting/trigger', 'answer');
    const seen = present((await listed(driver, account))[0], 'the stop among open orders');
    must(stop.terms.kind === 'trigger', 'the stop has a trigger');
    mustEqual(seen.trigger?.price, stop.terms.trigger.price, 'trigger price');
    mustEqual(
      `${seen.trigger?.purpose}/${seen.trigger?.market}/${seen.trigger?.ofPosition}/${seen.reduceOnly}`,
      'stop_loss/true/false/true',
      'trigger',
    );
    const target = { instrument: stop.instrument, clientOrderId: stop.clientOrderId };
    const [cancel] = await workingOf(driver).cancelAll(account.signer, account.nextNonce(), [target]);
    mustEqual(cancel?.kind, 'accepted', 'cancel');
  },
};

const withEntry: ConformanceCase = {
  number: 42,
  name: 'take-profit and stop-loss of an entry wait for its fill and are cancelled with it',
  async run(driver) {
    const account = await driver.account();
    const context = await market(driver);
    const { instrument } = context;
    const low = awayFromMark(context, -15);
    const quantity = sizeWorth(instrument, 60, low);
    const entry = limitOrder(driver, { instrument, price: low, size: quantity });
    const orders = [entry, await exitOf(driver, 'take_profit', quantity), await exitOf(driver, 'stop_loss', quantity)];
    const answers = await placed(driver, account, orders, { grouping: 'with_entry' });
    mustEqual(answers.join(), 'resting,resting/entry,resting/entry', 'answers');
    const [cancel] = await workingOf(driver).cancelAll(account.signer, account.nextNonce(), [{ instrument, clientOrderId: entry.clientOrderId }]);
    mustEqual(cancel?.kind, 'accepted', 'cancel of the entry');
    await eventually('no open order', async () => ((await listed(driver, account)).length === 0 ? true : null));
  },
};

const withPosition: ConformanceCase = {
  number: 43,
  name: 'take-profit and stop-loss of a position are listed as such and end with it',
  async run(driver) {
    const account = await driver.account();
    mustBe(await buyFor(driver, account, 80), 'filled');
    const held = size(await positionOf(driver, account));
    const orders = [await exitOf(driver, 'take_profit', held), await exitOf(driver, 'stop_loss', held)];
    mustEqual((await placed(driver, account, orders, { grouping: 'with_position' })).join(), 'resting/trigger,resting/trigger', 'answers');
    const standing = await listed(driver, account);
    mustEqual(standing.filter(({ trigger }) => trigger?.ofPosition === true).length, 2, 'triggers of the position');
    const context = await market(driver);
    const close = { account, buy: false, price: awayFromMark(context, -3), size: held, reduceOnly: true };
    mustBe(await placeOne(driver, context.instrument, close), 'filled');
    await eventually('no open order', async () => ((await listed(driver, account)).length === 0 ? true : null));
  },
};

const isolatedMargin: ConformanceCase = {
  number: 44,
  name: 'margin is added to an isolated position and refused for one that is not',
  async run(driver) {
    const account = await driver.account();
    const { instrument } = await market(driver);
    const change = (amount: bigint) => workingOf(driver).changeIsolatedMargin(account.signer, account.nextNonce(), instrument, money(amount));
    const isolated = await driver.venue.orders.updateLeverage(account.signer, account.nextNonce(), instrument, 5, false);
    mustEqual(isolated.kind, 'accepted', 'isolated leverage');
    mustBe(await buyFor(driver, account, 50), 'filled');
    const before = await marginOf(driver, account);
    mustEqual((await change(500_000_000n)).kind, 'accepted', 'adding five');
    mustEqual((await marginOf(driver, account)) >= before + 490_000_000n, true, 'margin used');
    const cross = await driver.account();
    mustBe(await buyFor(driver, cross, 50), 'filled');
    const refused = await workingOf(driver).changeIsolatedMargin(cross.signer, cross.nextNonce(), instrument, money(100_000_000n));
    mustEqual(refused.kind === 'rejected' ? refused.code : refused.kind, 'isolated_margin', 'margin of a cross position');
  },
};

async function marginOf(driver: ConformanceDriver, account: TradingAccount): Promise<bigint> {
  const state = unwrap(await driver.venue.truth.account(account.address, ''), 'account state');
  return present(state.positions[0], 'the position').marginUsed;
}

const scheduled: ConformanceCase = {
  number: 45,
  name: 'a scheduled cancel is refused to an account that has traded too little, with a reason of its own',
  async run(driver) {
    const account = await driver.account();
    const outcome = await workingOf(driver).scheduleCancel(account.signer, account.nextNonce(), driver.venueNow() + 60_000);
    mustEqual(outcome.kind === 'rejected' ? outcome.code : outcome.kind, 'account_not_eligible', 'scheduled cancel');
  },
};

const lateOrder: ConformanceCase = {
  number: 46,
  name: 'orders that arrive after their expiry are refused, each of them, and leave nothing',
  async run(driver) {
    const account = await driver.account();
    const context = await market(driver);
    const low = awayFromMark(context, -20);
    const terms = { instrument: context.instrument, price: low, size: sizeWorth(context.instrument, 50, low) };
    const orders = [limitOrder(driver, terms), limitOrder(driver, terms)];
    const answers = await placed(driver, account, orders, { expiresAfter: driver.venueNow() - 60_000 });
    mustEqual(answers.join(), 'rejected/expired,rejected/expired', 'answers');
    mustEqual((await listed(driver, account)).length, 0, 'open orders');
  },
};

const oneBad: ConformanceCase = {
  number: 47,
  name: 'a refused order of an action keeps nothing from the others',
  async run(driver) {
    const account = await driver.account();
    const context = await market(driver);
    const { instrument } = context;
    const low = awayFromMark(context, -20);
    const orders = [5, 50].map((dollars) => limitOrder(driver, { instrument, price: low, size: sizeWorth(instrument, dollars, low) }));
    mustEqual((await placed(driver, account, orders)).join(), 'rejected/min_notional,resting', 'answers');
  },
};

export const WORKING_ORDER_CASES: readonly ConformanceCase[] = [
  limitLife,
  stopLoss,
  withEntry,
  withPosition,
  isolatedMargin,
  scheduled,
  lateOrder,
  oneBad,
];
