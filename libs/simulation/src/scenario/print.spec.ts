import { describe, expect, it } from 'vitest';
import { printScenario, printStep } from './print';
import { scenarioOf } from './scenario-of';
import type { Step } from './steps';

describe('a printed step', () => {
  it.each<[Step, string]>([
    [{ at: 3_000, kind: 'prices', moves: [{ coin: 'BTC', price: 6_634_400_000_000n }] }, '    3000 prices moves=[{coin=BTC price=66344}]'],
    [
      {
        at: 5,
        kind: 'leader_trades',
        leader: 1,
        coin: 'ETH',
        intent: 'flip',
        order: 800_000_001,
        before: 3,
        fills: [{ lots: -5, price: 191_910_000_000n }],
      },
      '       5 leader_trades leader=1 coin=ETH intent=flip order=800000001 before=3 fills=[{lots=-5 price=1919.1}]',
    ],
    [{ at: 7, kind: 'copy_allocation', copy: 2, by: -150_000_000n }, '       7 copy_allocation copy=2 by=-1.5'],
    [{ at: 8, kind: 'funding_rate', coin: 'BTC', hourly: null }, '       8 funding_rate coin=BTC'],
    [
      { at: 9, kind: 'fault_begins', fault: 4, what: { boundary: 'venue', kind: 'answer_lost', oneIn: 3 } },
      '       9 fault_begins fault=4 what={boundary=venue kind=answer_lost oneIn=3}',
    ],
    [{ at: 10, kind: 'kill_switch', target: { thing: 'platform' }, on: true }, '      10 kill_switch target={thing=platform} on=true'],
  ])('is one readable line: $kind', (step, line) => expect(printStep(step)).toBe(line));

  it('prints rates as rates and nothing over two lines', () => {
    const { steps } = scenarioOf(1, 'small');
    const created = steps.find(({ kind }) => kind === 'copy_create');
    expect(created === undefined ? '' : printStep(created)).toMatch(/ entryBound=0\.\d+ exitBound=0\.\d+ /);
    expect(printScenario(scenarioOf(1, 'small')).split('\n')).toHaveLength(steps.length + 1);
  });
});
