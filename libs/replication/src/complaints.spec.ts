import { describe, expect, it } from 'vitest';
import { applyOutcome } from './apply';
import { STATUS } from './copy-columns';
import { detect, type LeaderFill } from './detect';
import { explainGaps } from './explain-gap';
import { EPISODE, MICRO } from './instrument-columns';
import { needsRepair, repairPlan } from './repair';
import { takeOn } from './take-on';
import { at, dollars, entryOf, instrumentOf, NOW, optionsOf, priceOf, priceUnits, rateOf, Stage, settingsOf, sizeOf } from './testing/book-builder';
import { ordersOf, reasonsOf } from './testing/told';
import type { WavePlan } from './wave-plan';

const repairAt = (stage: Stage, now = NOW + 500): WavePlan =>
  repairPlan(stage.book, stage.sheet, 900, optionsOf(900, { now, lastNonce: stage.lastNonce })).plan;
const following = (leader: string, settings = settingsOf('1'), instrument = instrumentOf('BTC')): Stage => {
  const stage = new Stage(instrument);
  stage.add(entryOf(1, settings));
  stage.follow(leader);
  return stage;
};
const proportional = settingsOf('1', { mode: { kind: 'proportional', multiplier: rateOf('1'), compounding: 'reinvest' } });
const sized = (most: string) => settingsOf('1', { caps: { ...settingsOf('1').caps, maxPositionSize: sizeOf(most) } });

describe('a copy wins with its leader', () => {
  it('an add that was missed is made good at the leader’s price, so that the close takes all of it', () => {
    const stage = following('10');
    stage.fillOrder(stage.plan('20'), 0, 0);
    const caught = repairAt(stage);
    expect([ordersOf(caught), at(caught.orders.price, 0)]).toEqual([['buy 10'], priceUnits('100.5')]);
    stage.fill(caught);
    expect(ordersOf(stage.plan('0'))).toEqual(['sell 20 reduce-only']);
  });

  it('an add that was missed for good is neither bought later nor sold with what the leader takes off', () => {
    const stage = following('10');
    stage.fillOrder(stage.plan('20'), 0, 0);
    expect(ordersOf(repairAt(stage, NOW + 60_000))).toEqual([]);
    expect(ordersOf(stage.follow('10'))).toEqual(['sell 5 reduce-only']);
  });

  it('an add is not chased to where the market went, nor bought cheap after the leader’s idea failed', () => {
    for (const mark of ['100.51', '99.49']) {
      const stage = following('10');
      stage.fillOrder(stage.plan('20'), 0, 0);
      stage.book.setMark('BTC', priceOf(mark), NOW + 500);
      const plan = repairAt(stage);
      expect([ordersOf(plan), reasonsOf(plan)]).toEqual([[], ['out_of_band']]);
    }
  });
});

describe('closes in parts', () => {
  const fills: readonly [LeaderFill, ...LeaderFill[]] = [sold('30', '9'), sold('21', '9'), sold('12', '12')];
  const third = settingsOf('0.333333333333');

  it('take the leader’s share each time and end flat', () => {
    const stage = following('30', settingsOf('0.34'));
    expect(['21', '12', '0'].map((leader) => ordersOf(stage.follow(leader)))).toEqual([
      ['sell 2 reduce-only'],
      ['sell 3 reduce-only'],
      ['sell 5 reduce-only'],
    ]);
  });

  it('of one block are one order for all of them', () => {
    const stage = following('30', third);
    const { move, gap } = detect(sizeOf('30'), fills, { note: () => true });
    expect([ordersOf(stage.plan('0', {}, move)), gap]).toEqual([['sell 9 reduce-only'], null]);
  });

  it('are taken from what the copy has, not from what it should have had', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    stage.fillOrder(stage.plan('20'), 0, 8);
    // Half of 20 is 10, which the copy does not even have.
    expect(ordersOf(stage.follow('10'))).toEqual([]);
    expect(ordersOf(stage.follow('5'))).toEqual(['sell 3 reduce-only']);
  });
});

describe('a limit order of the leader that fills piece by piece', () => {
  it('is followed by what filled, as it fills', () => {
    const stage = following('0');
    expect(['3', '7', '7', '10'].map((leader) => ordersOf(stage.follow(leader)))).toEqual([['buy 3'], ['buy 4'], [], ['buy 3']]);
  });

  it('is bought once by a copy of fixed amounts', () => {
    const stage = following('0', settingsOf('1', { mode: { kind: 'fixed_amount', amount: dollars(500), maxAdds: null } }));
    const piece = (leader: string, newOrders: number): WavePlan => {
      const plan = stage.plan(leader, {}, { newOrders });
      stage.fill(plan);
      return plan;
    };
    expect(ordersOf(piece('1', 1))).toEqual(['buy 5']);
    const next = piece('9', 0);
    expect([ordersOf(next), reasonsOf(next)]).toEqual([[], ['same_order']]);
  });
});

describe('nobody traded, nothing trades', () => {
  it.each<[string, (stage: Stage) => void]>([
    ['the market doubles', (stage) => stage.book.setMark('BTC', priceOf('200'), NOW)],
    ['the market halves', (stage) => stage.book.setMark('BTC', priceOf('50'), NOW)],
    ['the copy wins', (stage) => Object.assign(stage.book.copies.netPnl, [Number(dollars(500_000))])],
    ['the copy loses', (stage) => Object.assign(stage.book.copies.netPnl, [-Number(dollars(500_000))])],
    ['the follower adds money', (stage) => stage.book.changeAllocation(0, dollars(3_000_000))],
    ['the follower takes money out', (stage) => stage.book.changeAllocation(0, dollars(300_000))],
    ['a cap is lowered under the position', (stage) => stage.book.setSettings(0, { ...proportional, caps: sized('1').caps }, 2)],
    [
      'the multiplier is raised',
      (stage) => stage.book.setSettings(0, { ...proportional, mode: { kind: 'proportional', multiplier: rateOf('5'), compounding: 'reinvest' } }, 2),
    ],
    ['the mode is another one', (stage) => stage.book.setSettings(0, settingsOf('0.1'), 2)],
  ])('when %s', (_what, act) => {
    const stage = following('10', proportional);
    expect(at(stage.sheet.rows.position, 0)).toBe(10);
    act(stage);
    expect([needsRepair(stage.book, stage.sheet), ordersOf(repairAt(stage))]).toEqual([false, []]);
    const same = stage.plan('10', { leaderEquity: dollars(100) });
    expect([ordersOf(same), reasonsOf(same)]).toEqual([[], ['no_change']]);
  });

  it('a hundred rounds of repair under a jumping market send nothing', () => {
    const stage = following('10', proportional);
    let sent = 0;
    for (let round = 1; round <= 100; round += 1) {
      stage.book.setMark('BTC', priceOf(round % 2 === 0 ? '90' : '110'), NOW + round * 500);
      sent += repairAt(stage, NOW + round * 500).orders.count;
    }
    expect(sent).toBe(0);
  });
});

describe('terms change while a copy runs', () => {
  it('a lower ratio sells nothing and acts at the next increase', () => {
    const stage = following('10');
    stage.book.setSettings(0, settingsOf('0.6'), 2);
    expect(ordersOf(stage.follow('15'))).toEqual([]);
    expect(ordersOf(stage.follow('20'))).toEqual(['buy 2']);
    expect(at(stage.sheet.rows.target, 0)).toBe(12 * MICRO);
  });

  it('a cap lowered under the position sells nothing, stops the next increase and takes nothing from the exit', () => {
    const stage = following('10');
    stage.book.setSettings(0, sized('5'), 2);
    const denied = stage.plan('20');
    expect([ordersOf(denied), reasonsOf(denied)]).toEqual([[], ['cap_position_size']]);
    expect(ordersOf(stage.plan('0'))).toEqual(['sell 10 reduce-only']);
  });

  it('money that is added counts for what the leader adds next, and for all of it only by the follower’s own wish', () => {
    const stage = following('10', proportional);
    stage.book.changeAllocation(0, dollars(2_000_000));
    stage.book.copies.realEquity[0] = Number(dollars(2_000_000));
    expect(ordersOf(stage.follow('11'))).toEqual(['buy 2']);
    expect(takeOn(stage.book, stage.sheet, 0, { ...optionsOf(1), band: null })).toEqual({ before: 12 * MICRO, after: 22 * MICRO, reason: null });
    expect(ordersOf(repairAt(stage))).toEqual(['buy 10']);
  });

  it.each<[string, (stage: Stage) => void]>([
    ['is taken out', ({ book }) => book.changeAllocation(0, dollars(800_000))],
    ['is to be taken out and waits', ({ book }) => book.awaitAllocation(0, dollars(800_000))],
  ])('money that %s sells nothing and makes the next increase smaller', (_what, lower) => {
    const stage = following('10', proportional);
    lower(stage);
    expect(ordersOf(stage.follow('11'))).toEqual([]);
    expect(ordersOf(stage.follow('20'))).toEqual(['buy 6']);
  });
});

describe('small copies', () => {
  it('an increase below the venue’s smallest order is not made larger to pass, and rides with the next', () => {
    const stage = following('1', settingsOf('0.04'), instrumentOf('X', 2));
    const sent = ['2', '3', '4'].map((leader) => stage.follow(leader));
    expect(sent.map((plan) => [ordersOf(plan), ...reasonsOf(plan)])).toEqual([
      [[], 'below_minimum'],
      [['buy 12'], 'planned'],
      [[], 'below_minimum'],
    ]);
  });

  it('what was too small is not bought once the leader took it back', () => {
    const stage = following('1', settingsOf('0.04'), instrumentOf('X', 2));
    stage.follow('2');
    stage.follow('1');
    expect(ordersOf(stage.follow('2'))).toEqual([]);
    expect(at(stage.sheet.rows.target, 0)).toBe(8 * MICRO);
  });
});

describe('a leader who doubles down', () => {
  it('is followed as far as the follower’s own limit and no further', () => {
    const stage = following('0', sized('25'));
    const plans = ['10', '20', '40', '80'].map((leader) => stage.follow(leader));
    expect(plans.map((plan) => [ordersOf(plan), ...reasonsOf(plan)])).toEqual([
      [['buy 10'], 'planned'],
      [['buy 10'], 'planned'],
      [['buy 5'], 'planned_capped'],
      [[], 'cap_position_size'],
    ]);
  });

  it('cannot make a copy larger than its money carries', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1', { venueLeverage: 2 }), { allocation: dollars(1_005) }));
    const plans = ['8', '16', '32'].map((leader) => stage.follow(leader));
    // 1,005 twice over, at the limit price of 100.5.
    expect(plans.map((plan) => [ordersOf(plan), ...reasonsOf(plan)])).toEqual([
      [['buy 8'], 'planned'],
      [['buy 8'], 'planned'],
      [['buy 4'], 'planned_capped'],
    ]);
  });
});

describe('a follower who holds the instrument too', () => {
  it.each([
    ['against the copy, all of it', '-10', ['buy 5'], ['sell 10']],
    ['against the copy, more than it', '-13', ['buy 3 reduce-only', 'buy 2'], ['sell 10']],
    ['on the side of the copy', '4', ['buy 5'], ['sell 10 reduce-only']],
  ])('%s: the copy trades its own size, reduce-only as far as the account has something to reduce', (_what, own, added, closed) => {
    const opened = (): Stage => {
      const stage = new Stage(instrumentOf('BTC'));
      stage.add(entryOf(1, settingsOf('1')));
      stage.follow('10');
      stage.sheet.rows.beside[0] = Number(own);
      return stage;
    };
    expect(ordersOf(opened().plan('15'))).toEqual(added);
    expect(ordersOf(opened().plan('0'))).toEqual(closed);
  });
});

describe('copies that share a signer', () => {
  it('never share a nonce, in one wave or in two of the same millisecond', () => {
    const stage = new Stage();
    for (let copy = 1; copy <= 3; copy += 1) stage.add(entryOf(copy, settingsOf('1'), { signer: 1 }));
    const noncesOf = ({ orders }: WavePlan): readonly number[] => [...orders.nonce.slice(0, orders.count)].map((nonce) => nonce - NOW);
    expect([noncesOf(stage.follow('10')), noncesOf(stage.plan('-5'))]).toEqual([
      [0, 1, 2],
      [3, 4, 5, 6, 7, 8],
    ]);
  });
});

describe('no copy stays behind in silence', () => {
  it('each that did not follow has its own reason, in the wave and after it', () => {
    const stage = new Stage();
    for (let copy = 1; copy <= 5; copy += 1) stage.add(entryOf(copy, copy === 3 ? sized('4') : settingsOf('1')));
    stage.book.setStatus(0, STATUS.paused, true);
    stage.sheet.rows.episode[1] = EPISODE.awaitingOpen;
    stage.book.setSigner(4, 5, NOW - 1);
    stage.sheet.leaderLots = 10;
    const plan = stage.plan('20');
    expect(reasonsOf(plan)).toEqual(['paused', 'awaiting_open', 'planned_capped', 'planned', 'agent_invalid']);
    expect(ordersOf(plan).toSorted()).toEqual(['buy 10', 'buy 4']);
    for (let order = 0; order < plan.orders.count; order += 1) applyOutcome(stage.book, plan, order, 'rejected', 0, 'lasting');
    expect(explainGaps(stage.book, stage.sheet, NOW).map(({ copyNo, gap, reason }) => [copyNo, gap / MICRO, reason])).toEqual([
      [3, 4, 'rejected'],
      [4, 10, 'rejected'],
    ]);
  });
});

/** The leader sold so much of what was held. */
function sold(held: string, lots: string): LeaderFill {
  return {
    coin: 'BTC',
    side: 'sell',
    size: sizeOf(lots),
    price: priceOf('100'),
    startPosition: sizeOf(held),
    time: NOW - 100,
    orderId: '1',
    twapId: null,
  };
}
