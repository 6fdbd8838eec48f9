import { parsePrice, price, unwrap } from '@lockstep/kernel';
import type { Json } from '../exchange/port';
import { addressOf, dig, type OrderWords, statusesOf, Testbed, wireOrder } from './testbed';

/* Words for tests of orders that wait: all of account 1, who trades 0.1 BTC. */

export const USER = addressOf(1);

/** A world whose makers quote BTC around 66,344, with two funded accounts. */
export const quotedBed = (): Testbed => new Testbed({ makers: true }, { 1: '100000', 2: '100000' });

/** The same, account 1 long 0.1 BTC. */
export function longBed(): Testbed {
  const bed = quotedBed();
  bed.order(1, { p: '66500', s: '0.1', tif: 'Ioc' });
  return bed;
}

/** A stop-loss at market for a long position. */
export const stopAt = (triggerPx: string, more: Partial<OrderWords> = {}): OrderWords => ({
  b: false,
  p: '60000',
  s: '0.1',
  r: true,
  trigger: { isMarket: true, triggerPx, tpsl: 'sl' },
  ...more,
});

/** A take-profit with a limit at its trigger price, for a long position. */
export const profitAt = (triggerPx: string, more: Partial<OrderWords> = {}): OrderWords => ({
  b: false,
  p: triggerPx,
  s: '0.1',
  r: true,
  trigger: { isMarket: false, triggerPx, tpsl: 'tp' },
  ...more,
});

/** Sends orders in one grouping; the list of statuses, or the refusal of the whole. */
export const grouped = (bed: Testbed, grouping: Json, ...orders: readonly OrderWords[]): Json =>
  statusesOf(bed.act(USER, { type: 'order', orders: orders.map(wireOrder), grouping }));

/** Moves BTC and executes a block. */
export function moveBtc(bed: Testbed, text: string): void {
  bed.world.control.movePrice('BTC', price(unwrap(parsePrice(text), text)));
  bed.block();
}

export const listOf = (value: Json): Json[] => (Array.isArray(value) ? value : []);
export const heldSize = (bed: Testbed): Json => dig(bed.info('clearinghouseState', { user: USER }), 'assetPositions', 0, 'position', 'szi');
export const openOf = (bed: Testbed): Json[] => listOf(bed.info('frontendOpenOrders', { user: USER }));
/** Statuses of all orders, newest first. */
export const statusesBack = (bed: Testbed): Json[] => listOf(bed.info('historicalOrders', { user: USER })).map((each) => dig(each, 'status'));
