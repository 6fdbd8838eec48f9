import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unwrap } from '@lockstep/kernel';
import {
  type CopySettings,
  decodeCopySettings,
  defaultCopySettings,
  encodeCopySettings,
  STATE_ACTIONS,
  STATE_LIMITS,
  type StateAction,
} from '@lockstep/roster';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STATUS } from './copy-columns';
import { EPISODE, MICRO } from './instrument-columns';
import { reasonAt } from './reasons';
import { repairPlan } from './repair';
import { revalue } from './revalue';
import { evaluateStateLimits, haltsRisk, limitChanges, reduceToLimits } from './state-limits';
import { at, breakerOf, dollars, entryOf, instrumentOf, NOW, optionsOf, priceOf, rateOf, Stage, settingsOf } from './testing/book-builder';

const NO_CAPS = settingsOf('1').caps;
const NO_ACTIONS = {
  position_notional: 'none',
  position_share: 'none',
  leverage: 'none',
  gross_exposure: 'none',
  liquidation_distance: 'none',
} as const;
const settings = (
  caps: Partial<CopySettings['caps']>,
  actions: Partial<CopySettings['stateLimits']>,
  part: Partial<CopySettings> = {},
  ratio = '1',
): CopySettings => settingsOf(ratio, { caps: { ...NO_CAPS, ...caps }, stateLimits: { ...NO_ACTIONS, ...actions }, ...part });

/** A mark comes and what is held is judged; what is due is done as the engine does it, and the exits are filled. Says which action is due. */
function mark(stage: Stage, text: string, coin = stage.instrument.coin, judged: Partial<Parameters<typeof evaluateStateLimits>[1]> = {}) {
  const { book } = stage;
  for (const sheet of book.allSheets()) if (sheet.instrument.coin === coin) Object.assign(sheet, { mark: Number(priceOf(text)), markAt: NOW });
  revalue(book, NOW, 5_000);
  const changes = limitChanges(book.rowCount);
  const found = evaluateStateLimits(book, { isNewMark: true, ...judged }, changes);
  let reduced = 0;
  for (let index = 0; index < found; index += 1) {
    const row = at(changes.rows, index);
    book.setStatus(row, STATUS.limitHalt, haltsRisk(book.copies, row));
    if (at(changes.due, index) === 1) reduced += reduceToLimits(book, row).length;
  }
  return { found, reduced };
}

function repair(stage: Stage, wave: number, fill = true) {
  const orders = [...stage.book.allSheets()].map((sheet) => {
    const { plan } = repairPlan(stage.book, sheet, wave, optionsOf(wave, { lastNonce: stage.lastNonce }));
    const view = Object.assign(Object.create(Stage.prototype), { book: stage.book, sheet, markText: '100' }) as Stage;
    if (fill) for (let order = 0; order < plan.orders.count; order += 1) view.fillOrder(plan, order, at(plan.orders.lots, order));
    return plan.orders;
  });
  return orders;
}
const position = (stage: Stage, row = 0): number => at(stage.sheet.rows.position, row);

describe('a limit that what is held passes', () => {
  it('of a copy that is handed over neither halts nor lowers anything: nothing is traded for it', () => {
    const stage = new Stage(instrumentOf('BTC', 2));
    const row = stage.add(entryOf(1, settings({ maxPositionNotional: dollars(1_100) }, { position_notional: 'close' })));
    stage.follow('10');
    stage.book.setStatus(row, STATUS.handingOver, true);
    expect(mark(stage, '120')).toEqual({ found: 0, reduced: 0 });
    expect([at(stage.sheet.rows.target, row) / MICRO, at(stage.book.copies.status, row) & STATUS.limitHalt]).toEqual([1_000, 0]);
    // What is closed after all is closed whatever its limits say; when it is kept, they are met at the next mark.
    stage.book.setStatus(row, STATUS.handingOver, false);
    expect(mark(stage, '120').reduced).toBe(1);
  });

  it('trims to 5 % below it by reduce-only orders, once, and the leader’s reduction goes on from there', () => {
    const stage = new Stage(instrumentOf('BTC', 2));
    stage.add(entryOf(1, settings({ maxPositionNotional: dollars(1_100) }, { position_notional: 'trim' })));
    stage.follow('10');
    expect(mark(stage, '109')).toEqual({ found: 0, reduced: 0 });
    expect(mark(stage, '120').reduced).toBe(1);
    expect(at(stage.sheet.rows.target, 0) / MICRO).toBe(870);
    expect(mark(stage, '121').reduced).toBe(0);
    const [orders] = repair(stage, 5);
    expect([at(orders?.reduceOnly ?? [], 0), at(orders?.lots ?? [], 0)]).toEqual([1, 130]);
    expect([position(stage), at(stage.book.copies.status, 0) & STATUS.limitHalt]).toEqual([870, STATUS.limitHalt]);
    mark(stage, '120');
    expect(at(stage.book.copies.status, 0) & STATUS.limitHalt).toBe(0);
    stage.follow('5');
    expect(position(stage)).toBe(435);
  });

  it.each<[string, string, number, number]>([
    // what, mark, target before, target after: 1,045 is what a trim leaves
    ['by less than the venue takes, which waits: all that is held counts', '110.5', 9_950, 9_457],
    ['by what leaves anyway: no second one is made of it', '110.5', 9_500, 9_500],
    ['within the limit already, by what leaves anyway', '110.5', 9_800, 9_800],
  ])('trims where the target is below the position %s', (_what, text, before, after) => {
    const stage = new Stage(instrumentOf('BTC', 3));
    stage.add(entryOf(1, settings({ maxPositionNotional: dollars(1_100) }, { position_notional: 'trim' })));
    stage.follow('10');
    stage.sheet.rows.target[0] = before * MICRO;
    mark(stage, text);
    expect(at(stage.sheet.rows.target, 0) / MICRO).toBe(after);
  });

  it('halts new risk by the first mark, and no exit', () => {
    const stage = new Stage();
    stage.add(
      entryOf(1, settings({ maxPositionNotional: dollars(1_100) }, { position_notional: 'trim' }, { breaker: breakerOf({ closeAfterMarks: 3 }) })),
    );
    stage.follow('10');
    expect(mark(stage, '120')).toEqual({ found: 1, reduced: 0 });
    const plan = stage.plan('11');
    expect([reasonAt(at(plan.decisions.reason, 0)), plan.orders.count]).toEqual(['state_limit', 0]);
    expect(stage.follow('8').orders.count).toBe(1);
  });

  it('is acted on after as many new marks in a row as the copy says, each of something it holds', () => {
    const stage = new Stage();
    stage.add(
      entryOf(1, settings({ maxPositionNotional: dollars(1_100) }, { position_notional: 'trim' }, { breaker: breakerOf({ closeAfterMarks: 2 }) })),
    );
    stage.follow('10');
    expect(mark(stage, '120').reduced).toBe(0);
    expect(mark(stage, '120', 'BTC', { isNewMark: false }).reduced).toBe(0);
    expect(mark(stage, '120', 'BTC', { confirms: () => false }).reduced).toBe(0);
    mark(stage, '100');
    expect(mark(stage, '120').reduced).toBe(0);
    expect(mark(stage, '121').reduced).toBe(1);
  });

  it('of all positions together is trimmed by one share of each', () => {
    const stage = new Stage(instrumentOf('BTC', 1));
    stage.add(
      entryOf(1, settings({ maxLeverage: rateOf('0.002') }, { leverage: 'trim' }), {
        allocation: dollars(1_000_000),
        realEquity: dollars(1_000_000),
      }),
    );
    const other = stage.book.sheet(instrumentOf('ETH', 1));
    Object.assign(other, { mark: Number(priceOf('100')), markAt: NOW });
    stage.follow('9');
    other.rows.position[0] = 100;
    other.rows.target[0] = 100 * MICRO;
    other.rows.entryValue[0] = Number(dollars(1_000));
    expect(mark(stage, '130').reduced).toBe(2);
    const [btc, eth] = [at(stage.sheet.rows.target, 0), at(other.rows.target, 0)].map((micro) => micro / MICRO);
    expect([btc, eth]).toEqual([78, 87]);
  });

  it('closes what passed it and waits for the leader’s next open', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settings({ maxPositionShare: rateOf('0.0011') }, { position_share: 'close' })));
    stage.follow('10');
    expect(mark(stage, '130').reduced).toBe(1);
    expect([at(stage.sheet.rows.target, 0), at(stage.sheet.rows.episode, 0) & EPISODE.awaitingOpen]).toEqual([0, EPISODE.awaitingOpen]);
    repair(stage, 5);
    mark(stage, '100');
    stage.follow('12');
    expect(position(stage)).toBe(0);
    stage.follow('0');
    stage.follow('3');
    expect(position(stage)).toBe(3);
  });

  it.each([
    ['a withdrawal', (stage: Stage) => (stage.book.copies.realEquity[0] = Number(dollars(400)))],
    ['funding', (stage: Stage) => (stage.book.copies.netPnl[0] = -Number(dollars(999_600)))],
  ] as const)('by %s is seen without any new mark’s move', (_what, change) => {
    const stage = new Stage();
    stage.add(entryOf(1, settings({ maxLeverage: rateOf('2') }, { leverage: 'trim' })));
    stage.follow('10');
    expect(mark(stage, '100').reduced).toBe(0);
    change(stage);
    expect(mark(stage, '100').reduced).toBe(1);
    expect(at(stage.sheet.rows.target, 0) / MICRO).toBe(7);
  });

  it('is only told where the action is alert, and nothing where it is none', () => {
    const stage = new Stage();
    for (const [copyNo, action] of [
      [1, 'alert'],
      [2, 'none'],
    ] as const)
      stage.add(entryOf(copyNo, settings({ maxPositionNotional: dollars(1_100) }, { position_notional: action })));
    stage.follow('10');
    expect(mark(stage, '120')).toEqual({ found: 1, reduced: 0 });
    expect([at(stage.book.copies.passedLimits, 0), at(stage.book.copies.passedLimits, 1)]).toEqual([1, 0]);
    expect(haltsRisk(stage.book.copies, 0)).toBe(false);
    // Told once, not at every turn of the mark around the limit.
    expect([mark(stage, '109').found, mark(stage, '111').found, mark(stage, '104').found]).toEqual([0, 0, 1]);
    expect(at(stage.book.copies.passedLimits, 0)).toBe(0);
  });

  it.each([
    ['truth that is not known well enough', (stage: Stage) => stage.book.setStatus(0, STATUS.staleTruth, true)],
    ['what is being closed anyway', (stage: Stage) => stage.book.setStatus(0, STATUS.closing, true)],
  ] as const)('reduces nothing on %s', (_what, change) => {
    const stage = new Stage();
    stage.add(entryOf(1, settings({ maxPositionNotional: dollars(1_100) }, { position_notional: 'trim' })));
    stage.follow('10');
    change(stage);
    expect(mark(stage, '120').reduced).toBe(0);
  });
});

describe('a floor under liquidation distances', () => {
  /** 500 at 100 for 10,000, at most 50 times: maintenance is 1 %, a long asks for N · (0.01 + f · 0.99). */
  const near = (action: StateAction, floor = '0.1', part: Partial<CopySettings> = {}, instrument = instrumentOf('BTC', 2)): Stage => {
    const stage = new Stage(instrument);
    const terms = settings({ minLiquidationDistance: rateOf(floor) }, { liquidation_distance: action }, part);
    stage.add(entryOf(1, terms, { allocation: dollars(10_000), realEquity: dollars(10_000) }));
    stage.book.setSettings(0, settings({}, {}, part), 1);
    stage.follow('500');
    stage.book.setSettings(0, terms, 2);
    return stage;
  };
  const target = (stage: Stage): number => at(stage.sheet.rows.target, 0) / MICRO / 100;

  it.each<[string, StateAction, string, number, boolean]>([
    // At 88: 4,000 of equity ÷ (0.01 + 0.105 · 0.99) ÷ 88 are left by a trim.
    ['that is kept', 'trim', '90', 500, false],
    ['trims until it is 5 % further away', 'trim', '88', 398.89, true],
    ['closes what is nearer', 'close', '88', 0, true],
    ['is only told', 'alert', '88', 500, false],
    ['is of no matter', 'none', '88', 500, false],
  ])('%s', (_what, action, text, left, halts) => {
    const stage = near(action);
    mark(stage, text);
    expect([target(stage), haltsRisk(stage.book.copies, 0)]).toEqual([left, halts]);
    expect(at(stage.book.copies.passedLimits, 0) !== 0).toBe(text === '88' && action !== 'none');
  });

  it('of nothing is none', () => {
    const stage = near('trim', '0');
    expect(mark(stage, '81').found).toBe(0);
  });

  it('counts what other positions of the clearinghouse use, and the money of another for nothing', () => {
    const [one, other] = ['', 'xyz'].map((dex) => {
      const stage = near('trim');
      const beside = stage.book.sheet({ ...instrumentOf('ETH', 2), dex });
      Object.assign(beside, { mark: Number(priceOf('100')), markAt: NOW });
      beside.rows.position[0] = 50_000;
      beside.rows.target[0] = 50_000 * MICRO;
      beside.rows.entryValue[0] = Number(dollars(50_000));
      mark(stage, '90.5');
      return at(stage.sheet.rows.target, 0) / MICRO;
    });
    // 5,250 would do for 45,250; less 500 of maintenance they are 4,750 ÷ (0.01 + 0.105 · 0.99) ÷ 90.5.
    expect([one, other]).toEqual([46_060, 50_000]);
  });

  it('leaves isolated positions alone: their margin goes with them', () => {
    const stage = near('close', '0.1', {}, { ...instrumentOf('BTC', 2), onlyIsolated: true });
    expect(mark(stage, '88').found).toBe(0);
  });

  it('a copy that trims is as far away as its floor once its exits are filled, by the venue’s formula', { timeout: 60_000 }, () => {
    const marks = fc.array(fc.integer({ min: 70, max: 140 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 90 }), fc.constantFrom(1, -1), fc.integer({ min: 20, max: 400 }), marks, (floor, side, size, path) => {
        const stage = new Stage(instrumentOf('BTC', 2));
        const terms = settings({ minLiquidationDistance: rateOf(`${floor / 100}`) }, { liquidation_distance: 'trim' });
        stage.add(entryOf(1, terms, { allocation: dollars(10_000), realEquity: dollars(10_000) }));
        stage.follow(String(size * side));
        for (const [index, price] of path.entries()) {
          const before = position(stage);
          mark(stage, String(price));
          // Exits are filled at the mark: they cost nothing of what is left.
          const trimmed = Math.min(Math.abs(before), Math.ceil(Math.abs(at(stage.sheet.rows.target, 0)) / MICRO));
          const equity = at(stage.book.copies.equity, 0) / 1e8;
          const notional = (trimmed * price) / 100;
          const distance = notional === 0 ? 9 : (equity - notional / 100) / (notional * (side > 0 ? 0.99 : 1.01));
          // A remnant below the venue's minimum waits.
          if (notional > 20) expect(distance).toBeGreaterThanOrEqual(floor / 100 - 20 / notional);
          repair(stage, 10 + index);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('after any marks', () => {
  it('no copy that trims holds more than its limits once its exits are filled, and none was turned or grown', { timeout: 60_000 }, () => {
    const action = fc.constantFrom<StateAction>('trim', 'close');
    const draw = fc.record({
      notional: fc.integer({ min: 100, max: 3_000 }),
      leverage: fc.integer({ min: 1, max: 40 }),
      gross: fc.integer({ min: 100, max: 3_000 }),
      actions: fc.record({ position_notional: action, leverage: action, gross_exposure: action }),
      side: fc.constantFrom(1, -1),
    });
    fc.assert(
      fc.property(
        draw,
        fc.array(fc.integer({ min: 60, max: 180 }), { minLength: 1, maxLength: 8 }),
        ({ notional, leverage, gross, actions, side }, marks) => {
          const stage = new Stage(instrumentOf('BTC', 3));
          const caps = { maxPositionNotional: dollars(notional), maxLeverage: rateOf(`${leverage / 10}`), maxGrossExposure: dollars(gross) };
          stage.add(entryOf(1, settings(caps, actions), { allocation: dollars(1_000), realEquity: dollars(1_000) }));
          stage.follow(String(20 * side));
          for (const [index, price] of marks.entries()) {
            const before = position(stage);
            mark(stage, String(price));
            repair(stage, 10 + index);
            const after = position(stage);
            expect(after * before >= 0 && Math.abs(after) <= Math.abs(before)).toBe(true);
            // Exits below the venue's minimum wait: what they are worth may be left above.
            const held = (Math.abs(after) * price) / 1_000;
            revalue(stage.book, NOW, 5_000);
            const equity = at(stage.book.copies.equity, 0) / 1e8;
            expect(held).toBeLessThanOrEqual(Math.min(notional, gross) + 20.01);
            // A trim that is filled beside the mark moves equity; the next mark judges anew.
            mark(stage, String(price));
            repair(stage, 100 + index);
            expect((Math.abs(position(stage)) * price) / 1_000).toBeLessThanOrEqual((equity * leverage) / 10 + 20.01);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('docs/copying.md', () => {
  const HEADING = 'Held example: ';
  const examples = readFileSync(join(__dirname, '../../../docs/copying.md'), 'utf8')
    .split(/^#{2,3} /m)
    .filter((section) => section.startsWith(HEADING))
    .map((section) => ({
      name: section.slice(HEADING.length, section.indexOf('\n')),
      json: JSON.parse(/```json\n(.*?)```/s.exec(section)?.[1] ?? 'null'),
      rows: section
        .split('\n')
        .filter((line) => line.startsWith('|'))
        .slice(2)
        .map((line) => line.split('|').map((cell) => cell.trim())),
    }));

  it('has an example of every action and every limit', () => {
    const told = examples.flatMap(({ json }) => Object.entries(Object(json.state_limits)));
    expect(new Set(told.map(([limit]) => limit))).toEqual(new Set(STATE_LIMITS));
    expect(new Set([...told.map(([, action]) => action), 'none'])).toEqual(new Set(STATE_ACTIONS));
  });

  it.each(examples)('held: $name', ({ json, rows }) => {
    const defaults = encodeCopySettings(defaultCopySettings());
    const drawn = {
      ...defaults,
      ...json,
      caps: { ...defaults.caps, max_leverage: null, ...json.caps },
      state_limits: { ...NO_ACTIONS, ...json.state_limits },
    };
    const stage = new Stage(instrumentOf('X', 2));
    stage.add(entryOf(1, unwrap(decodeCopySettings(drawn), 'the settings'), { allocation: dollars(10_000), realEquity: dollars(10_000) }));
    stage.follow('10', {});
    for (const [index, [, price = '', target, halted]] of rows.entries()) {
      mark(stage, price);
      const shown = at(stage.sheet.rows.target, 0) / MICRO / 100;
      expect(`row ${index + 1}: ${shown} ${(at(stage.book.copies.status, 0) & STATUS.limitHalt) !== 0}`).toBe(
        `row ${index + 1}: ${target} ${halted === 'yes'}`,
      );
      repair(stage, 50 + index);
    }
  });
});
