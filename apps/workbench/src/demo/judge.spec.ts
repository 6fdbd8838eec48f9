import { describe, expect, it } from 'vitest';
import { type AccountTruth, type JudgedCopy, judgeCopy, noFindings, openGaps, type ToldPosition, type World } from './judge';
import type { CopyLimits } from './judge-limits';
import { copyOf, fillOf, limitsOf, truthOf } from './testing/judged-copy';

const told = (overrides: Partial<ToldPosition> = {}): ToldPosition => ({
  coin: 'SOL',
  position: '2',
  target: '2',
  dust_pending: false,
  user_closed: false,
  last_wave_id: '1',
  funding: '0',
  ...overrides,
});
const truth = (overrides: Partial<AccountTruth> = {}): AccountTruth =>
  truthOf({ positions: new Map([['SOL', '2']]), fills: [fillOf()], ...overrides });
const limits = (overrides: Partial<CopyLimits> = {}): CopyLimits => limitsOf({ maxNotional: '200', maxLeverage: '2', ...overrides });
const copy = (overrides: Partial<JudgedCopy> = {}): JudgedCopy => copyOf({ limits: limits(), told: [told()], truth: truth(), ...overrides });
const world = (overrides: Partial<World> = {}): World => ({
  leaderFlat: () => false,
  mids: { SOL: '80', BTC: '60000' },
  szDecimals: () => 2,
  marks: () => null,
  mostLeverage: () => 20,
  toTheLot: false,
  fundingDue: false,
  leverageDue: false,
  reasonOf: () => null,
  ...overrides,
});

function rulesBroken(judged: JudgedCopy, inWorld: World = world()): readonly string[] {
  const findings = noFindings();
  judgeCopy(judged, inWorld, findings);
  return findings.violations.map((violation) => violation.rule);
}

describe('judging a copy by the venue’s own books', () => {
  it('finds nothing where everything holds', () => {
    expect(rulesBroken(copy())).toEqual([]);
  });

  it.each<[string, JudgedCopy, World, string]>([
    ['the API shows another position than the venue', copy({ told: [told({ position: '1.99' })] }), world(), 'the API shows what the venue holds'],
    [
      'the venue holds what no copy knows',
      copy({
        truth: truth({
          positions: new Map([
            ['SOL', '2'],
            ['BTC', '0.1'],
          ]),
        }),
      }),
      world(),
      'no position beside the copies',
    ],
    ['the leader is flat and the copy is not', copy(), world({ leaderFlat: () => true }), 'leader flat: copy flat or dust_pending'],
    ['a gap nothing explains', copy({ told: [told({ target: '2.13' })] }), world(), 'every gap has a reason'],
    ['a position above a cap', copy({ limits: limits({ maxNotional: '159.99' }) }), world(), 'position notional cap'],
  ])('%s is reported', (_name, judged, inWorld, rule) => {
    expect(rulesBroken(judged, inWorld)).toEqual([rule]);
  });

  it.each<[string, JudgedCopy, World]>([
    ['a gap below $10', copy({ told: [told({ target: '2.12' })] }), world()],
    [
      'a gap of one lot of an expensive coin',
      copy({ told: [told({ coin: 'BTC', position: '0', target: '0.01' })], truth: truth({ positions: new Map(), fills: [] }) }),
      world(),
    ],
    ['a gap with a reason', copy({ told: [told({ target: '3' })] }), world({ reasonOf: () => 'below_minimum' })],
    ['dust of a leader that is flat', copy({ told: [told({ target: '0', dust_pending: true })] }), world({ leaderFlat: () => true })],
  ])('%s is no violation', (_name, judged, inWorld) => {
    expect(rulesBroken(judged, inWorld)).toEqual([]);
  });

  it('names the gaps to ask a reason for, and measures the largest', () => {
    const judged = copy({ told: [told({ target: '3' }), told({ coin: 'BTC', position: '0', target: '0' })] });
    expect(openGaps(judged, world()).map((one) => one.coin)).toEqual(['SOL']);
    const findings = noFindings();
    judgeCopy(judged, world({ reasonOf: () => 'slippage' }), findings);
    expect(findings).toMatchObject({ explainedGaps: 1, passingGaps: 1, largestGapUsd: 8_000_000_000n, copiesChecked: 1, fillsChecked: 1 });
  });

  // An incident: a gap that was below the minimum when it was decided had grown beyond it, and was ordered behind the last look.
  it.each([
    ['slippage', '3', 1],
    ['out_of_band', '3', 1],
    ['waiting_next_move', '3', 0],
    ['below_minimum', '2.12', 0],
    ['below_minimum', '2.13', 1],
    ['below_lot', '2.13', 1],
  ])('a gap with the reason %s to the target %s may still be under repair in %d cases', (reason, target, passing) => {
    const findings = noFindings();
    judgeCopy(copy({ told: [told({ target })] }), world({ reasonOf: () => reason, toTheLot: true }), findings);
    expect(findings).toMatchObject({ explainedGaps: 1, passingGaps: passing, violations: [] });
  });

  it.each([
    ['a lot', '2.01', ['every gap has a reason']],
    ['less than a lot', '2.009', []],
  ])('to the lot, a gap of %s is judged', (_name, target, rules) => {
    expect(rulesBroken(copy({ told: [told({ target })] }), world({ toTheLot: true }))).toEqual(rules);
  });

  it.each<[string, string, boolean, readonly string[]]>([
    ['to the last digit', '-0.350001', true, []],
    ['a millionth short', '-0.35', true, ['the copy bears the venue’s funding']],
    ['not yet', '0', true, ['the copy bears the venue’s funding']],
    ['not yet, where it is not due', '0', false, []],
  ])('funding that was charged is booked %s', (_name, funding, fundingDue, rules) => {
    const fundings = [
      { coin: 'SOL', time: 1, usdc: '-0.25' },
      { coin: 'BTC', time: 1, usdc: '7' },
      { coin: 'SOL', time: 2, usdc: '-0.100001' },
    ];
    expect(rulesBroken(copy({ told: [told({ funding })], truth: truth({ fundings }) }), world({ fundingDue }))).toEqual(rules);
  });

  it.each<[string, number, boolean, readonly string[]]>([
    ['the chosen one', 10, true, []],
    ['the venue’s default', 20, true, ['an isolated position stands at the copy’s leverage']],
    ['a lower one', 5, true, ['an isolated position stands at the copy’s leverage']],
    ['not set yet, where it is not due', 20, false, []],
  ])('the leverage of an isolated position is %s', (_name, leverage, leverageDue, rules) => {
    expect(rulesBroken(copy({ truth: truth({ isolated: new Map([['SOL', leverage]]) }) }), world({ leverageDue }))).toEqual(rules);
  });

  it('takes the largest leverage the instrument admits where the chosen one is higher', () => {
    const judged = copy({ truth: truth({ isolated: new Map([['SOL', 3]]) }) });
    expect(rulesBroken(judged, world({ leverageDue: true, mostLeverage: () => 3 }))).toEqual([]);
  });

  it('measures the largest gap of each dex apart', () => {
    const findings = noFindings();
    const far = (coin: string, target: string) => told({ coin, position: '0', target });
    const judged = copy({ told: [told({ target: '3' }), far('xyz:NVDA', '1'), far('xyz:GOLD', '2'), far('km:US500', '0')], truth: truth() });
    judgeCopy(judged, world({ mids: { SOL: '80', 'xyz:NVDA': '170', 'xyz:GOLD': '60', 'km:US500': '1' }, reasonOf: () => 'slippage' }), findings);
    expect([...findings.largestGaps]).toEqual([
      ['', 8_000_000_000n],
      ['xyz', 17_000_000_000n],
    ]);
  });
});
