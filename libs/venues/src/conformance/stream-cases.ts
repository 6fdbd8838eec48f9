import { must, unwrap } from '@lockstep/kernel';
import type { Address, MarkUpdate, VenueFill, WatchEvent } from '../port';
import type { ConformanceCase } from './driver';
import { eventually, mustBe, mustEqual } from './expect';
import { buyFor } from './order-cases';
import { awayFromMark, market, placeOne, sizeWorth } from './orders';

const keyOf = (fill: VenueFill): string => `${fill.coin}/${fill.time}/${fill.tradeId}/${fill.orderId}`;

/** What a watch told so far, by kind. */
class Told {
  readonly events: WatchEvent[] = [];

  readonly sink = (event: WatchEvent): void => {
    this.events.push(event);
  };

  synced(address: Address): Extract<WatchEvent, { kind: 'synced' }>[] {
    return this.events.flatMap((event) => (event.kind === 'synced' && event.address === address ? [event] : []));
  }

  live(address: Address): VenueFill[] {
    return this.events.flatMap((event) => (event.kind === 'fills' && event.address === address ? [...event.fills] : []));
  }

  count(kind: WatchEvent['kind']): number {
    return this.events.filter((event) => event.kind === kind).length;
  }
}

const fillsOnce: ConformanceCase = {
  number: 30,
  name: 'a watched address: snapshot as state, then each fill once, across a lost connection',
  async run(driver) {
    const account = await driver.account();
    mustBe(await buyFor(driver, account, 20), 'filled');
    const told = new Told();
    const watch = driver.venue.watchUsers([''], told.sink);
    try {
      mustEqual(watch.watch(account.address), 'watching', 'seat');
      const first = await eventually('the first sync', () => told.synced(account.address)[0] ?? null);
      mustEqual(first.fills.length > 0, true, 'the snapshot holds the earlier fill');
      mustEqual((first.states[0]?.positions.length ?? 0) > 0, true, 'the state holds the position');
      mustEqual(told.live(account.address).length, 0, 'live fills before a trade');
      mustBe(await buyFor(driver, account, 30), 'filled');
      await eventually('a live fill', () => told.live(account.address)[0] ?? null);

      await driver.cutConnections();
      await eventually('the disconnect', () => (told.count('disconnected') > 0 ? true : null));
      mustBe(await eventually('an order over any path', async () => await orderOrNull(driver, account)), 'filled');
      await eventually('the second sync', () => told.synced(account.address)[1] ?? null);
      const truth = unwrap(await driver.venue.truth.fills(account.address, 0), 'fills').map(keyOf);
      await eventually('every fill told', () => {
        const known = new Set([...told.synced(account.address).flatMap(({ fills }) => fills), ...told.live(account.address)].map(keyOf));
        return truth.every((key) => known.has(key)) ? true : null;
      });
      const live = told.live(account.address).map(keyOf);
      mustEqual(new Set(live).size, live.length, 'live fills are told once');
      const earlier = new Set(first.fills.map(keyOf));
      must(!live.some((key) => earlier.has(key)), 'a fill of the snapshot is not told again as a live one');
    } finally {
      await watch.close();
    }
  },
};

/** An order placed while connections come back; null when no path took it yet. */
async function orderOrNull(driver: Parameters<ConformanceCase['run']>[0], account: Parameters<typeof buyFor>[1]) {
  const outcome = await buyFor(driver, account, 15);
  return outcome.reject === 'not_sent' ? null : outcome;
}

const orderUpdates: ConformanceCase = {
  number: 31,
  name: 'placing and cancelling an order is told as order updates',
  async run(driver) {
    const account = await driver.account();
    const told = new Told();
    const watch = driver.venue.watchUsers([''], told.sink);
    try {
      watch.watch(account.address);
      await eventually('the first sync', () => told.synced(account.address)[0] ?? null);
      const context = await market(driver);
      const limit = awayFromMark(context, -20);
      const statuses = (cloid: string): string[] =>
        told.events.flatMap((event) =>
          event.kind === 'orders' ? event.updates.flatMap(({ order, status }) => (order.clientOrderId === cloid ? [status] : [])) : [],
        );
      // The stream of orders has its own connection, which may still be opening: place until one is seen.
      const cloid = await eventually('an order update', async () => {
        const order = { account, buy: true, price: limit, size: sizeWorth(context.instrument, 20, limit), tif: 'gtc' as const };
        const outcome = await placeOne(driver, context.instrument, order);
        mustBe(outcome, 'resting');
        await eventually('the update', () => (statuses(outcome.clientOrderId).length > 0 ? true : null), 1_000).catch(() => undefined);
        return statuses(outcome.clientOrderId).includes('open') ? outcome.clientOrderId : null;
      });
      await driver.venue.orders.cancel(account.signer, account.nextNonce(), context.instrument, cloid);
      await eventually('the cancel', () => (statuses(cloid).includes('canceled') ? true : null));
    } finally {
      await watch.close();
    }
  },
};

const seats: ConformanceCase = {
  number: 32,
  name: 'beyond the cap of seats an address is refused or seen without one, and a seat is free again after unwatch',
  async run(driver) {
    const watch = driver.venue.watchUsers([''], () => undefined);
    try {
      const addresses = Array.from({ length: 100 }, (_, index) => `0x${(index + 1).toString(16).padStart(40, '0')}`);
      const [first = ''] = addresses;
      const last = addresses.at(-1) ?? '';
      const answers = addresses.map((address) => watch.watch(address));
      mustEqual(watch.watch(first), 'watching', 'watching twice is watching');
      if (watch.seats === undefined) {
        const refused = answers.indexOf('seat_refused');
        mustEqual(refused > 0, true, 'some are watched, then none');
        watch.unwatch(first);
        mustEqual(watch.watch(addresses[refused] ?? ''), 'watching', 'the freed seat');
        return;
      }
      mustEqual(answers.includes('seat_refused'), false, 'all are watched');
      const { seatsTotal, seatsUsed, seatsReserved } = watch.seats.standing();
      mustEqual(seatsUsed, seatsTotal - seatsReserved, 'seats in use');
      watch.seats.prefer([last]);
      mustEqual(watch.seats.sightOf(last)?.seat, true, 'a preferred address has a seat');
      mustEqual(watch.seats.standing().seatsUsed, seatsUsed, 'seats in use afterwards');
      watch.unwatch(last);
      mustEqual(watch.seats.standing().seatsUsed, seatsUsed, 'its seat went to another address');
    } finally {
      await watch.close();
    }
  },
};

const marks: ConformanceCase = {
  number: 33,
  name: 'marks are told again and again',
  async run(driver) {
    const updates: MarkUpdate[] = [];
    const watch = driver.venue.watchMarks([''], (batch) => updates.push(...batch.filter(({ coin }) => coin === driver.coin)));
    try {
      await eventually('two marks', () => (updates.length >= 2 ? true : null));
      mustEqual(
        updates.every(({ markPrice }) => markPrice > 0n),
        true,
        'marks above zero',
      );
    } finally {
      await watch.close();
    }
  },
};

export const STREAM_CASES: readonly ConformanceCase[] = [fillsOnce, orderUpdates, seats, marks];
