import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MICRO } from './instrument-columns';
import { wantedOf } from './mirror-columns';
import { at, entryOf, Stage, settingsOf, sizeOf } from './testing/book-builder';
import { MirrorWorld } from './testing/mirror-world';

type Step = readonly ['leader' | 'mirror' | 'tell' | 'keep' | 'repair' | 'cancel' | 'taker' | 'market', number, number];

const step = (kinds: readonly [Step[0], ...Step[0][]]): fc.Arbitrary<Step> =>
  fc.tuple(fc.constantFrom(...kinds), fc.integer({ min: 0, max: 1_000 }), fc.integer({ min: 1, max: 40 }));

const KINDS = ['leader', 'mirror', 'tell', 'tell', 'keep', 'repair'] as const;
/** The same with market orders of the copy that take their time and may fill in part or not at all, and with some of the leader's that they follow. */
const WITH_MARKET = [...KINDS, 'mirror', 'taker', 'market'] as const;

/** A copy of a ratio whose leader holds `leader` lots, which it holds too. */
function worldOf(ratio: string, leader: number, caps: { readonly most?: string } = {}): MirrorWorld {
  const stage = new Stage();
  const settings = settingsOf(ratio, { policy: 'orders', catchUpMs: 600_000, maxAgeMs: 60_000 });
  const capped = caps.most === undefined ? settings : { ...settings, caps: { ...settings.caps, maxPositionSize: sizeOf(caps.most) } };
  const row = stage.add(entryOf(1, capped));
  const world = new MirrorWorld(stage, row);
  if (leader !== 0) {
    stage.follow(String(leader));
    world.begin(leader);
  }
  return world;
}

/** Most lots the leader trades by market orders. */
const TAKEN_MAX = 30;

/** Plays the steps; the leader's market orders are on the side of his working ones. Returns the lots he traded by them. */
function play(world: MirrorWorld, orders: readonly string[], steps: readonly Step[]): number {
  let taken = 0;
  for (const [kind, which, lots] of steps) {
    const orderId = orders[which % orders.length] ?? '';
    if (kind === 'leader') world.fillLeader(orderId, lots);
    else if (kind === 'cancel') world.cancelLeader(orderId);
    else if (kind === 'mirror') world.fillMirror(which, lots);
    else if (kind === 'keep') world.keep();
    else if (kind === 'repair') world.repair();
    else if (kind === 'tell') world.tellOne(which);
    else {
      world.delayMarket([0, Math.ceil(lots / 2), Number.MAX_SAFE_INTEGER][which % 3] ?? 0);
      const more = kind === 'taker' ? Math.min(lots, TAKEN_MAX - taken) : 0;
      if (more > 0) world.tradeLeader(world.orders.get(orderId)?.buy === true, more);
      taken += more;
    }
  }
  return taken;
}

const ratio = fc.constantFrom('1', '0.5', '0.37', '2');
const held = (world: MirrorWorld): number => at(world.stage.sheet.rows.position, world.row);
const wanted = (world: MirrorWorld): number => wantedOf(world.stage.sheet.rows, world.row, at(world.stage.sheet.rows.target, world.row)) / MICRO;

/** The mirror of the farther order fills a part while the nearer one's is on its way: made whole again, the two would close 21 lots of 18. */
const FILLED_WHILE_ANOTHER_IS_ON_ITS_WAY: Step[] = [
  ['tell', 303, 1],
  ['mirror', 0, 3],
  ['tell', 0, 1],
  ['tell', 0, 1],
  ['keep', 0, 1],
  ['tell', 356, 1],
  ['mirror', 0, 11],
  ['mirror', 0, 7],
];

/** A mirror fills for what the leader's other order filled, whose own mirror fills behind it: each fill of the leader may count once. */
const FILLED_FOR_THE_OTHER: Step[] = [
  ['tell', 0, 1],
  ['tell', 0, 1],
  ['mirror', 1, 40],
  ['tell', 2, 1],
  ['leader', 0, 20],
  ['tell', 2, 1],
  ['tell', 2, 1],
  ['mirror', 0, 40],
];

/** The same where the leader's order fills first. */
const FILLED_FOR_THE_OTHER_BEHIND_IT: Step[] = [
  ['leader', 1, 1],
  ['tell', 2, 1],
  ['tell', 0, 1],
  ['mirror', 0, 19],
  ['tell', 0, 1],
  ['mirror', 1, 23],
];

/** A mirror fills while a market order for what the leader bought besides is on its way, which fills as well. */
const FILLED_BESIDE_A_MARKET_ORDER: Step[] = [
  ['tell', 0, 1],
  ['tell', 0, 1],
  ['tell', 0, 1],
  ['tell', 0, 1],
  ['taker', 2, 10],
  ['tell', 0, 1],
  ['tell', 0, 1],
  ['mirror', 0, 10],
  ['tell', 1, 1],
];

describe('mirrored orders, whatever fills first and however late anything is told', () => {
  it('an order the leader filled is bought once: by its mirror, or by the repair, and nothing is ever sold again', () => {
    fc.assert(
      fc.property(ratio, fc.array(step(WITH_MARKET), { maxLength: 60 }), fc.boolean(), (by, steps, waits) => {
        const world = worldOf(by, 0);
        world.place({ orderId: 'a', buy: true, original: 40 });
        world.place({ orderId: 'b', buy: true, original: 25 });
        world.keep();
        const taken = play(world, ['a', 'b'], steps);
        // All that is traded for what filled so far is, before the rest of his orders fills.
        if (waits) world.settle();
        for (const orderId of ['a', 'b']) world.fillLeader(orderId, 1_000);
        world.settle();
        expect(world.stage.sheet.leaderLots).toBe(65 + taken);
        expect(held(world)).toBe(Math.floor((65 + taken) * Number(by)));
        expect(world.heldAtVenue()).toBe(held(world));
        expect(world.traded.sell).toBe(0);
        expect(world.openMirrors()).toEqual([]);
      }),
      {
        numRuns: 400,
        examples: [
          ['1', FILLED_FOR_THE_OTHER, false],
          ['1', FILLED_FOR_THE_OTHER_BEHIND_IT, false],
          ['1', FILLED_BESIDE_A_MARKET_ORDER, true],
        ],
      },
    );
  });

  it('a take-profit and a stop close what they would close of the leader, once, and nothing is bought back', () => {
    fc.assert(
      fc.property(ratio, fc.array(step(WITH_MARKET), { maxLength: 60 }), fc.boolean(), (by, steps, waits) => {
        const world = worldOf(by, 100);
        const before = world.traded.buy;
        world.place({ orderId: 'tp', buy: false, original: 30, reduceOnly: true });
        world.place({ orderId: 'tp2', buy: false, original: 20 });
        world.keep();
        const taken = play(world, ['tp', 'tp2'], steps);
        if (waits) world.settle();
        for (const orderId of ['tp', 'tp2']) world.fillLeader(orderId, 1_000);
        world.settle();
        expect(world.stage.sheet.leaderLots).toBe(50 - taken);
        expect(Math.abs(held(world) - (50 - taken) * Number(by))).toBeLessThan(2);
        expect(world.heldAtVenue()).toBe(held(world));
        expect(world.traded.buy).toBe(before);
        expect(world.openMirrors()).toEqual([]);
      }),
      { numRuns: 400, examples: [['0.37', FILLED_WHILE_ANOTHER_IS_ON_ITS_WAY, false]] },
    );
  });

  it.each<[string, readonly [Step[0], ...Step[0][]]]>([
    ['cancels in between, both sides and a cap', [...KINDS, 'cancel']],
    ['these and market orders that take their time', [...WITH_MARKET, 'cancel']],
  ])('with %s: in the end the copy holds its target, within the cap, and nothing stands', (_what, kinds) => {
    fc.assert(
      fc.property(ratio, fc.constantFrom(0, 30), fc.array(step(kinds), { maxLength: 80 }), (by, leader, steps) => {
        const world = worldOf(by, leader, { most: '50' });
        world.place({ orderId: 'a', buy: true, original: 40 });
        world.place({ orderId: 'b', buy: true, original: 25 });
        world.place({ orderId: 'c', buy: false, original: 20 });
        play(world, ['a', 'b', 'c'], steps);
        expect(Math.abs(world.heldAtVenue())).toBeLessThanOrEqual(50);
        for (const orderId of ['a', 'b', 'c']) world.cancelLeader(orderId);
        world.settle();
        expect(world.openMirrors()).toEqual([]);
        expect(world.heldAtVenue()).toBe(held(world));
        expect(Math.abs(held(world) - wanted(world))).toBeLessThan(1);
        expect([at(world.stage.sheet.rows.aheadBuy, world.row), at(world.stage.sheet.rows.aheadSell, world.row)]).toEqual([0, 0]);
        if (world.stage.sheet.leaderLots === 0) expect(held(world)).toBe(0);
        expect(Math.abs(held(world))).toBeLessThanOrEqual(50);
      }),
      { numRuns: 400 },
    );
  });
});
