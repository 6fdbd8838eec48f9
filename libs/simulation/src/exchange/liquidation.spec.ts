import { parsePrice, price, unwrap } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { addressOf, dig, Testbed } from '../builders/testbed';
import { liquidationPrice } from './liquidation-price';
import type { Json } from './port';

const USER = addressOf(1);
const list = (value: Json): Json[] => (Array.isArray(value) ? value : []);
const state = (bed: Testbed, account = 1): Json => bed.info('clearinghouseState', { user: addressOf(account) });
const position = (bed: Testbed, account = 1): Json => dig(state(bed, account), 'assetPositions', 0, 'position', 'szi');
const move = (bed: Testbed, text: string, coin = 'BTC'): void => {
  bed.world.control.movePrice(coin, price(unwrap(parsePrice(text), text)));
  bed.block();
};
const conserved = (bed: Testbed): void => {
  const { credited, held, fees, builderFees, funding, netLots } = bed.world.control.conservation();
  expect(held + fees + builderFees + funding).toBe(credited);
  for (const lots of Object.values(netLots)) expect(lots).toBe(0);
};

/** Account 1 is long `s` BTC at 66,344 from account 2 with 40x; nobody quotes unless told. */
function long(s: string, credit: string, config: ConstructorParameters<typeof Testbed>[0] = {}): Testbed {
  const bed = new Testbed(config, { 1: credit, 2: '10000000', 3: '10000000' });
  bed.act(USER, { type: 'updateLeverage', asset: 0, isCross: true, leverage: 40 });
  bed.order(2, { b: false, p: '66344', s });
  bed.order(1, { p: '66344', s, tif: 'Ioc' });
  return bed;
}

describe('a liquidation', () => {
  it('closes a small position whole at market, cancels its orders and says so', () => {
    const bed = long('0.5', '1000');
    const heard = bed.listen({ type: 'userEvents', user: USER });
    bed.order(1, { b: false, p: '70000', s: '0.1', r: true });
    bed.order(3, { p: '65150', s: '1' });
    move(bed, '65150');
    expect(position(bed)).toBeNull();
    const fills = list(bed.info('userFills', { user: USER }));
    expect(fills[0]).toMatchObject({
      sz: '0.5',
      dir: 'Close Long',
      fee: '14.65875',
      liquidation: { liquidatedUser: USER, markPx: '65150.0', method: 'market' },
    });
    expect(dig(bed.info('userFills', { user: addressOf(3) }), 0, 'liquidation', 'liquidatedUser')).toBe(USER);
    expect(list(bed.info('historicalOrders', { user: USER })).map((each) => dig(each, 'status'))).toContain('liquidatedCanceled');
    const event = heard.map(({ data }) => dig(data, 'liquidation')).find((each) => each !== null);
    expect(event).toMatchObject({ lid: 1, liquidated_user: USER, liquidated_ntl_pos: '32575.0', liquidator: expect.stringMatching(/^0x/) });
    expect(bed.info('userNonFundingLedgerUpdates', { user: USER })).toMatchObject([
      { delta: {} },
      { delta: { type: 'liquidation', leverageType: 'Cross' } },
    ]);
    conserved(bed);
  });

  it('takes a fifth of a position above 100,000 dollars first, where that is enough', () => {
    const bed = long('2', '4000');
    bed.order(3, { p: '65150', s: '10' });
    move(bed, '65150');
    expect(position(bed)).toBe('1.6');
    expect(dig(bed.info('userFills', { user: USER }), 0)).toMatchObject({ sz: '0.4', liquidation: { method: 'market' } });
    conserved(bed);
  });

  it('takes the whole of it while the cool-down of thirty seconds runs', () => {
    const run = (waitMs: number): Json => {
      const bed = long('2', '4000');
      bed.order(3, { p: '65150', s: '10' });
      move(bed, '65150');
      bed.world.advanceTo(bed.world.now() + waitMs);
      bed.order(3, { p: '64900', s: '10' });
      move(bed, '64900');
      return position(bed);
    };
    expect(run(10_000)).toBeNull();
    expect(run(31_000)).toBe('1.28');
  });

  it('takes every position of the account whole while it runs, not only the one that was liquidated in part', () => {
    const left = (bed: Testbed): Json[] => list(dig(state(bed), 'assetPositions')).map((each) => dig(each, 'position', 'szi'));
    const run = (waitMs: number): Json[] => {
      const bed = new Testbed({}, { 1: '8400', 2: '10000000', 3: '10000000' });
      bed.act(USER, { type: 'updateLeverage', asset: 0, isCross: true, leverage: 40 });
      bed.act(USER, { type: 'updateLeverage', asset: 1, isCross: true, leverage: 25 });
      bed.order(2, { b: false, p: '66344', s: '2.2' }, { a: 1, b: false, p: '1919.1', s: '60' });
      bed.order(1, { p: '66344', s: '2.2', tif: 'Ioc' }, { a: 1, p: '1919.1', s: '60', tif: 'Ioc' });
      // Equity 8,400 − 117.5 − 60 × 72.1 = 3,956.5 under 145,956.8 / 80 + 110,820 / 50 = 4,040.9: a fifth of ETH goes, which is enough.
      bed.order(3, { a: 1, p: '1847', s: '100' });
      move(bed, '1847', 'ETH');
      expect(left(bed)).toEqual(['2.2', '48.0']);
      bed.world.advanceTo(bed.world.now() + waitMs);
      // Equity 3,946.5 − 2.2 × 224 = 3,453.7 under 145,464 / 80 + 88,656 / 50 = 3,591.4: now BTC, which needs more.
      bed.order(3, { p: '66120', s: '10' });
      move(bed, '66120');
      return left(bed);
    };
    expect(run(10_000)).toEqual(['48.0']);
    expect(run(31_000)).toEqual(['1.76', '48.0']);
  });

  it('waits for a book that takes it while equity stands above two thirds of maintenance', () => {
    const bed = long('0.5', '1000');
    move(bed, '65160');
    expect(position(bed)).toBe('0.5');
    expect(bed.info('liquidatable')).toMatchObject([{ user: USER, positionIndex: 'cross' }]);
    expect(list(bed.info('userNonFundingLedgerUpdates', { user: USER }))).toHaveLength(1);
    bed.order(3, { p: '65100', s: '1' });
    bed.world.advanceTo(bed.world.now() + 3_100);
    expect(position(bed)).toBeNull();
    expect(bed.info('liquidatable')).toEqual([]);
  });

  it('below that goes to the backstop at the mark, with the margin that is left', () => {
    const bed = long('0.5', '1000');
    bed.order(3, { p: '64800', s: '1' });
    move(bed, '64800');
    expect(state(bed)).toMatchObject({ marginSummary: { accountValue: '0.0' }, assetPositions: [] });
    expect(dig(bed.info('userFills', { user: USER }), 0)).toMatchObject({
      px: '64800.0',
      dir: 'Liquidated Cross Long',
      fee: '0.0',
      liquidation: { method: 'backstop' },
    });
    conserved(bed);
  });

  it('of an isolated position leaves the rest of the account alone', () => {
    const bed = new Testbed({}, { 1: '10000', 2: '1000000' });
    bed.act(USER, { type: 'updateLeverage', asset: 0, isCross: false, leverage: 40 });
    bed.order(2, { p: '66344', s: '0.5' });
    bed.order(1, { b: false, p: '66344', s: '0.5', tif: 'Ioc' });
    const free = dig(state(bed), 'withdrawable');
    move(bed, '70000');
    expect(state(bed)).toMatchObject({ withdrawable: free, assetPositions: [] });
    expect(dig(bed.info('userFills', { user: USER }), 0, 'dir')).toBe('Liquidated Isolated Short');
    conserved(bed);
  });

  it('without a backstop closes other traders’ positions, the most profitable and most leveraged first', () => {
    const bed = new Testbed({ settings: { backstopTakes: false } }, { 1: '1000', 2: '2000000', 3: '20000' });
    bed.act(USER, { type: 'updateLeverage', asset: 0, isCross: true, leverage: 40 });
    bed.order(1, { p: '66344', s: '0.5' });
    bed.order(2, { b: false, p: '66344', s: '0.25', tif: 'Ioc' });
    bed.order(3, { b: false, p: '66344', s: '0.25', tif: 'Ioc' });
    bed.order(1, { p: '66000', s: '0.01' });
    move(bed, '64800');
    expect(position(bed)).toBeNull();
    expect(list(bed.info('userFills', { user: USER })).slice(0, 2)).toMatchObject([
      { dir: 'Auto-Deleveraging', px: '64800.0' },
      { dir: 'Auto-Deleveraging' },
    ]);
    expect(dig(bed.info('userFills', { user: addressOf(3) }), 0)).toMatchObject({ dir: 'Auto-Deleveraging', fee: '0.0' });
    const tids = [3, 2].map((account) => dig(bed.info('userFills', { user: addressOf(account) }), 0, 'tid'));
    expect(
      list(bed.info('userFills', { user: USER }))
        .slice(0, 2)
        .map((fill) => dig(fill, 'tid')),
    ).toEqual(tids.reverse());
    conserved(bed);
  });
});

describe('the liquidation price', () => {
  const tiers = [
    { lowerBound: 0, maxLeverage: 40 },
    { lowerBound: 150_000_000, maxLeverage: 20 },
  ];
  /** BTC: prices in tenths of a dollar, lots of 10^-5. */
  const at = (lots: number, equityUsd: number): number | null =>
    liquidationPrice({ lots, markPx: 600_000, tiers, equity: equityUsd * 1_000_000, otherMaintenance: 0 });

  it('is where equity meets maintenance, on either side', () => {
    expect(at(100_000, 6_000)).toBeCloseTo((60_000 - (6_000 - 750) / (1 - 1 / 80)) * 10, 6);
    expect(at(-100_000, 6_000)).toBeCloseTo((60_000 + (6_000 - 750) / (1 + 1 / 80)) * 10, 6);
  });

  it('is null where no price above zero can do it', () => {
    expect(at(100_000, 60_001)).toBeNull();
  });

  it('uses the tier the position will be in there', () => {
    const equity = 3_000 * 60_000;
    const short = at(-300_000_000, equity * 0.5);
    const px = Number(short) / 10;
    const maintenance = (3_000 * px) / 40 - 150_000_000 * (1 / 40 - 1 / 80);
    expect(equity * 0.5 - 3_000 * (px - 60_000)).toBeCloseTo(maintenance, 2);
  });

  it('printed, is where the venue in fact liquidates', () => {
    const bed = long('0.5', '1000');
    const px = Number(dig(state(bed), 'assetPositions', 0, 'position', 'liquidationPx'));
    bed.order(3, { p: '60000', s: '1' });
    move(bed, String(Math.ceil(px)));
    expect(position(bed)).toBe('0.5');
    move(bed, String(Math.floor(px)));
    expect(position(bed)).toBeNull();
  });
});
