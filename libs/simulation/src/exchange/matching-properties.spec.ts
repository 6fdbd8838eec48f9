import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressOf, dig, Testbed } from '../builders/testbed';
import { runTraffic } from '../builders/traffic';
import type { Json } from './port';

const ACCOUNTS = 4;
const BASE_PX = 66_000;

interface Command {
  readonly account: number;
  readonly buy: boolean;
  readonly px: number;
  readonly cents: number;
  readonly tif: 'Gtc' | 'Ioc' | 'Alo';
}

const commands = fc.array(
  fc.record({
    account: fc.integer({ min: 1, max: ACCOUNTS }),
    buy: fc.boolean(),
    px: fc.integer({ min: BASE_PX - 5, max: BASE_PX + 5 }),
    cents: fc.integer({ min: 1, max: 9 }),
    tif: fc.constantFrom('Gtc', 'Ioc', 'Alo'),
  }),
  { minLength: 1, maxLength: 60 },
);

interface Resting {
  readonly account: number;
  readonly buy: boolean;
  readonly px: number;
  cents: number;
}

interface Match {
  readonly taker: number;
  readonly maker: number;
  readonly px: number;
  readonly cents: number;
}

/** A second, plain matcher: one list in order of arrival, searched anew for every trade. */
class PlainBook {
  resting: Resting[] = [];
  readonly matches: Match[] = [];

  place({ account, buy, px, cents, tif }: Command): void {
    if (tif === 'Alo' && this.best(buy, px) !== undefined) return;
    let left = cents;
    for (let maker = this.best(buy, px); left > 0 && maker !== undefined; maker = this.best(buy, px)) {
      if (maker.account !== account) {
        const traded = Math.min(left, maker.cents);
        this.matches.push({ taker: account, maker: maker.account, px: maker.px, cents: traded });
        left -= traded;
        maker.cents -= traded;
      } else maker.cents = 0;
      this.resting = this.resting.filter((order) => order.cents > 0);
    }
    if (left > 0 && tif !== 'Ioc') this.resting.push({ account, buy, px, cents: left });
  }

  /** The order an incoming one meets first: best price, then oldest. */
  private best(buy: boolean, limit: number): Resting | undefined {
    let best: Resting | undefined;
    for (const order of this.resting) {
      if (order.buy === buy || (buy ? order.px > limit : order.px < limit)) continue;
      if (best === undefined || (buy ? order.px < best.px : order.px > best.px)) best = order;
    }
    return best;
  }
}

const list = (value: Json): Json[] => (Array.isArray(value) ? value : []);
const cents = (value: Json): number => Math.round(Number(value) * 100);
const funded = (): Testbed =>
  new Testbed({ settings: { minNotionalUsd: 0, tradesKept: 10_000 } }, { 1: '9000000', 2: '9000000', 3: '9000000', 4: '9000000' });

/** Every match of the world so far, oldest first, from the fills of both sides. */
function matchesOf(bed: Testbed): Match[] {
  const fills = Array.from({ length: ACCOUNTS }, (_, index) =>
    list(dig(bed.world.control.truth(addressOf(index + 1)), 'fills')).map((fill) => ({ account: index + 1, fill })),
  ).flat();
  const makers = new Map(fills.filter(({ fill }) => dig(fill, 'crossed') === false).map(({ account, fill }) => [dig(fill, 'tid'), account]));
  return fills
    .filter(({ fill }) => dig(fill, 'crossed') === true)
    .sort((one, other) => Number(dig(one.fill, 'time')) - Number(dig(other.fill, 'time')))
    .map(({ account, fill }) => ({
      taker: account,
      maker: makers.get(dig(fill, 'tid')) ?? 0,
      px: Number(dig(fill, 'px')),
      cents: cents(dig(fill, 'sz')),
    }));
}

function play(bed: Testbed, { account, buy, px, cents: size, tif }: Command): void {
  bed.order(account, { b: buy, p: String(px), s: (size / 100).toFixed(2), tif });
}

describe('matching, whatever is sent', () => {
  it('is by price and then by time, at the resting price, and never of an account with itself', () => {
    fc.assert(
      fc.property(commands, (sent) => {
        const bed = funded();
        const plain = new PlainBook();
        for (const command of sent) {
          play(bed, command);
          plain.place(command);
        }
        const matches = matchesOf(bed);
        expect(matches).toEqual(plain.matches);
        for (const { taker, maker } of matches) expect(taker).not.toBe(maker);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves the book uncrossed, each level with what its orders hold, and lots and money whole', () => {
    fc.assert(
      fc.property(commands, (sent) => {
        const bed = funded();
        for (const command of sent) {
          play(bed, command);
          const [bids, asks] = list(dig(bed.info('l2Book', { coin: 'BTC' }), 'levels')).map(list);
          const [bid, ask] = [bids?.[0], asks?.[0]].map((level) => (level === undefined ? null : Number(dig(level, 'px'))));
          if (bid !== null && ask !== null) expect(Number(bid)).toBeLessThan(Number(ask));
        }
        const inBook = list(dig(bed.info('l2Book', { coin: 'BTC' }), 'levels'))
          .flatMap(list)
          .reduce((sum: number, level) => sum + cents(dig(level, 'sz')), 0);
        const open = Array.from({ length: ACCOUNTS }, (_, index) => list(bed.info('openOrders', { user: addressOf(index + 1) }))).flat();
        expect(open.reduce((sum: number, order) => sum + cents(dig(order, 'sz')), 0)).toBe(inBook);
        const { credited, held, fees, builderFees, funding, netLots } = bed.world.control.conservation();
        expect(held + fees + builderFees + funding).toBe(credited);
        expect(Object.values(netLots).every((lots) => lots === 0)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('keeps open interest in step with positions, and only reduce-only orders that reduce, under mixed traffic', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (seed) => {
        const { world } = runTraffic(seed, 300);
        const positions = world.control
          .addresses()
          .flatMap((address) => list(dig(world.control.truth(address), 'dexes')).flatMap((dex) => list(dig(dex, 'positions'))));
        const longs = positions
          .filter((each) => dig(each, 'coin') === 'BTC')
          .reduce((sum: number, each) => sum + Math.max(0, Number(dig(each, 'szi'))), 0);
        const shown = Number(dig(world.info({ type: 'metaAndAssetCtxs' }).body, 1, 0, 'openInterest'));
        expect(shown).toBeGreaterThanOrEqual(Number(longs.toFixed(5)));
        for (const address of world.control.addresses())
          for (const order of list(world.info({ type: 'openOrders', user: address }).body)) {
            if (dig(order, 'reduceOnly') !== true) continue;
            const szi = Number(dig(world.info({ type: 'clearinghouseState', user: address }).body, 'assetPositions', 0, 'position', 'szi'));
            expect(dig(order, 'side')).toBe(szi > 0 ? 'A' : 'B');
          }
      }),
      { numRuns: 8 },
    );
  }, 60_000);
});
