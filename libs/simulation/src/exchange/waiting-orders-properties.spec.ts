import { type Price, price } from '@lockstep/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressOf, dig, type OrderWords, Testbed, wireOrder } from '../builders/testbed';
import { listOf } from '../builders/trigger-orders';
import { SeededRandom } from '../clock/random';
import type { Json } from './port';

/* Whatever three accounts send of orders, groups, triggers and modifications while the price moves, these hold. */

const ACCOUNTS = [1, 2, 3] as const;
const STEPS = 250;
const RUNS = 4;
const UNIT = 100_000_000n;

class Traffic {
  readonly bed: Testbed;
  private readonly random: SeededRandom;
  private dollars = 66_344;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.bed = new Testbed({ makers: this.random.below(2) === 0, seed }, { 1: '20000', 2: '20000', 3: '20000' });
    this.bed.act(addressOf(2), { type: 'updateLeverage', asset: 0, isCross: false, leverage: 10 });
  }

  step(): void {
    const user = addressOf(this.random.pick(ACCOUNTS));
    this.bed.act(user, this.action(listOf(this.bed.info('openOrders', { user }))));
    if (this.random.below(6) > 0) return;
    this.dollars = Math.max(40_000, this.dollars + this.random.below(1_601) - 800);
    this.bed.world.control.movePrice('BTC', this.mark());
    this.bed.block();
  }

  private action(open: readonly Json[]): Json {
    const { random } = this;
    const oid = dig(open[random.below(Math.max(1, open.length))], 'oid') ?? 1;
    const b = random.below(2) === 0;
    const orders = (grouping: string, ...words: readonly OrderWords[]): Json => ({ type: 'order', orders: words.map(wireOrder), grouping });
    switch (random.below(8)) {
      case 0:
        return orders('normalTpsl', { ...this.limit(), b, r: false }, this.trigger(!b), this.trigger(!b));
      case 1:
        return orders('positionTpsl', this.trigger(b), this.trigger(b));
      case 2:
        return orders('na', { ...this.trigger(b), r: random.below(2) === 0 });
      case 3:
        return { type: 'cancel', cancels: [{ a: 0, o: oid }] };
      case 4:
        return { type: 'modify', oid, order: wireOrder(random.below(3) === 0 ? this.trigger(b) : this.limit()), a: random.below(2) === 0 };
      default:
        return orders('na', this.limit(), this.limit());
    }
  }

  private limit(): OrderWords {
    const { random } = this;
    const c = random.below(3) === 0 ? { c: `0x${random.below(40).toString(16).padStart(32, '0')}` } : {};
    return {
      ...{ b: random.below(2) === 0, p: this.near(), s: this.size(), r: random.below(2) === 0 },
      ...{ tif: random.pick(['Alo', 'Ioc', 'Gtc', 'FrontendMarket'] as const), ...c },
    };
  }

  private trigger(b: boolean): OrderWords {
    const trigger = { isMarket: this.random.below(2) === 0, triggerPx: this.near(), tpsl: this.random.pick(['tp', 'sl'] as const) };
    return { b, p: this.near(), s: this.size(), r: true, trigger };
  }

  private readonly near = (): string => String(this.dollars + this.random.below(1_200) - 600);
  private readonly size = (): string => String((1 + this.random.below(3_000)) / 10_000);
  private readonly mark = (): Price => price(BigInt(this.dollars) * UNIT);
}

const orderOf = (history: readonly Json[], oid: Json): Json => history.find((each) => dig(each, 'order', 'oid') === oid) ?? null;

type Note = (what: string, about: Json) => void;

/** Notes what is wrong with what an account has open. */
function judgeOpen(bed: Testbed, user: string, note: Note): void {
  const open = listOf(bed.info('frontendOpenOrders', { user }));
  const children = new Set(open.flatMap((order) => listOf(dig(order, 'children')).map((child) => dig(child, 'oid'))));
  const held = Number(dig(bed.info('clearinghouseState', { user }), 'assetPositions', 0, 'position', 'szi') ?? 0);
  const reduces = (order: Json): boolean => held !== 0 && held > 0 === (dig(order, 'side') === 'A');
  for (const order of open) {
    const mayWait = dig(order, 'isTrigger') === true || children.has(dig(order, 'oid'));
    if (dig(order, 'reduceOnly') === true && !mayWait && !reduces(order)) note('a reduce-only order that rests and reduces nothing', order);
    if (dig(order, 'isPositionTpsl') === true && Number(dig(order, 'sz')) !== Math.abs(held))
      note('an order of the position without its size', order);
    if (Number(dig(order, 'sz')) <= 0) note('an open order of nothing', order);
  }
}

/** Notes what is wrong with what an account has done. */
function judgePast(bed: Testbed, user: string, note: Note): void {
  const history = listOf(bed.info('historicalOrders', { user }));
  const open = listOf(bed.info('frontendOpenOrders', { user }));
  for (const fill of listOf(bed.info('userFills', { user }))) {
    const order = dig(orderOf(history, dig(fill, 'oid')), 'order');
    const [start, size, bought] = [Number(dig(fill, 'startPosition')), Number(dig(fill, 'sz')), dig(fill, 'side') === 'B'];
    if (dig(order, 'reduceOnly') === true && (start > 0 === bought || size > Math.abs(start))) note('a reduce-only fill that grows or turns', fill);
    const worse = bought ? Number(dig(fill, 'px')) > Number(dig(order, 'limitPx')) : Number(dig(fill, 'px')) < Number(dig(order, 'limitPx'));
    if (order !== null && worse) note('a fill beyond its limit', fill);
  }
  for (const each of history)
    if (dig(each, 'status') === 'open' && !open.some((order) => dig(order, 'oid') === dig(each, 'order', 'oid')))
      note('an open order that is not listed', each);
}

describe('orders that wait, close and change', () => {
  it('never open by reduce-only, never fill beyond their limit, follow their position, and are never lost', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (seed) => {
        const traffic = new Traffic(seed);
        const faults: string[] = [];
        const note: Note = (what, about) => void faults.push(`${what}: ${JSON.stringify(about)}`);
        for (let step = 0; step < STEPS && faults.length === 0; step += 1) {
          traffic.step();
          for (const account of ACCOUNTS) judgeOpen(traffic.bed, addressOf(account), note);
        }
        for (const account of ACCOUNTS) judgePast(traffic.bed, addressOf(account), note);
        expect(faults).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });
});
