import { money, price, UNIT } from '@lockstep/kernel';
import { gate, gateEntries } from '@lockstep/risk';
import { type ExposureLimits, NO_EXPOSURE_LIMITS } from '@lockstep/roster';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FollowerRows } from './follower-rows';
import { type InstrumentSheet, MICRO } from './instrument-columns';
import { NO_MIRRORS, putMirrors } from './mirror-columns';
import { orderFacts } from './order-facts';
import { CAPS, reasonAt } from './reasons';
import { repairPlan } from './repair';
import { at, dollars, entryOf, instrumentOf, NOW, optionsOf, priceOf, rateOf, Stage, settingsOf } from './testing/book-builder';
import { underlyingOf } from './underlying';
import type { WavePlan } from './wave-plan';

const limits = (part: Partial<ExposureLimits>): ExposureLimits => ({ ...NO_EXPOSURE_LIMITS, ...part });
const lots = (stage: Stage, row: number): number => at(stage.sheet.rows.target, row) / MICRO;
/** Caps that cut a decision with the lots they cut, in the order of the receipt. */
const cutsOf = ({ decisions }: WavePlan, index: number): readonly string[] => {
  let from = at(decisions.cutFirst, index);
  return CAPS.filter((_, cap) => (at(decisions.cutMask, index) & (1 << cap)) !== 0).map((cap) => `${cap} ${at(decisions.cuts, from++) / MICRO}`);
};
// Entries at exactly the mark, so that a limit price moves no number.
const exact = (part: Parameters<typeof settingsOf>[1] = {}, ratio = '1') =>
  settingsOf(ratio, { ...part, slippage: { ...settingsOf('1').slippage, entryBound: rateOf('0') } });

describe('an underlying', () => {
  it.each([
    ['BTC', 'BTC'],
    ['xyz:BTC', 'BTC'],
    ['kPEPE', 'PEPE'],
    ['flx:kBONK', 'BONK'],
    ['kaito', 'kaito'],
    ['KAS', 'KAS'],
  ])('of %s is %s', (coin, underlying) => expect(underlyingOf(coin)).toBe(underlying));
});

describe('capacity of a leader', () => {
  it('is divided by one factor among all who copy it, and nothing is left for the next increase', () => {
    const stage = new Stage();
    for (const copyNo of [1, 2, 3])
      stage.book.setExposure(stage.add(entryOf(copyNo, exact({}, String(copyNo)))), limits({ leaderCapacity: dollars(3_000) }));
    const plan = stage.follow('10');
    expect([0, 1, 2].map((row) => lots(stage, row))).toEqual([5, 10, 15]);
    expect([0, 1, 2].map((index) => cutsOf(plan, index))).toEqual([['cap_capacity 5'], ['cap_capacity 10'], ['cap_capacity 15']]);
    const next = stage.follow('20');
    expect([0, 1, 2].map((row) => lots(stage, row))).toEqual([5, 10, 15]);
    expect(reasonAt(at(next.decisions.reason, 0))).toBe('cap_capacity');
    stage.follow('10');
    expect([0, 1, 2].map((row) => lots(stage, row))).toEqual([2.5, 5, 7.5]);
  });

  it('of one brand’s leader is not used up by another brand that copies the same account', () => {
    const stage = new Stage();
    for (const [copyNo, scope] of [
      [1, 0],
      [2, 1],
    ] as const)
      stage.book.setExposure(stage.add(entryOf(copyNo, exact(), { scope })), limits({ leaderCapacity: dollars(1_000) }));
    stage.follow('10');
    expect([lots(stage, 0), lots(stage, 1)]).toEqual([10, 10]);
  });

  it('counts everybody who copies the leader, and cuts those who have the limit', () => {
    const stage = new Stage();
    stage.add(entryOf(1, exact()));
    stage.book.setExposure(stage.add(entryOf(2, exact())), limits({ leaderCapacity: dollars(500) }));
    stage.follow('10');
    expect([lots(stage, 0), lots(stage, 1)]).toEqual([10, 0]);
  });
});

/** Two leaders that one follower copies, one of them on another dex. */
function pair(exposure: ExposureLimits, coins: readonly [string, string] = ['BTC', 'xyz:BTC']) {
  const followers = new FollowerRows();
  const stages = coins.map((coin) => new Stage(instrumentOf(coin), '100', followers));
  for (const [index, stage] of stages.entries()) {
    const entry = entryOf(index + 1, exact(), { follower: 7, allocation: dollars(5_000), realEquity: dollars(5_000) });
    stage.book.setExposure(stage.add(entry), exposure);
  }
  const [one, other] = stages as [Stage, Stage];
  return { one, other, followers };
}

describe('limits over all copies of a follower', () => {
  it('bound an underlying across leaders and dexes, as a share of what all copies are worth', () => {
    const { one, other } = pair(limits({ underlyingShare: rateOf('0.1') }));
    one.follow('7');
    const plan = other.follow('7');
    expect([lots(one, 0), lots(other, 0)]).toEqual([7, 3]);
    expect(cutsOf(plan, 0)).toEqual(['cap_concentration 4']);
  });

  it('leave other underlyings alone', () => {
    const { one, other } = pair(limits({ underlyingShare: rateOf('0.1') }), ['BTC', 'ETH']);
    one.follow('7');
    other.follow('7');
    expect([lots(one, 0), lots(other, 0)]).toEqual([7, 7]);
  });

  it('bound gross exposure, long and short alike', () => {
    const { one, other } = pair(limits({ followerGross: dollars(1_000) }), ['BTC', 'ETH']);
    one.follow('-7');
    const plan = other.follow('7');
    expect([lots(one, 0), lots(other, 0)]).toEqual([-7, 3]);
    expect(cutsOf(plan, 0)).toEqual(['cap_gross 4']);
    one.follow('0');
    other.follow('9');
    expect(lots(other, 0)).toBe(5);
  });

  it('halt entries while a mark of another copy is missing or old, and hold up no exit', () => {
    const { one, other } = pair(limits({ followerGross: dollars(10_000) }), ['BTC', 'ETH']);
    one.follow('7');
    other.follow('5');
    one.sheet.markAt = NOW - 5_001;
    const plan = other.plan('9');
    expect([reasonAt(at(plan.decisions.reason, 0)), plan.orders.count]).toEqual(['stale_mark', 0]);
    expect(other.plan('2').orders.count).toBe(1);
    one.book.setMark('BTC', priceOf('100'), NOW);
    // Back at nine, the increment that waited is caught up by a repair with the next one.
    expect(at(other.follow('9').decisions.targetAfter, 0)).toBeGreaterThan(0);
  });

  it('are free again when a copy leaves', () => {
    const { one, other } = pair(limits({ followerGross: dollars(1_000) }), ['BTC', 'ETH']);
    one.follow('10');
    one.book.removeCopy(1);
    other.follow('7');
    expect(lots(other, 0)).toBe(7);
  });

  it('of a follower without an index cannot be set', () => {
    const stage = new Stage();
    const row = stage.add(entryOf(1, exact()));
    expect(() => stage.book.setExposure(row, limits({ followerGross: dollars(1) }))).toThrow('index');
  });
});

describe('the order of caps', () => {
  it('is the one of the product, each with what it cut of what those before it left', () => {
    const { one: stage } = pair(limits({ underlyingShare: rateOf('0.08'), followerGross: dollars(600), leaderCapacity: dollars(400) }));
    stage.book.setSettings(0, exact({ caps: { ...settingsOf('1').caps, maxLeverage: rateOf('0.2'), maxGrossExposure: dollars(700) } }), 2);
    const plan = stage.follow('20');
    expect(cutsOf(plan, 0)).toEqual(['cap_leverage 10', 'cap_concentration 2', 'cap_gross 2', 'cap_capacity 2']);
  });
});

describe('instruments', () => {
  it('that limits from above keep out are denied as a policy, those of the copy’s own filter as its filter, and exits go on', () => {
    const stage = new Stage();
    const row = stage.add(entryOf(1, exact()));
    stage.follow('5');
    stage.book.setPolicy(row, { kind: 'except', coins: ['BTC'] });
    expect(reasonAt(at(stage.plan('9').decisions.reason, 0))).toBe('policy');
    expect(stage.follow('3').orders.count).toBe(1);
    stage.book.setPolicy(row, { kind: 'all' });
    stage.book.setSettings(row, exact({ instruments: { kind: 'only', coins: ['ETH'] } }), 2);
    expect(reasonAt(at(stage.plan('9').decisions.reason, 0))).toBe('instrument_filter');
  });
});

describe('a repair', () => {
  it('does not enter what was granted when the group has come to stand beyond its limit since', () => {
    const { one, other } = pair(limits({ followerGross: dollars(1_000) }), ['BTC', 'ETH']);
    one.plan('5');
    // Nothing filled: the target stands, and is counted.
    const plan = other.follow('5');
    expect(cutsOf(plan, 0)).toEqual([]);
    one.sheet.rows.pendingBuy[0] = 0;
    other.sheet.markAt = NOW - 1;
    other.book.setMark('ETH', priceOf('160'), NOW);
    const repaired = repairPlan(one.book, one.sheet, 9, optionsOf(9));
    expect([...repaired.plan.orders.lots.slice(0, repaired.plan.orders.count)]).toEqual([2]);
  });
});

describe('mirrors of orders that stand', () => {
  const tenLots: readonly [string, Partial<ExposureLimits>][] = [
    ['gross exposure of a follower', { followerGross: dollars(1_000) }],
    ['an underlying', { underlyingShare: rateOf('0.1') }],
    ['capacity of a leader', { leaderCapacity: dollars(1_000) }],
  ];

  it.each(tenLots)('leave to what was granted before only what %s admits beside them, and the gate agrees', (_what, exposure) => {
    const stage = new Stage();
    const entry = entryOf(1, exact({ policy: 'orders' }), { follower: 7, allocation: dollars(10_000), realEquity: dollars(10_000) });
    stage.book.setExposure(stage.add(entry), limits(exposure));
    stage.plan('8');
    stage.sheet.rows.pendingBuy[0] = 0;
    putMirrors(stage.sheet, 0, { ...NO_MIRRORS, buy: 5, standingBuy: 5 });
    const { plan } = repairPlan(stage.book, stage.sheet, 9, optionsOf(9));
    expect([...plan.orders.lots.slice(0, plan.orders.count)]).toEqual([5]);
    const facts = orderFacts(stage.book, plan, NOW, 5_000);
    expect(facts !== null && gate(plan.orders, facts).ok).toBe(true);
  });

  it.each(tenLots)('are held back where %s is exceeded once what is held against them is closed: its exit may fill first', (_what, exposure) => {
    const stage = new Stage();
    const entry = entryOf(1, exact({ policy: 'orders' }), { follower: 7, allocation: dollars(10_000), realEquity: dollars(10_000) });
    stage.book.setExposure(stage.add(entry), limits(exposure));
    stage.follow('-4');
    const passes = (mirrored: number, exits = 0): boolean => {
      putMirrors(stage.sheet, 0, { ...NO_MIRRORS, buy: mirrored, standingBuy: mirrored, exitBuy: exits });
      const one = { count: 1, buy: Uint8Array.of(1), price: Float64Array.of(stage.sheet.mark), lots: Float64Array.of(mirrored) };
      const orders = { ...one, reduceOnly: new Uint8Array(1), row: new Int32Array(1), exit: new Uint8Array(1) };
      const facts = orderFacts(stage.book, { coin: 'BTC', orders }, NOW, 5_000);
      return facts !== null && gateEntries([0], orders, facts).ok;
    };
    expect(at(stage.sheet.rows.position, 0)).toBe(-4);
    expect([passes(10), passes(11), passes(10, 4), passes(10, 5)]).toEqual([true, false, true, false]);
  });
});

describe('no approved order exceeds a shared limit at its worst case', { timeout: 60_000 }, () => {
  const orNone = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null });
  const amount = fc.integer({ min: 0, max: 60_000 }).map((value) => money(BigInt(value) * UNIT));
  const exposure = fc.record({
    followerGross: orNone(amount),
    underlyingShare: orNone(fc.integer({ min: 0, max: 2_000 }).map((value) => rateOf(`${value / 1_000}`))),
    leaderCapacity: orNone(amount),
    alertGross: fc.constant(null),
    alertShare: fc.constant(null),
    alertCapacity: fc.constant(null),
  });
  const copy = fc.record({
    leader: fc.constantFrom(0, 1),
    follower: fc.constantFrom(0, 1, 2),
    brand: fc.constantFrom(0, 1),
    ratio: fc.integer({ min: 1, max: 3_000 }),
  });
  const step = fc.record({
    leader: fc.constantFrom(0, 1),
    coin: fc.constantFrom(0, 1),
    to: fc.integer({ min: -400, max: 400 }),
    mark: fc.integer({ min: 50, max: 200 }),
    filled: fc.integer({ min: 0, max: 4 }),
  });

  it('over two leaders, followers who copy both, two brands, random marks and partial fills; the gate agrees', () => {
    fc.assert(
      fc.property(
        exposure,
        fc.array(copy, { minLength: 1, maxLength: 8 }),
        fc.array(step, { minLength: 1, maxLength: 14 }),
        (shared, copies, steps) => {
          const followers = new FollowerRows();
          const coins = [instrumentOf('BTC', 1), { ...instrumentOf('xyz:BTC', 2), assetId: 2 }] as const;
          const stages = [0, 1].map(() => coins.map((coin) => new Stage(coin, '100', followers)));
          // The two coins of a leader stand in one book.
          const books = stages.map(([first]) => first?.book ?? fail());
          const sheets = books.map((book) => coins.map((coin) => book.sheet(coin)));
          for (const list of sheets) for (const sheet of list) Object.assign(sheet, { mark: Number(priceOf('100')), markAt: NOW });
          for (const [index, draw] of copies.entries()) {
            const entry = entryOf(index + 1, settingsOf(`${draw.ratio / 1_000}`), {
              scope: draw.brand,
              follower: draw.follower,
              allocation: dollars(20_000),
              realEquity: dollars(20_000),
            });
            const book = books[draw.leader] ?? fail();
            book.setExposure(book.addCopy(entry), shared);
          }
          for (const [index, draw] of steps.entries()) {
            const stage = stages[draw.leader]?.[0] ?? fail();
            const sheet = sheets[draw.leader]?.[draw.coin] ?? fail();
            for (const list of sheets) (list[draw.coin] ?? fail()).mark = Number(price(BigInt(draw.mark) * UNIT));
            const before = exceeded(books, sheets, shared);
            const view = Object.assign(Object.create(Stage.prototype), {
              book: stage.book,
              sheet,
              instrument: sheet.instrument,
              markText: String(draw.mark),
              lastNonce: stage.lastNonce,
              wave: index,
            }) as Stage;
            const plan = view.plan(`${draw.to}`);
            const facts = orderFacts(stage.book, plan, NOW, 5_000);
            if (facts === null) throw new Error('facts');
            expect(gate(plan.orders, facts)).toMatchObject({ ok: true });
            const entries = [...plan.orders.exit.slice(0, plan.orders.count)].some((exit) => exit === 0);
            const after = exceeded(books, sheets, shared);
            // What stood beyond a limit by a mark may stay; no wave with an entry adds to it.
            if (entries) for (const [name, value] of after) expect(value, name).toBeLessThanOrEqual(Math.max(0, before.get(name) ?? 0) + 1);
            for (let order = 0; order < plan.orders.count; order += 1)
              view.fillOrder(plan, order, Math.floor((at(plan.orders.lots, order) * draw.filled) / 4));
          }
        },
      ),
      { numRuns: 80 },
    );
  });

  /** By how much each limit in money is exceeded at the marks by what is held and in flight, summed apart from planner and gate, in 10^-8. */
  function exceeded(
    books: readonly Stage['book'][],
    sheets: readonly (readonly InstrumentSheet[])[],
    shared: ExposureLimits,
  ): ReadonlyMap<string, number> {
    const found = new Map<string, number>();
    const add = (name: string, limit: bigint | null, value: number): void => {
      if (limit !== null) found.set(name, (found.get(name) ?? -Number(limit)) + value);
    };
    for (const [index, book] of books.entries()) {
      for (const sheet of sheets[index] ?? []) {
        const { position, pendingBuy, pendingSell } = sheet.rows;
        for (let row = 0; row < book.rowCount; row += 1) {
          const worst = Math.max(at(position, row) + at(pendingBuy, row), at(pendingSell, row) - at(position, row), 0);
          const value = (worst * sheet.mark) / sheet.lotsPerUnit;
          add(`leader ${index} of brand ${at(book.copies.scope, row)}`, shared.leaderCapacity, value);
          add(`follower ${at(book.copies.follower, row)}`, shared.followerGross, value);
        }
      }
    }
    return found;
  }
});

const fail = (): never => {
  throw new Error('not there');
};
